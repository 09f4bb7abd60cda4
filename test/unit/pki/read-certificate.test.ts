import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import type { CertificateReading } from '../../../src/pki/read-certificate.ts';
import { readCertificate, thumbprintOf, toPem } from '../../../src/pki/read-certificate.ts';
import { aClientCertificate, aRootCertificate } from '../../support/builders/a-certificate.ts';
import { toPemBlock } from '../../support/builders/der.ts';
import { clientFingerprint, clientPem, clientRequestPem, rootFingerprint, rootPem } from './vectors/openssl.ts';

function read(input: string | Uint8Array): CertificateReading {
  const result = readCertificate(input);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join(' '));
  return result.certificate;
}

function codesOf(input: string | Uint8Array): readonly string[] {
  const result = readCertificate(input);
  return result.ok ? [] : result.problems.map(({ code }) => code);
}

describe('src/pki/read-certificate', () => {
  it('reads a root made by OpenSSL', () => {
    expect(read(rootPem)).toMatchObject({
      thumbprint: rootFingerprint.replaceAll(':', ''),
      serialNumber: '0102030405060708090a0b0c0d0e0f10',
      subject: { text: 'CN=P2SRootCert,OU=Net,O=Contoso Zürich,C=NL', commonName: 'P2SRootCert' },
      issuerText: 'CN=P2SRootCert,OU=Net,O=Contoso Zürich,C=NL',
      notBefore: new Date('2026-11-01T00:00:00Z'),
      notAfter: new Date('2036-11-01T00:00:00Z'),
      isCertificateAuthority: true,
      isSelfSigned: true,
    });
  });

  it('reads a client certificate made by OpenSSL', () => {
    expect(read(clientPem)).toMatchObject({
      thumbprint: clientFingerprint.replaceAll(':', ''),
      subject: { commonName: 'alice.0a1b2c3d@contoso.com' },
      isCertificateAuthority: false,
      isSelfSigned: false,
    });
  });

  it('agrees with Node on what it read', () => {
    const { der } = aClientCertificate();
    const theirs = new X509Certificate(der);

    const ours = read(der);

    expect(ours.thumbprint).toBe(theirs.fingerprint.replaceAll(':', ''));
    expect(ours.serialNumber.toUpperCase()).toBe(theirs.serialNumber);
    expect(ours.notAfter).toEqual(theirs.validToDate);
    expect(Buffer.from(ours.publicKeySpki)).toEqual(theirs.publicKey.export({ format: 'der', type: 'spki' }));
    expect(ours.pem).toBe(theirs.toString());
  });

  it.each([
    ['PEM', (der: Uint8Array) => toPem(der)],
    ['PEM with CRLF', (der: Uint8Array) => toPem(der).replaceAll('\n', '\r\n')],
    ['a PEM file', (der: Uint8Array) => Buffer.from(toPem(der))],
    ['DER', (der: Uint8Array) => der],
    ['one line of base64', (der: Uint8Array) => Buffer.from(der).toString('base64')],
    ['a file with one line of base64', (der: Uint8Array) => Buffer.from(Buffer.from(der).toString('base64'))],
  ])('reads %s', (_, write) => {
    const { der } = aRootCertificate();
    expect(read(write(der)).der).toEqual(der);
  });

  it('writes publicCertData without header or line break', () => {
    const { oneLineBase64, der } = read(rootPem);

    expect(oneLineBase64).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(new Uint8Array(Buffer.from(oneLineBase64, 'base64'))).toEqual(der);
  });

  it.each([
    ['nothing', '', 'empty'],
    ['no bytes', Buffer.alloc(0), 'empty'],
    ['a request', clientRequestPem, 'wrongPem'],
    ['a private key', toPemBlock('RSA PRIVATE KEY', Buffer.of(1)), 'privateKeySent'],
    ['two certificates', rootPem + clientPem, 'severalBlocks'],
    ['a megabyte', Buffer.alloc(1_000_000, 0x30), 'tooLarge'],
    ['a megabyte of DER', Buffer.concat([Buffer.of(0x30, 0x83), Buffer.alloc(1_000_000)]), 'tooLarge'],
    ['DER of something else', 'MAA=', 'notACertificate'],
    ['DER cut off', Buffer.from(aRootCertificate().der).subarray(0, 300), 'notDer'],
    ['bytes after the end', Buffer.concat([aRootCertificate().der, Buffer.of(5, 0)]), 'notDer'],
  ])('refuses %s', (_, input, code) => {
    expect(codesOf(input)).toEqual([code]);
  });

  it('never throws, whatever bit of a certificate is turned over', () => {
    const { der } = aClientCertificate();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: der.length * 8 - 1 }), (bit) => {
        const changed = Uint8Array.from(der);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const result = readCertificate(changed);
        expect(result.ok && result.certificate.thumbprint === thumbprintOf(der)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on other input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 300 })), (input) => {
        expect(readCertificate(input).ok).toBe(false);
      }),
    );
  });
});

describe('thumbprintOf', () => {
  // The SHA-1 example of FIPS 180-2, appendix A.1.
  it('is SHA-1 in upper-case hex', () => {
    expect(thumbprintOf(Buffer.from('abc'))).toBe('A9993E364706816ABA3E25717850C26C9CD0D89D');
  });
});
