import fc from 'fast-check';
import { readDer, readInteger, readObjectIdentifier } from '../../../src/pki/der.ts';
import { bits, der, integer, objectIdentifier, octets, sequence, set, utf8 } from '../../support/builders/der.ts';

function messageOf(hex: string): string {
  const reading = readDer(Buffer.from(hex, 'hex'));
  return reading.ok ? 'accepted' : reading.message;
}

describe('src/pki/der', () => {
  it('reads nested values with the bytes they had', () => {
    const input = sequence(integer(5n), set(utf8('é')), octets(Buffer.from('abc')));

    const reading = readDer(input);

    expect(reading.ok && reading.value.children.map(({ tag }) => tag)).toEqual([0x02, 0x31, 0x04]);
    expect(reading.ok && Buffer.concat(reading.value.children.map(({ encoding }) => encoding))).toEqual(
      input.subarray(2),
    );
  });

  it.each([
    ['no bytes', '', 'The data end where a value should begin.'],
    ['a tag alone', '30', 'The data end where a length should stand.'],
    ['an indefinite length', '30800000', 'Indefinite lengths are BER, not DER.'],
    ['a length of 2^31', '308480000000', 'The length is larger than any certificate.'],
    ['a length of 127 octets', '30ff', 'The length is larger than any certificate.'],
    ['a length cut off', '308201', 'The data end within a length.'],
    ['a length beyond the end', '300501', 'The length reaches beyond the end of the data.'],
    ['a long form for a short length', '308100', 'The length is not in its shortest form.'],
    ['a padded long form', `30820080${'0500'.repeat(64)}`, 'The length is not in its shortest form.'],
    ['bytes after the end', '050000', 'There are bytes after the end of the value.'],
    ['end-of-contents octets', '30020000', 'End-of-contents octets are BER, not DER.'],
    ['a high tag number', '1f8100', 'X.509 has no tag numbers above 30.'],
    ['a string in pieces', '2403040101', 'A string is in pieces, which is BER, not DER.'],
    ['a primitive sequence', '1000', 'A SEQUENCE or SET is marked as primitive.'],
    ['a padded integer', '02020001', 'An INTEGER is not in its shortest form.'],
    ['a padded negative integer', '0202ff80', 'An INTEGER is not in its shortest form.'],
    ['an empty integer', '0200', 'An INTEGER is empty.'],
    ['a boolean of 1', '010101', 'A BOOLEAN is neither 00 nor FF.'],
    ['a null with contents', '050100', 'A NULL has contents.'],
    ['an empty bit string', '0300', 'A BIT STRING does not say its unused bits.'],
    ['8 unused bits', '03020800', 'A BIT STRING does not say its unused bits.'],
    ['unused bits that are set', '03020101', 'Unused bits of a BIT STRING are not zero.'],
    ['unused bits of nothing', '030101', 'An empty BIT STRING has unused bits.'],
    ['an identifier cut off', '060182', 'An OBJECT IDENTIFIER is cut off.'],
    ['an identifier of 65 bytes', `0641${'01'.repeat(65)}`, 'An OBJECT IDENTIFIER has more than 64 bytes.'],
    [
      'an identifier of 80 kB',
      `06830140 00${'ff'.repeat(81_919)}01`.replace(' ', ''),
      'An OBJECT IDENTIFIER has more than 64 bytes.',
    ],
    ['a padded identifier', '06032a8001', 'An OBJECT IDENTIFIER is not in its shortest form.'],
    ['a time without seconds', '170b323631313230303030305a', 'A time is not in its DER form (UTC, with seconds).'],
  ])('refuses %s', (_, hex, message) => {
    expect(messageOf(hex)).toBe(message);
  });

  it('reads an identifier of 64 bytes, which is more than any has', () => {
    expect(messageOf(`0640${'01'.repeat(64)}`)).toBe('accepted');
  });

  it('refuses nesting that would exhaust the stack', () => {
    let nested: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 10_000; depth++) nested = sequence(nested);

    const reading = readDer(nested);

    expect(reading).toMatchObject({ ok: false, message: 'Values are nested more than 24 deep.' });
  });

  it('refuses a flood of empty values', () => {
    expect(readDer(der(0x30, Buffer.alloc(10_000, Buffer.from('0500', 'hex'))))).toMatchObject({
      ok: false,
      message: 'There are more than 4096 values.',
    });
  });

  it.each(['2.5.4.3', '1.2.840.113549.1.1.11', '1.3.6.1.4.1.311.21.20', '0.9.2342.19200300.100.1.25', '2.999'])(
    'reads the object identifier %s',
    (dotted) => {
      const encoding = dotted === '2.999' ? Buffer.from('06028837', 'hex') : objectIdentifier(dotted);
      const reading = readDer(encoding);
      expect(reading.ok && readObjectIdentifier(reading.value)).toBe(dotted);
    },
  );

  it.each([
    ['020100', 0n],
    ['02017f', 127n],
    ['02020080', 128n],
    ['0201ff', -1n],
    ['020180', -128n],
  ])('reads the integer %s', (hex, expected) => {
    const reading = readDer(Buffer.from(hex, 'hex'));
    expect(reading.ok && readInteger(reading.value)).toBe(expected);
  });

  it('never throws, and accepts nothing with bytes left over', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const reading = readDer(bytes);
        expect(!reading.ok || reading.value.encoding.length === bytes.length).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads what was written, byte for byte', () => {
    const value = fc.letrec<{ value: Buffer; leaf: Buffer }>((tie) => ({
      leaf: fc.oneof(
        fc.bigInt({ min: 0n, max: 1n << 200n }).map(integer),
        fc.uint8Array().map(octets),
        fc.uint8Array().map((bytes) => bits(bytes)),
      ),
      value: fc.oneof(
        { depthSize: 'small' },
        tie('leaf'),
        fc.array(tie('value'), { maxLength: 4 }).map((parts) => sequence(...parts)),
      ),
    })).value;
    fc.assert(
      fc.property(value, (encoding) => {
        const reading = readDer(encoding);
        expect(reading.ok && Buffer.from(reading.value.encoding).equals(encoding)).toBe(true);
      }),
    );
  });
});
