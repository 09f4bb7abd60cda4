import { createHash, scrypt } from 'node:crypto';

/** Lower-case hexadecimal SHA-256 of a text (as UTF-8) or of bytes. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * One text for one JSON value: object keys sorted, nothing optional. Two bodies that mean the same give the same text,
 * so hashes over it do not depend on how a client orders its fields.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/**
 * Lower-case hexadecimal scrypt (RFC 7914) of a secret that people may have chosen: two of them can be compared by it,
 * and each guess at one costs some ten milliseconds. The salt is nobody else's.
 */
export function slowHashHex(secret: string, salt: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, (error, hash) => {
      if (error === null) resolve(hash.toString('hex'));
      else reject(error);
    });
  });
}
