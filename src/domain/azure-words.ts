/** Azure's words as people get them: with the id by which Azure's support finds the request. */
export function inFull({
  message,
  correlationId,
}: {
  readonly message: string;
  readonly correlationId?: string | undefined;
}): string {
  return correlationId === undefined ? message : `${message} (correlation id ${correlationId})`;
}

/** The parts of what `inFull` put together, for those who look for the correlation id. */
export function inParts({ code, message }: { readonly code: string; readonly message: string }): {
  readonly code: string;
  readonly message: string;
  readonly correlationId?: string;
} {
  const [, words, correlationId] = /^([^]*) \(correlation id ([^()\s]+)\)$/.exec(message) ?? [];
  if (words === undefined || correlationId === undefined) return { code, message };
  return { code, message: words, correlationId };
}
