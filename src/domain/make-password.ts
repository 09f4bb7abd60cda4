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

/**
 * A password as above that does not hold the account's name either, which Windows refuses from three characters on,
 * whatever their case. `draw` gives 15 bytes for each attempt; seldom is there a second.
 */
export function makePasswordFor(userName: string, draw: (attempt: number) => Uint8Array): string {
  for (let attempt = 0; ; attempt += 1) {
    // The end that satisfies the rule of complexity may be what the name has in it.
    const password = attempt % 2 === 0 ? makePassword(draw(attempt)) : `${toKeyText(draw(attempt))}-Zz9`;
    if (userName.length < 3 || !password.toLowerCase().includes(userName.toLowerCase())) return password;
  }
}
