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
