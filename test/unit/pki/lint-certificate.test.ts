// Goal: every certificate that must not be released is caught, by the code that names what is wrong with it.
// Method: one good profile as DER parts; each bad certificate changes some parts and is signed correctly by the root,
// so that nothing but the rule in question can catch it.

import type { KeyObject } from 'node:crypto';
import { sign } from 'node:crypto';
import fc from 'fast-check';
import { lintClientCertificate, lintClientTbs, lintRootCertificate } from '../../../src/pki/lint-certificate.ts';
import { keyIdentifierOf } from '../../../src/pki/tbs-certificate.ts';
import type { BuiltRoot } from '../../support/builders/a-certificate.ts';
import { aClientCertificate, aRootCertificate } from '../../support/builders/a-certificate.ts';
import { anEcKeyPair, anRsaKeyPair } from '../../support/builders/a-key-pair.ts';
import {
  algorithm,
  bits,
  boolean,
  commonName,
  der,
  extension,
  generalizedTime,
  integer,
  integerBytes,
  name,
  nullValue,
  objectIdentifier,
  octets,
  printable,
  sequence,
  set,
  utcTime,
  utf8,
} from '../../support/builders/der.ts';

const root = aRootCertificate();
const client = aClientCertificate({}, { root });
const { commonName: cn } = client.fields;
const clientSpki = client.keys.spki;
const rsaSha256 = algorithm('1.2.840.113549.1.1.11');
const clientAuth = objectIdentifier('1.3.6.1.5.5.7.3.2');

const serial = Buffer.from(client.fields.serialNumber, 'hex');

type Extensions = Readonly<Record<string, Uint8Array>>;

const extensions = {
  basicConstraints: extension('2.5.29.19', sequence(), true),
  keyUsage: extension('2.5.29.15', bits(Buffer.of(0xa0), 5), true),
  extendedKeyUsage: extension('2.5.29.37', sequence(clientAuth)),
  subjectKeyIdentifier: extension('2.5.29.14', octets(keyIdentifierOf(clientSpki))),
  authorityKeyIdentifier: extension('2.5.29.35', sequence(der(0x80, keyIdentifierOf(root.keys.spki)))),
  subjectAltName: extension('2.5.29.17', sequence(der(0x81, Buffer.from(cn)))),
} satisfies Extensions;

interface Parts {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Uint8Array;
  readonly notAfter: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly unique: Uint8Array;
  readonly extensions: Extensions;
  readonly outerAlgorithm: Uint8Array;
  readonly signWith: KeyObject;
  readonly signature: Uint8Array;
}

function aCertificateOf(parts: Partial<Parts>): Buffer {
  const tbs = sequence(
    parts.version ?? der(0xa0, integer(2n)),
    parts.serialNumber ?? integerBytes(serial),
    parts.algorithm ?? rsaSha256,
    parts.issuer ?? commonName('P2SRootCert'),
    sequence(parts.notBefore ?? utcTime('261120000000Z'), parts.notAfter ?? utcTime('271120000000Z')),
    parts.subject ?? commonName(cn),
    parts.spki ?? clientSpki,
    parts.unique ?? Buffer.alloc(0),
    der(0xa3, sequence(...Object.values({ ...extensions, ...parts.extensions }))),
  );
  const signature = parts.signature ?? sign('sha256', tbs, parts.signWith ?? root.keys.privateKey);
  return sequence(tbs, parts.outerAlgorithm ?? parts.algorithm ?? rsaSha256, bits(signature));
}

function codesOf(certificate: Uint8Array, issuer: BuiltRoot = root): readonly string[] {
  return lintClientCertificate(certificate, { root: issuer.der, expected: client.fields }).map(({ code }) => code);
}

const weakKey = anRsaKeyPair('weak', 1024).spki;
const smallExponentKey = anRsaKeyPair('exponent', 2048, 3).spki;

