/** A JSON Pointer (RFC 6901) from the names and positions that lead to a value; lone surrogates are replaced. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${escapeToken(String(key))}`).join('');
}

function escapeToken(token: string): string {
  return token
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}
