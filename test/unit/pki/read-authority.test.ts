import { isIssuedBy, readAuthority } from '../../../src/pki/read-authority.ts';
import { toPem } from '../../../src/pki/read-certificate.ts';
import { anRsaKeyPair } from '../../support/builders/a-key-pair.ts';
import { anAuthority } from '../../support/builders/an-authority.ts';
import { createRootData } from '../../support/root-certificates.ts';
import { foreignRoots } from './vectors/foreign-roots.ts';

const now = new Date('2026-11-30T00:00:00Z');

function read(certificate: Uint8Array | string) {
  return readAuthority(typeof certificate === 'string' ? Buffer.from(certificate, 'base64') : certificate, now);
}

function codesOf(certificate: Uint8Array | string): readonly string[] {
  const reading = read(certificate);
  if (reading.outcome === 'endEntity') return [];
  return (reading.outcome === 'refused' ? reading.problems : reading.warnings).map(({ code }) => code);
}

describe('src/pki/read-authority', () => {
  it.each([
    ['plain', 'Odd root', []],
    ['bmpSubject', 'Förde Root', []],
    ['t61Umlaut', 'Stammzertifikat Ä', []],
    ['emailInDn', 'Mail Root', []],
    ['multiValuedRdn', 'Two', []],
    ['numericString', 'Serial', []],
    ['past2050', 'Odd root', []],
    ['negativeSerial', 'Odd root', ['serialNumberUnusual']],
    ['hugeSerial', 'Odd root', ['serialNumberUnusual']],
    ['v1NoExtensions', 'Odd root', ['certificateVersion']],
    ['sha1', 'Odd root', ['signatureUnusual']],
    ['neverExpires', 'Odd root', ['endsLate']],
  ] as const)('takes the root %s, with what to look at', (vector, commonName, warnings) => {
    const reading = read(foreignRoots[vector]);

    expect(reading).toMatchObject({
      outcome: 'authority',
      authority: { commonName, isRoot: true, keyType: 'RSA-2048' },
    });
    expect(codesOf(foreignRoots[vector])).toEqual(warnings);
  });

  it.each([
    ['noCaFlag', 'notAuthority'],
    ['expiredPlain', 'certificateExpired'],
  ] as const)('refuses the root %s', (vector, code) => {
    expect(read(foreignRoots[vector])).toMatchObject({ outcome: 'refused', problems: [{ code }] });
  });

  it.each([
    ['has more than 24 kB', anAuthority({ called: 'x'.repeat(12_000) }), /has \d+ bytes; 24576 are taken at most/],
    ['has a serial number of 20 kB', anAuthority({ serial: 1n << 160_000n }), /name or serial number/],
  ])('refuses a certificate that %s, with the reason', (_, { der }, message) => {
    expect(read(der)).toMatchObject({
      outcome: 'refused',
      problems: [{ code: 'tooLarge', message: expect.stringMatching(message) as unknown }],
    });
  });

  it('takes a certificate of almost 24 kB, which a column of a table can hold', () => {
    const { der } = anAuthority({ called: 'x'.repeat(11_800) });

    expect(der.length).toBeGreaterThan(24_000);
    expect(read(der)).toMatchObject({ outcome: 'authority' });
  });

  it('refuses weak keys and forgeable signatures, all at once', () => {
    const root = anAuthority();
    const weak = anAuthority({ keys: anRsaKeyPair('short', 1024), hash: 'md5', notAfter: '250101000000Z' });
    const intermediate = anAuthority({ called: 'Issuing', issuer: root, hash: 'sha1' });

    expect(codesOf(weak.der)).toEqual(['keySize', 'signatureWeak', 'certificateExpired']);
    expect(codesOf(intermediate.der)).toEqual(['signatureWeak']);
  });

  it('refuses a root whose signature its own key does not verify', () => {
    const changed = Buffer.from(anAuthority().der);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;

    expect(read(changed)).toMatchObject({ outcome: 'refused', problems: [{ code: 'signatureInvalid' }] });
  });

  it('warns of a key that is longer, of another exponent, or on a curve, and of one that is not valid yet', async () => {
    expect(codesOf(anAuthority({ keys: anRsaKeyPair('exponent', 2048, 3) }).der)).toEqual(['keyUnusual']);
    expect(codesOf(anAuthority({ notBefore: '270101000000Z' }).der)).toEqual(['notYetValid']);
    expect(read(await createRootData('No authority at all'))).toMatchObject({ outcome: 'refused' });
  });

  it('tells a client’s certificate from an authority, and an intermediate from a root', () => {
    const root = anAuthority();
    const intermediate = anAuthority({ called: 'Issuing', issuer: root });
    const client = anAuthority({ called: 'ann@example.com', issuer: intermediate, isAuthority: false });

    expect(read(client.der)).toEqual({ outcome: 'endEntity', subject: 'CN=ann@example.com' });
    expect(read(intermediate.der)).toMatchObject({ outcome: 'authority', authority: { isRoot: false } });
  });

  it('takes for the issuer whose name and key fit, not one that only bears the name', () => {
    const root = anAuthority();
    const rogue = anAuthority({ keys: anRsaKeyPair('rogue') });
    const intermediate = anAuthority({ called: 'Issuing', issuer: root });

    expect(isIssuedBy(intermediate.der, root.der)).toBe(true);
    expect(isIssuedBy(intermediate.der, rogue.der)).toBe(false);
    expect(isIssuedBy(Buffer.from(toPem(root.der)), root.der)).toBe(false);
  });

  it('shows no character that nobody sees', () => {
    const reading = read(anAuthority({ called: 'Contoso\u202e\u0000root' }).der);

    expect(reading).toMatchObject({ authority: { commonName: 'Contoso??root' } });
  });
});
