/** Whether the caller sent this preference (RFC 7240), such as `reveal-password`. */
export function prefers(headers: Pick<Headers, 'get'>, preference: string): boolean {
  const sent = (headers.get('prefer') ?? '').split(/[\s,;]+/);
  return sent.some((word) => word.toLowerCase() === preference);
}
