import { X509Certificate } from 'node:crypto';
import { assembleCertificate, digestForSigning } from '../../../src/pki/assemble-certificate.ts';
import { buildClientTbs } from '../../../src/pki/build-client-certificate.ts';
import { buildRootTbs } from '../../../src/pki/build-root-certificate.ts';
import type { CertificateStructure } from '../../../src/pki/certificate-structure.ts';
import { readCertificateStructure } from '../../../src/pki/certificate-structure.ts';
import { readDer } from '../../../src/pki/der.ts';
import { lintClientCertificate } from '../../../src/pki/lint-certificate.ts';
import { aClientCertificate, aRootCertificate, aSerialNumber } from '../../support/builders/a-certificate.ts';
import { anEcKeyPair } from '../../support/builders/a-key-pair.ts';
import { clientPem, rootPem } from './vectors/openssl.ts';

function structureOf(der: Uint8Array): CertificateStructure {
  const reading = readCertificateStructure(der);
  if (!reading.ok) throw new Error(reading.message);
  return reading.certificate;
}

function derOf(pem: string): Uint8Array {
  return new Uint8Array(new X509Certificate(pem).raw);
}

describe('src/pki/build-root-certificate', () => {
  it('comes to the same bytes as OpenSSL from the same fields', () => {
    const theirs = structureOf(derOf(rootPem));

    const { tbs } = buildRootTbs({
      subject: { commonName: 'P2SRootCert', organization: 'Contoso Zürich', organizationalUnit: 'Net', country: 'NL' },
      publicKeySpki: theirs.subjectPublicKeyInfo.encoding,
      serialNumber: aSerialNumber('0102030405060708090a0b0c0d0e0f10'),
      notBefore: new Date('2026-11-01T00:00:00Z'),
      notAfter: new Date('2036-11-01T00:00:00Z'),
    });

    expect(Buffer.from(tbs).toString('hex')).toBe(Buffer.from(theirs.tbs.encoding).toString('hex'));
    expect(assembleCertificate(tbs, theirs.signature)).toEqual(derOf(rootPem));
  });

  it('makes a root that Node takes for an authority that signed itself', () => {
    const root = new X509Certificate(aRootCertificate().der);

    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.checkIssued(root)).toBe(true);
  });

  it.each([
    ['no date', new Date(Number.NaN)],
    ['a date before UTCTime', new Date('1949-12-31T23:59:59Z')],
    ['a date after notAfter', new Date('2036-11-01T00:00:00Z')],
    ['a date beyond four digits', new Date('+010000-01-01T00:00:00Z')],
  ])('refuses %s as notBefore', (_, notBefore) => {
    expect(() => aRootCertificate({ notBefore })).toThrow(RangeError);
  });

  it('refuses bytes that are no public key', () => {
    expect(() => aRootCertificate({ publicKeySpki: Buffer.of(5, 0) })).toThrow(RangeError);
  });
});

