// Goal: to write any DER, right or wrong, for tests of what reads it.
// Method: tag, length, contents, and nothing that would stop a test from being hostile.

/** One value with the shortest length; `parts` are joined. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts);
  if (contents.length < 0x80) return Buffer.concat([Buffer.from([tag, contents.length]), contents]);
  const hex = contents.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, contents]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return der(0x31, ...parts);
}

export function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'));
}

export function printable(text: string): Buffer {
  return der(0x13, Buffer.from(text, 'latin1'));
}

export function octets(contents: Uint8Array): Buffer {
  return der(0x04, contents);
}

export function bits(contents: Uint8Array, unusedBits = 0): Buffer {
  return der(0x03, Buffer.from([unusedBits]), contents);
}

export function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0x00]));
}

export const nullValue = der(0x05);

/** Contents are taken as they are, so that an integer may be padded or negative. */
export function integerBytes(contents: Uint8Array): Buffer {
  return der(0x02, contents);
}

export function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return integerBytes((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(toBase128)]));
}

function toBase128(arc: number): readonly number[] {
  const digits = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80);
  return digits;
}

export function algorithm(dotted: string, parameters: Uint8Array = nullValue): Buffer {
  return sequence(objectIdentifier(dotted), parameters);
}

/** A Name with one attribute in each RDN. */
export function name(...attributes: readonly (readonly [type: string, value: Uint8Array])[]): Buffer {
  return sequence(...attributes.map(([type, value]) => set(sequence(objectIdentifier(type), value))));
}

export function commonName(text: string): Buffer {
  return name(['2.5.4.3', utf8(text)]);
}

/** An Extension; `critical` undefined leaves the flag out, false writes the default down. */
export function extension(id: string, value: Uint8Array, critical?: boolean): Buffer {
  return sequence(objectIdentifier(id), ...(critical === undefined ? [] : [boolean(critical)]), octets(value));
}

export function utcTime(text: string): Buffer {
  return der(0x17, Buffer.from(text, 'latin1'));
}

export function generalizedTime(text: string): Buffer {
  return der(0x18, Buffer.from(text, 'latin1'));
}

export function toPemBlock(label: string, contents: Uint8Array): string {
  const lines =
    Buffer.from(contents)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