/** What is wrong, how it is made, and the codes that must be among those reported. */
const badCertificates: readonly (readonly [what: string, parts: Partial<Parts>, ...codes: string[]])[] = [
  ['version 1', { version: Buffer.alloc(0) }, 'version'],
  ['version 2', { version: der(0xa0, integer(1n)) }, 'version'],
  ['a version that is no number', { version: der(0xa0, nullValue) }, 'version'],
  [
    'a negative serial number',
    { serialNumber: integerBytes(Buffer.of(0x80, ...serial.subarray(1))) },
    'serialNumberSign',
  ],
  ['serial number zero', { serialNumber: integer(0n) }, 'serialNumberSign', 'serialNumberEntropy'],
  ['a serial number of 21 bytes', { serialNumber: integerBytes(Buffer.alloc(21, 1)) }, 'serialNumberLength'],
  ['a serial number of one byte', { serialNumber: integer(1n) }, 'serialNumberEntropy'],
  ['a padded serial number', { serialNumber: integerBytes(Buffer.of(0, ...serial)) }, 'notDer'],
  ['another serial number', { serialNumber: integerBytes(Buffer.alloc(16, 1)) }, 'serialNumberOther'],
  [
    'SHA-1 within and SHA-256 without',
    { algorithm: algorithm('1.2.840.113549.1.1.5'), outerAlgorithm: rsaSha256 },
    'signatureAlgorithm',
    'signatureAlgorithmMismatch',
  ],
  [
    'parameters missing from the algorithm',
    { algorithm: sequence(objectIdentifier('1.2.840.113549.1.1.11')) },
    'signatureAlgorithm',
  ],
  ['another issuer', { issuer: commonName('P2SRootCerT') }, 'issuer'],
  ['the key of its issuer', { spki: root.keys.spki }, 'keyOfIssuer'],
  ['the issuer as another string type', { issuer: name(['2.5.4.3', printable('P2SRootCert')]) }, 'issuer'],
  ['notAfter beyond the root', { notAfter: utcTime('361101000001Z') }, 'validityBeyondRoot', 'validityOther'],
  ['notBefore before the root', { notBefore: utcTime('261031235959Z') }, 'validityBeforeRoot', 'validityOther'],
  ['notAfter before notBefore', { notAfter: utcTime('251120000000Z') }, 'validityOrder'],
  ['GeneralizedTime before 2050', { notAfter: generalizedTime('20271120000000Z') }, 'timeForm'],
  ['a fraction of a second', { notAfter: generalizedTime('20271120000000.5Z') }, 'timeFraction'],
  ['a date on no calendar', { notAfter: utcTime('270230000000Z') }, 'timeValue'],
  ['a time without seconds', { notAfter: utcTime('2711200000Z') }, 'notDer'],
  ['the year 9999', { notAfter: generalizedTime('99991231235959Z') }, 'validityBeyondRoot'],
  ['a CN of 65 characters', { subject: commonName('x'.repeat(65)) }, 'nameTooLong', 'subjectOther'],
  ['NUL in the CN', { subject: commonName(`${cn}\0.evil`) }, 'nameControlCharacter'],
  ['a line break in the CN', { subject: commonName(`${cn}\r\n`) }, 'nameControlCharacter'],
  ['a leading blank in the CN', { subject: commonName(` ${cn}`) }, 'nameOuterBlank'],
  ['bad UTF-8 in the CN', { subject: name(['2.5.4.3', der(0x0c, Buffer.of(0x61, 0xc3, 0x28))]) }, 'textEncoding'],
  ['an @ in a PrintableString', { subject: name(['2.5.4.3', printable(cn)]) }, 'textEncoding'],
  ['the CN as a TeletexString', { subject: name(['2.5.4.3', der(0x14, Buffer.from(cn))]) }, 'subjectStringType'],
  ['two CNs', { subject: name(['2.5.4.3', utf8(cn)], ['2.5.4.3', utf8('admin')]) }, 'subjectAttributes'],
  [
    'a CN and an O in one RDN',
    {
      subject: sequence(
        set(sequence(objectIdentifier('2.5.4.3'), utf8(cn)), sequence(objectIdentifier('2.5.4.10'), utf8('o'))),
      ),
    },
    'subjectAttributes',
  ],
  ['no CN', { subject: name() }, 'subjectAttributes', 'subjectOther'],
  ['another CN', { subject: commonName('bob.0a1b2c3d@contoso.com') }, 'subjectOther'],
  ['RSA with 1024 bits', { spki: weakKey }, 'keySize', 'publicKeyOther'],
  ['an exponent of 3', { spki: smallExponentKey }, 'keyExponent'],
  ["the root's own key", { spki: root.keys.spki }, 'publicKeyOther', 'subjectKeyIdentifier'],
  ['a key that is none', { spki: sequence() }, 'keyStructure', 'publicKeyOther', 'subjectKeyIdentifier'],
  ['a unique identifier', { unique: der(0x81, Buffer.of(0, 1)) }, 'uniqueIdentifier'],
  [
    'CA:TRUE',
    { extensions: { basicConstraints: extension('2.5.29.19', sequence(boolean(true)), true) } },
    'basicConstraints',
  ],
  [
    'CA:FALSE written down',
    { extensions: { basicConstraints: extension('2.5.29.19', sequence(boolean(false)), true) } },
    'basicConstraints',
  ],
  [
    'basic constraints that are not critical',
    { extensions: { basicConstraints: extension('2.5.29.19', sequence()) } },
    'extensionCritical',
  ],
  ['no basic constraints', { extensions: { basicConstraints: Buffer.alloc(0) } }, 'extensionMissing'],
  ['keyCertSign', { extensions: { keyUsage: extension('2.5.29.15', bits(Buffer.of(0xa4), 2), true) } }, 'keyUsage'],
  [
    'no digitalSignature',
    { extensions: { keyUsage: extension('2.5.29.15', bits(Buffer.of(0x20), 5), true) } },
    'keyUsage',
  ],
  ['no key usage', { extensions: { keyUsage: Buffer.alloc(0) } }, 'extensionMissing'],
  ['keyEncipherment for an EC key', { spki: anEcKeyPair().spki }, 'keyUsage'],
  [
    'serverAuth',
    { extensions: { extendedKeyUsage: extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))) } },
    'extendedKeyUsage',
  ],
  [
    'a second purpose',
    {
      extensions: {
        extendedKeyUsage: extension('2.5.29.37', sequence(clientAuth, objectIdentifier('1.3.6.1.5.5.7.3.4'))),
      },
    },
    'extendedKeyUsage',
  ],
  [
    'any purpose',
    { extensions: { extendedKeyUsage: extension('2.5.29.37', sequence(objectIdentifier('2.5.29.37.0'))) } },
    'extendedKeyUsage',
  ],
  ['no purpose', { extensions: { extendedKeyUsage: extension('2.5.29.37', sequence()) } }, 'extendedKeyUsage'],
  ['no subject key identifier', { extensions: { subjectKeyIdentifier: Buffer.alloc(0) } }, 'extensionMissing'],
  [
    'another subject key identifier',
    { extensions: { subjectKeyIdentifier: extension('2.5.29.14', octets(Buffer.alloc(20))) } },
    'subjectKeyIdentifier',
  ],
  [
    'another authority key identifier',
    { extensions: { authorityKeyIdentifier: extension('2.5.29.35', sequence(der(0x80, Buffer.alloc(20)))) } },
    'authorityKeyIdentifier',
  ],
  ['no authority key identifier', { extensions: { authorityKeyIdentifier: Buffer.alloc(0) } }, 'extensionMissing'],
  [
    "another's alternative name",
    { extensions: { subjectAltName: extension('2.5.29.17', sequence(der(0x81, Buffer.from('bob@contoso.com')))) } },
    'subjectAltName',
  ],
  [
    'a second alternative name',
    {
      extensions: {
        subjectAltName: extension('2.5.29.17', sequence(der(0x81, Buffer.from(cn)), der(0x82, Buffer.from('x')))),
      },
    },
    'subjectAltName',
  ],
  ['an extension twice', { extensions: { again: extensions.keyUsage } }, 'extensionTwice'],
  [
    'an unknown critical extension',
    { extensions: { other: extension('1.2.3.4', nullValue, true) } },
    'extensionUnknown',
  ],
  [
    'an extension that the profile has no room for',
    { extensions: { other: extension('2.5.29.31', sequence()) } },
    'extensionUnknown',
  ],
  [
    '"critical FALSE"',
    { extensions: { extendedKeyUsage: extension('2.5.29.37', sequence(clientAuth), false) } },
    'extensionDefault',
  ],
  [
    'an extension that is no DER',
    { extensions: { extendedKeyUsage: extension('2.5.29.37', Buffer.of(0x30, 0x80)) } },
    'extensionValue',
  ],
  [
    'no extensions',
    { extensions: Object.fromEntries(Object.keys(extensions).map((key) => [key, Buffer.alloc(0)])) },
    'extensionMissing',
  ],
  ["a stranger's signature", { signWith: anRsaKeyPair('stranger').privateKey }, 'signature'],
  [
    'a signature of the wrong length',
    { signWith: anRsaKeyPair('long', 3072).privateKey },
    'signatureLength',
    'signature',
  ],
  ['a signature of zeros', { signature: Buffer.alloc(256) }, 'signature'],
  ['an empty signature', { signature: Buffer.alloc(0) }, 'signatureLength', 'signature'],
];