describe('src/pki/build-client-certificate', () => {
  it('comes to the same bytes as OpenSSL from the same fields', () => {
    const theirs = structureOf(derOf(clientPem));

    const { tbs } = buildClientTbs({
      root: { certificateDer: derOf(rootPem) },
      commonName: 'alice.0a1b2c3d@contoso.com',
      subjectPublicKeyInfo: theirs.subjectPublicKeyInfo.encoding,
      serialNumber: aSerialNumber('4f3b2a190807060504030201ffeeddcc'),
      notBefore: new Date('2026-11-20T00:00:00Z'),
      notAfter: new Date('2027-11-20T00:00:00Z'),
    });

    expect(Buffer.from(tbs).toString('hex')).toBe(Buffer.from(theirs.tbs.encoding).toString('hex'));
    expect(assembleCertificate(tbs, theirs.signature)).toEqual(derOf(clientPem));
  });

  it('makes a certificate that Node verifies under its root', () => {
    const { der, root } = aClientCertificate();
    const [leaf, issuer] = [new X509Certificate(der), new X509Certificate(root.der)];

    expect(leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey)).toBe(true);
    expect(leaf.subject).toBe('CN=alice.0a1b2c3d@contoso.com');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.serialNumber.toLowerCase()).toBe(aSerialNumber());
  });

  it.each([
    ['an e-mail address', 'alice.0a1b2c3d@contoso.com', 'email:alice.0a1b2c3d@contoso.com'],
    ['a host name', 'laptop-7.contoso.com', 'DNS:laptop-7.contoso.com'],
    ['a plain name', 'P2SChildCert', 'DNS:P2SChildCert'],
    ['a name with blanks', 'Alice Example', undefined],
    ['an address beyond ASCII', 'zoë.0a1b2c3d@contoso.com', undefined],
  ])('says the common name again as its alternative where it is %s', (_, commonName, alternative) => {
    const client = aClientCertificate({ commonName });

    expect(new X509Certificate(client.der).subjectAltName).toBe(alternative);
    expect(lintClientCertificate(client.der, { root: client.root.der, expected: client.fields })).toEqual([]);
  });

  it('copies the subject of a root byte for byte, whatever string type it has', () => {
    const root = aRootCertificate();
    // The same name as a TeletexString, which no library of ours would write.
    const odd = Buffer.from(root.der);
    const name = Buffer.from('P2SRootCert');
    odd[odd.indexOf(name) - 2] = 0x14;
    odd[odd.lastIndexOf(name) - 2] = 0x14;

    const { tbs } = buildClientTbs({ ...aClientCertificate().fields, root: { certificateDer: odd } });

    const reading = readDer(tbs);
    expect(reading.ok && reading.value.children[3]?.encoding).toEqual(structureOf(odd).subject.encoding);
  });

  it('names a root that has no key identifier by the one its key would have', () => {
    const root = aRootCertificate();
    const bare = Buffer.from(root.der);
    // Another identifier in place of 2.5.29.14 leaves the root without a subject key identifier.
    bare.writeUInt8(0x63, bare.indexOf(Buffer.from('0603551d0e', 'hex')) + 4);
    const { fields } = aClientCertificate();

    expect(buildClientTbs({ ...fields, root: { certificateDer: bare } })).toEqual(buildClientTbs(fields));
  });

  it('cuts fractions of a second off and changes to GeneralizedTime in 2050', () => {
    const { tbs } = aClientCertificate({
      notBefore: new Date('2049-12-31T23:59:59.999Z'),
      notAfter: new Date('2050-01-01T00:00:00.001Z'),
    });

    const reading = readDer(tbs);
    const times = reading.ok ? reading.value.children[4]?.children : [];
    expect(times?.map(({ tag, contents }) => [tag, Buffer.from(contents).toString()])).toEqual([
      [0x17, '491231235959Z'],
      [0x18, '20500101000000Z'],
    ]);
  });

  it('leaves keyEncipherment to RSA keys', () => {
    const keys = anEcKeyPair();
    const client = aClientCertificate({}, { keys });

    expect(lintClientCertificate(client.der, { root: client.root.der, expected: client.fields })).toEqual([]);
    expect(new X509Certificate(client.der).publicKey.asymmetricKeyType).toBe('ec');
  });

  it('gives the same bytes for the same fields', () => {
    const { fields, tbs } = aClientCertificate();
    expect(buildClientTbs(fields).tbs).toEqual(tbs);
  });

  it('refuses a root that is no certificate', () => {
    const { fields } = aClientCertificate();
    expect(() => buildClientTbs({ ...fields, root: { certificateDer: Buffer.of(0x30, 0) } })).toThrow(RangeError);
  });
});

describe('src/pki/assemble-certificate', () => {
  it('digests with SHA-256', () => {
    expect(Buffer.from(digestForSigning(Buffer.from('abc'))).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
