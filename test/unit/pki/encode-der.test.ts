import { readDer, readObjectIdentifier } from '../../../src/pki/der.ts';
import { encodeDer, encodeObjectIdentifier, encodeTime } from '../../../src/pki/encode-der.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('encoding DER', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8180'],
    [255, '81ff'],
    [256, '820100'],
    [65_536, '83010000'],
  ])('writes the length %i in its shortest form', (length, octets) => {
    const encoding = encodeDer(0x04, new Uint8Array(length));
    expect(hex(encoding.subarray(1, encoding.length - length))).toBe(octets);
    expect(readDer(encoding)).toMatchObject({ ok: true, value: { contents: { length } } });
  });

  it('puts several contents one after another', () => {
    expect(hex(encodeDer(0x30, Uint8Array.of(0x05, 0x00), Uint8Array.of(0x02, 0x01, 0x07)))).toBe('30050500020107');
  });

  it.each(['1.2.840.113549.1.1.11', '2.5.29.37', '2.16.840.1.101.3.4.2.1', '0.9.2342.19200300.100.1.25'])(
    'writes the identifier %s as it is read',
    (dotted) => {
      const reading = readDer(encodeObjectIdentifier(dotted));
      expect(reading.ok && readObjectIdentifier(reading.value)).toBe(dotted);
    },
  );

  it('writes times in whole seconds, with four digits for the year from 2050 on', () => {
    expect(Buffer.from(encodeTime(new Date('2049-12-31T23:59:59.999Z'))).toString('latin1')).toBe(
      '\u0017\r491231235959Z',
    );
    expect(Buffer.from(encodeTime(new Date('2050-01-01T00:00:00.000Z'))).toString('latin1')).toBe(
      '\u0018\u000f20500101000000Z',
    );
  });
});
