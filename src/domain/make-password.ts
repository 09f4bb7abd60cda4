/** What Windows, macOS and Linux clients all take as a shared key: 43 letters, digits, `-` and `_`. */
export const sharedKeyPattern = /^[A-Za-z0-9._-]{20,64}$/;

/** Bytes as text of letters, digits, `-` and `_`. */
export function toKeyText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** A password of 24 characters that satisfies Windows' complexity rule whatever the bytes are; 15 bytes, 120 bits. */
export function makePassword(bytes: Uint8Array): string {
  return `${toKeyText(bytes)}.Aa1`;
}
