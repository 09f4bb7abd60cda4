import { derTag } from './der.ts';

/** One DER value. The contents of a constructed one are encodings themselves. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  const head = [tag, ...lengthOctets(length)];
  const encoding = new Uint8Array(head.length + length);
  encoding.set(head);
  let end = head.length;
  for (const part of contents) {
    encoding.set(part, end);
    end += part.length;
  }
  return encoding;
}

export function encodeSequence(...contents: readonly Uint8Array[]): Uint8Array {
  return encodeDer(derTag.sequence, ...contents);
}

/** A BIT STRING of whole octets, or one whose last octet has so many bits that do not count. */
export function encodeBitString(octets: Uint8Array, unusedBits = 0): Uint8Array {
  return encodeDer(derTag.bitString, Uint8Array.of(unusedBits), octets);
}

export function encodeObjectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  return encodeDer(derTag.objectIdentifier, Uint8Array.from([first * 40 + second, ...arcs].flatMap(arcOctets)));
}

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280 section 4.1.2.5), both in whole seconds. */
export function encodeTime(date: Date): Uint8Array {
  const digits = `${date.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replaceAll(/\D/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? encodeDer(derTag.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : encodeDer(derTag.generalizedTime, Buffer.from(digits, 'latin1'));
}

/** Short form below 128; else the number of octets, and the length in as many. */
function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  return [0x80 | octets.length, ...octets];
}

/** Seven bits in each octet, the highest first; the eighth says that more follow. */
function arcOctets(arc: number): readonly number[] {
  const octets = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) octets.unshift(0x80 | (left % 128));
  return octets;
}
