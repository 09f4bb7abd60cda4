import { findContentsFault } from './der-contents.ts';

/**
 * One DER value: `encoding` is tag, length and contents as they stood in the input; `children` is empty for primitives.
 */
export interface DerValue {
  readonly tag: number;
  readonly contents: Uint8Array;
  readonly encoding: Uint8Array;
  readonly children: readonly DerValue[];
}

export type DerReading =
  | { readonly ok: true; readonly value: DerValue }
  | { readonly ok: false; readonly offset: number; readonly message: string };

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The deepest certificate field in use (a name inside a GeneralName) is nine levels down. */
const depthMax = 24;
const valuesMax = 4096;
/** The longest in use have some 30; reading one takes the square of its length. */
const identifierBytesMax = 64;

class DerFault extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly isStrict: boolean;
  valuesLeft: number;
}

/**
 * Reads bytes that must be exactly one DER value. Unlike the BER parsers it stands in front of, it accepts one encoding
 * only of each value (shortest lengths, definite form, minimal integers), so encoding the result again gives the input.
 * Depth and number of values are bounded before anything recurses further. Never throws.
 */
export function readDer(bytes: Uint8Array): DerReading {
  return readFirst(bytes, true, (value) =>
    value.encoding.length === bytes.length
      ? { ok: true, value }
      : { ok: false, offset: value.encoding.length, message: 'There are bytes after the end of the value.' },
  );
}

/**
 * Reads the one value that the bytes begin with as other systems do: lengths and contents need not be in their DER
 * form, and what follows is not looked at. For what others have made and is only described here, never for what is to
 * be signed.
 */
export function readLooseDer(bytes: Uint8Array): DerReading {
  return readFirst(bytes, false, (value) => ({ ok: true, value }));
}

function readFirst(bytes: Uint8Array, isStrict: boolean, judge: (value: DerValue) => DerReading): DerReading {
  const cursor: Cursor = { bytes, isStrict, valuesLeft: valuesMax };
  try {
    return judge(readValue(cursor, 0, bytes.length, 0));
  } catch (error: unknown) {
    if (error instanceof DerFault) return { ok: false, offset: error.offset, message: error.message };
    throw error;
  }
}

function readValue(cursor: Cursor, start: number, end: number, depth: number): DerValue {
  if (depth > depthMax) throw new DerFault(start, `Values are nested more than ${depthMax} deep.`);
  if (--cursor.valuesLeft < 0) throw new DerFault(start, `There are more than ${valuesMax} values.`);
  const tag = readTag(cursor, start, end);
  const header = readLength(cursor, start + 1, end);
  const contents = cursor.bytes.subarray(header.contentsStart, header.contentsEnd);
  if (tag === derTag.objectIdentifier && contents.length > identifierBytesMax) {
    throw new DerFault(start, `An OBJECT IDENTIFIER has more than ${identifierBytesMax} bytes.`);
  }
  const fault = cursor.isStrict ? findContentsFault(tag, contents) : undefined;
  if (fault !== undefined) throw new DerFault(start, fault);
  const isConstructed = (tag & 0x20) !== 0;
  const children = isConstructed ? readChildren(cursor, header.contentsStart, header.contentsEnd, depth + 1) : [];
  return { tag, contents, encoding: cursor.bytes.subarray(start, header.contentsEnd), children };
}

function readChildren(cursor: Cursor, start: number, end: number, depth: number): readonly DerValue[] {
  const children: DerValue[] = [];
  let position = start;
  while (position < end) {
    const child = readValue(cursor, position, end, depth);
    children.push(child);
    position += child.encoding.length;
  }
  return children;
}

function readTag(cursor: Cursor, position: number, end: number): number {
  const tag = position < end ? cursor.bytes[position] : undefined;
  if (tag === undefined) throw new DerFault(position, 'The data end where a value should begin.');
  if ((tag & 0x1f) === 0x1f) throw new DerFault(position, 'X.509 has no tag numbers above 30.');
  return tag;
}

function readLength(cursor: Cursor, position: number, end: number): { contentsStart: number; contentsEnd: number } {
  const first = position < end ? cursor.bytes[position] : undefined;
  if (first === undefined) throw new DerFault(position, 'The data end where a length should stand.');
  if (first === 0x80) throw new DerFault(position, 'Indefinite lengths are BER, not DER.');
  const octets = first < 0x80 ? 0 : first & 0x7f;
  // Three octets already say more than any input that is let in here.
  if (octets > 3) throw new DerFault(position, 'The length is larger than any certificate.');
  const contentsStart = position + 1 + octets;
  if (contentsStart > end) throw new DerFault(position, 'The data end within a length.');
  const length = octets === 0 ? first : bigEndian(cursor.bytes.subarray(position + 1, contentsStart));
  if (cursor.isStrict && octets > 0 && (length < 0x80 || length < 256 ** (octets - 1))) {
    throw new DerFault(position, 'The length is not in its shortest form.');
  }
  if (contentsStart + length > end) throw new DerFault(position, 'The length reaches beyond the end of the data.');
  return { contentsStart, contentsEnd: contentsStart + length };
}

function bigEndian(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

/** The dotted text of an OBJECT IDENTIFIER. */
export function readObjectIdentifier(value: DerValue): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value.contents) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const joint = arcs[0] ?? 0n;
  const first = joint < 80n ? joint / 40n : 2n;
  return [first, joint - first * 40n, ...arcs.slice(1)].join('.');
}

/** The number in an INTEGER, signed. */
export function readInteger(value: DerValue): bigint {
  const magnitude = BigInt(`0x${Buffer.from(value.contents).toString('hex')}`);
  const isNegative = ((value.contents[0] ?? 0) & 0x80) !== 0;
  return isNegative ? magnitude - (1n << BigInt(value.contents.length * 8)) : magnitude;
}

/** The octets of a BIT STRING that is a whole number of octets; undefined otherwise. */
export function readOctetsOfBitString(value: DerValue): Uint8Array | undefined {
  return value.tag === derTag.bitString && value.contents[0] === 0 ? value.contents.subarray(1) : undefined;
}

/** Whether two encodings are the same bytes. */
export function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
