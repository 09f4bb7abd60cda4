/**
 * The serial number of a certificate issued here: 16 bytes as 32 lower-case hex digits. The first byte is 01-7f, so its
 * DER INTEGER is always positive, minimal and 16 bytes long, and its text can be a table key of fixed length.
 */
export type SerialNumber = string & { readonly __brand: 'SerialNumber' };

/**
 * Returns the serial number, or undefined unless the text is its one canonical spelling (no `0x`, no upper case, no
 * padding).
 */
export function parseSerialNumber(text: string): SerialNumber | undefined {
  return isSerialNumber(text) ? text : undefined;
}

function isSerialNumber(text: string): text is SerialNumber {
  return /^(?!00)[0-7][0-9a-f]{31}$/.test(text);
}
