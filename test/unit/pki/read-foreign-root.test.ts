import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { isExpiredRoot, readForeignRoot } from '../../../src/pki/read-foreign-root.ts';
import { anRsaKeyPair } from '../../support/builders/a-key-pair.ts';
import {
  algorithm,
  bits,
  commonName,
  generalizedTime,
  integer,
  sequence,
  utcTime,
} from '../../support/builders/der.ts';
import { foreignRoots } from './vectors/foreign-roots.ts';
import { clientRequestPem, rootFingerprint, rootPem } from './vectors/openssl.ts';

const thumbprint = rootFingerprint.replaceAll(':', '');
const oneLine = rootPem.replace(/-----[^-]+-----|\s/g, '');
const der = Buffer.from(oneLine, 'base64');

function sha1(base64: string): string {
  return createHash('sha1').update(Buffer.from(base64, 'base64')).digest('hex').toUpperCase();
}

/** The root of the vectors with one run of bytes replaced by another of the same length. */
function patched(from: string, to: string): string {
  const hex = der.toString('hex');
  expect(hex.split(from).length).toBeGreaterThan(1);
  return Buffer.from(hex.replace(from, to), 'hex').toString('base64');
}

describe('src/pki/read-foreign-root', () => {
  it.each([
    ['base64 of DER', oneLine],
    ['base64 on many lines', oneLine.replace(/.{76}/g, '$&\r\n')],
    ['base64 for URLs', der.toString('base64url')],
    ['PEM', rootPem],
    ['PEM with a mark before it', `\ufeff${rootPem}`],
    ['PEM of a trusted certificate', rootPem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')],
    ['base64 of PEM', Buffer.from(rootPem).toString('base64')],
    ['base64 of PEM with CRLF', Buffer.from(rootPem.replaceAll('\n', '\r\n')).toString('base64')],
    ['base64 of PEM in UTF-16', Buffer.from(`\ufeff${rootPem}`, 'utf16le').toString('base64')],
    [
      'base64 of PEM in UTF-16, the other way round',
      Buffer.from(`\ufeff${rootPem}`, 'utf16le').swap16().toString('base64'),
    ],
    ['base64 of base64', Buffer.from(oneLine).toString('base64')],
    ['DER with a line break after it', Buffer.concat([der, Buffer.from('\r\n')]).toString('base64')],
  ])('knows a root by its content in %s', (_, text) => {
    expect(readForeignRoot(text)).toMatchObject({ thumbprint, notAfter: new Date('2036-11-01T00:00:00Z') });
  });

  it.each([
    ['plain', 'CN=Odd root', '2040-01-01T00:00:00Z'],
    ['bmpSubject', 'CN=Förde Root', '2040-01-01T00:00:00Z'],
    ['t61Umlaut', 'CN=Stammzertifikat Ä,O=Büro Köln', '2040-01-01T00:00:00Z'],
    ['emailInDn', 'emailAddress=pki@example.com,CN=Mail Root', '2040-01-01T00:00:00Z'],
    ['multiValuedRdn', 'CN=Two+O=In one RDN', '2040-01-01T00:00:00Z'],
    ['numericString', 'CN=Serial,serialNumber=12345', '2040-01-01T00:00:00Z'],
    ['negativeSerial', 'CN=Odd root', '2040-01-01T00:00:00Z'],
    ['hugeSerial', 'CN=Odd root', '2040-01-01T00:00:00Z'],
    ['v1NoExtensions', 'CN=Odd root', '2040-01-01T00:00:00Z'],
    ['noCaFlag', 'CN=Odd root', '2040-01-01T00:00:00Z'],
    ['sha1', 'CN=Odd root', '2040-01-01T00:00:00Z'],
    ['past2050', 'CN=Odd root', '2061-01-01T00:00:00Z'],
    ['neverExpires', 'CN=Odd root', '9999-12-31T23:59:59Z'],
    ['expiredPlain', 'CN=Odd root', '2020-01-01T00:00:00Z'],
  ] as const)('reads name, end and thumbprint of %s', (name, subject, end) => {
    const data = foreignRoots[name];

    expect(readForeignRoot(data)).toMatchObject({ thumbprint: sha1(data), subject, notAfter: new Date(end) });
  });

  it.each([
    ['an integer with zeroes before it', patched('0210010203', '0210000003')],
    ['a boolean that is neither 00 nor FF', patched('0101ff', '010101')],
    ['a key of no known algorithm', patched('2a864886f70d010101', '2a864886f70d010163')],
  ])('reads a root with %s, which is not DER as it should be', (_what, data) => {
    expect(readForeignRoot(data)).toMatchObject({
      thumbprint: sha1(data),
      subject: 'CN=P2SRootCert,OU=Net,O=Contoso Zürich,C=NL',
      notAfter: new Date('2036-11-01T00:00:00Z'),
    });
  });

  it.each([
    ['without seconds', utcTime('3001020304Z'), '2030-01-02T03:04:00Z'],
    ['with an offset', utcTime('300102030405+0130'), '2030-01-02T01:34:05Z'],
    ['of the last century', utcTime('991231235959Z'), '1999-12-31T23:59:59Z'],
    ['with a fraction', generalizedTime('20300102030405.50Z'), '2030-01-02T03:04:05Z'],
    ['with four digits for the year and no zone', generalizedTime('20300102030405'), '2030-01-02T03:04:05Z'],
    ['that an offset leads after the year 9999', generalizedTime('99991231235959-0100'), '9999-12-31T23:59:59Z'],
    ['that an offset leads before the year 0', generalizedTime('00000101000000+0100'), '0000-01-01T00:00:00Z'],
    ['that is none', utcTime('never'), undefined],
    ['on no calendar', utcTime('301399000000Z'), undefined],
  ])('reads an end %s', (_what, end, expected) => {
    const data = sequence(
      sequence(
        integer(1n),
        algorithm('1.2.840.113549.1.1.5'),
        commonName('Old'),
        sequence(utcTime('200101000000Z'), end),
        commonName('Old'),
        anRsaKeyPair().spki,
      ),
      algorithm('1.2.840.113549.1.1.5'),
      bits(Buffer.alloc(256)),
    ).toString('base64');

    const read = readForeignRoot(data);

    expect(read).toMatchObject({ thumbprint: sha1(data), subject: 'CN=Old', notBefore: new Date('2020-01-01') });
    expect(read?.notAfter).toEqual(expected === undefined ? undefined : new Date(expected));
  });

  it.each(['', 'no certificate', 'MAA=', oneLine.slice(8), 'A'.repeat(200_000), clientRequestPem])(
    'says nothing of other data',
    (text) => {
      expect(readForeignRoot(text)).toBeUndefined();
      expect(isExpiredRoot(text, new Date('2100-01-01'))).toBeUndefined();
    },
  );

  it('calls a root expired from its last moment on, whatever form it has', () => {
    const end = new Date('2020-01-01T00:00:00Z');
    for (const data of [foreignRoots.expiredPlain, Buffer.from(foreignRoots.expiredPlain).toString('base64')]) {
      expect(isExpiredRoot(data, end)).toBe(true);
      expect(isExpiredRoot(data, new Date(end.getTime() - 1))).toBe(false);
    }
    expect(isExpiredRoot(foreignRoots.neverExpires, new Date('2999-01-01'))).toBe(false);
  });

  it('never throws', () => {
    const bytes = [...der];
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (place, byte, length) => {
        const broken = Buffer.from(bytes.map((was, index) => (index === place ? byte : was))).subarray(0, length);
        readForeignRoot(broken.toString('base64'));
        isExpiredRoot(broken.toString('latin1'), new Date());
      }),
    );
  });
});