describe('src/pki/lint-certificate', () => {
  it('finds nothing against what is built here, and builds the same bytes as this test', () => {
    expect(aCertificateOf({}).equals(client.der)).toBe(true);
    expect(codesOf(client.der)).toEqual([]);
    expect(lintClientTbs(client.tbs, { root: root.der, expected: client.fields })).toEqual([]);
  });

  it.each(badCertificates.map(([what, parts, ...codes]) => ({ what, parts, codes })))(
    'catches $what',
    ({ parts, codes }) => {
      expect(codesOf(aCertificateOf(parts))).toEqual(expect.arrayContaining(codes));
    },
  );

  it.each([
    ['nothing', Buffer.alloc(0), 'notDer'],
    ['another structure', sequence(sequence(), sequence(), bits(Buffer.alloc(0))), 'notACertificate'],
    ['the certificate cut off', client.der.subarray(0, -1), 'notDer'],
  ])('catches %s in place of a certificate', (_, certificate, code) => {
    expect(codesOf(certificate)).toEqual([code]);
  });

  it('catches an issuer that is not an authority', () => {
    const issuer = { ...root, der: client.der };
    expect(codesOf(client.der, issuer)).toEqual(expect.arrayContaining(['issuerNotAuthority', 'issuer', 'signature']));
  });

  it('catches an issuer that is unreadable', () => {
    expect(codesOf(client.der, { ...root, der: Buffer.of(1) })).toEqual(['issuerUnreadable']);
    expect(lintClientTbs(client.tbs, { root: Buffer.of(1), expected: client.fields })).toHaveLength(1);
  });

  it('catches a root of the same name with another key', () => {
    const twin = aRootCertificate({}, anRsaKeyPair('twin'));
    expect(codesOf(client.der, twin)).toEqual(['authorityKeyIdentifier', 'signature']);
  });

  it('catches faults before anything is signed', () => {
    const { tbs } = aClientCertificate({ notAfter: new Date('2037-01-01T00:00:00Z') }, { root });
    const codes = lintClientTbs(tbs, { root: root.der, expected: client.fields }).map(({ code }) => code);
    expect(codes).toEqual(['validityOther', 'validityBeyondRoot']);
  });

  it('catches any bit that is turned over, and never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: client.der.length * 8 - 1 }), (bit) => {
        const changed = Uint8Array.from(client.der);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(codesOf(changed)).not.toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('says what is wrong in a sentence', () => {
    const problems = lintClientCertificate(aCertificateOf({ version: Buffer.alloc(0) }), {
      root: root.der,
      expected: client.fields,
    });
    expect(problems).toEqual([{ code: 'version', message: 'The certificate is not of version 3.' }]);
  });

  describe('roots', () => {
    const expected = { ...root.fields, subjectPublicKeyInfo: root.keys.spki };

    function rootCodes(der: Uint8Array, changes: Partial<typeof expected> = {}): readonly string[] {
      return lintRootCertificate(der, { expected: { ...expected, ...changes } }).map(({ code }) => code);
    }

    it('finds nothing against what is built here', () => {
      expect(rootCodes(root.der)).toEqual([]);
    });

    it.each([
      ['another subject', { subject: { commonName: 'Other' } }, ['subjectOther']],
      ['another serial number', { serialNumber: client.fields.serialNumber }, ['serialNumberOther']],
      ['another validity', { notAfter: new Date('2035-01-01T00:00:00Z') }, ['validityOther']],
      ['another key', { subjectPublicKeyInfo: clientSpki }, ['publicKeyOther']],
      ['a subject that breaks the rules', { subject: { commonName: '-cmd' } }, ['subjectOther', 'nameFirstCharacter']],
    ])('catches %s', (_, changes, codes) => {
      expect(rootCodes(root.der, changes)).toEqual(codes);
    });

    it('catches a client certificate in place of a root', () => {
      expect(rootCodes(client.der)).toEqual(
        expect.arrayContaining(['issuer', 'basicConstraints', 'keyUsage', 'extensionUnknown', 'signature']),
      );
    });

    it('catches a root that somebody else signed', () => {
      const { tbs } = root;
      const certificate = sequence(tbs, rsaSha256, bits(sign('sha256', tbs, anRsaKeyPair('stranger').privateKey)));
      expect(rootCodes(certificate)).toEqual(['signature']);
    });

    it('catches a root with an EC key', () => {
      const keys = anEcKeyPair();
      const { der } = aRootCertificate({ publicKeySpki: keys.spki });
      expect(rootCodes(der, { subjectPublicKeyInfo: keys.spki })).toEqual(['signingKey', 'issuerKey']);
    });
  });
});
