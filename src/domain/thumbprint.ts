/** SHA-1 of a DER certificate as 40 upper-case hex digits: the form Azure compares revocations in. */
export type Thumbprint = string & { readonly __brand: 'Thumbprint' };

// What people paste: spaces and colons as tools print them, and the invisible direction mark that the Windows
// certificate dialogue puts before the first digit (azure-vpn A4).
const tolerated = /[\s:\u200e]/gu;
const textLengthMax = 256;

/**
 * Reads a thumbprint as people write it: spaces, colons, letter case and U+200E are forgiven.
 * Returns undefined for anything that is not exactly 40 hex digits after that.
 */
export function parseThumbprint(text: string): Thumbprint | undefined {
  if (text.length > textLengthMax) return undefined;
  const digits = text.replace(tolerated, '').toUpperCase();
  return isThumbprint(digits) ? digits : undefined;
}

/** The same of what a record holds. */
export function requireThumbprint(text: string): Thumbprint {
  const thumbprint = parseThumbprint(text);
  if (thumbprint === undefined) throw new Error(`A record holds "${text}" where a thumbprint belongs.`);
  return thumbprint;
}

function isThumbprint(digits: string): digits is Thumbprint {
  return /^[0-9A-F]{40}$/.test(digits);
}
