import { createHash, getDiffieHellman } from 'node:crypto';
import { readCertificateRequest } from '../../../src/pki/read-certificate-request.ts';
import { aCertificateRequest, anExtensionRequest, toRequestPem } from '../../support/builders/a-certificate-request.ts';
import { anEcKeyPair, anRsaKeyPair, anRsaKeyPairOf } from '../../support/builders/a-key-pair.ts';
import { aRocaPrime, nextPrime } from '../../support/builders/a-weak-prime.ts';
import {
  algorithm,
  bits,
  boolean,
  commonName,
  der,
  extension,
  integer,
  name,
  nullValue,
  objectIdentifier,
  octets,
  printable,
  sequence,
  set,
  toPemBlock,
  utf8,
} from '../../support/builders/der.ts';
import { askingRequestPem, clientRequestPem, ecRequestPem, rootPem } from './vectors/openssl.ts';

const id = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};
const isCa = sequence(boolean(true));
const p = primeOf('one');
/** The 2048-bit MODP group of RFC 3526. */
const primeModulus = BigInt(`0x${getDiffieHellman('modp14').getPrime('hex')}`);
const ecAlgorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

function primeOf(called: string): bigint {
  const { p: prime } = anRsaKeyPair(called).privateKey.export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(prime ?? '', 'base64url').toString('hex')}`);
}

function codesOf(text: string, options = {}): readonly string[] {
  const reading = readCertificateRequest(text, options);
  return reading.ok ? [] : reading.problems.map(({ code }) => code);
}

function codesOfDer(request: Uint8Array, options = {}): readonly string[] {
  return codesOf(Buffer.from(request).toString('base64'), options);
}

function rsaSpki(modulus: Uint8Array, exponent: Uint8Array, type = '1.2.840.113549.1.1.1'): Buffer {
  return sequence(algorithm(type), bits(sequence(modulus, exponent)));
}

function ecSpki(curve: Uint8Array, point: Uint8Array): Buffer {
  return sequence(sequence(objectIdentifier('1.2.840.10045.2.1'), curve), bits(point));
}

describe('src/pki/read-certificate-request', () => {
  it('reads a request made by OpenSSL', () => {
    const reading = readCertificateRequest(clientRequestPem);

    expect(reading).toMatchObject({
      ok: true,
      request: {
        keyDescription: { type: 'rsa', bits: 2048 },
        requestedSubject: 'CN=alice.0a1b2c3d@contoso.com',
        ignored: ['subject'],
      },
    });
  });

  it('returns the key byte for byte, and its hash', () => {
    const { spki } = anRsaKeyPair();

    const reading = readCertificateRequest(toRequestPem(aCertificateRequest({ spki })));

    expect(reading.ok && reading.request.subjectPublicKeyInfo).toEqual(spki);
    expect(reading.ok && reading.request.publicKeyHash).toBe(createHash('sha256').update(spki).digest('hex'));
  });

  it('names what a request asks for beyond its key and does not get', () => {
    const reading = readCertificateRequest(askingRequestPem);

    expect(reading.ok && reading.request.ignored).toEqual([
      'subject',
      'basicConstraints',
      'keyUsage',
      'extendedKeyUsage',
      'subjectAltName',
    ]);
  });

  it.each([
    ['base64 on one line', (pem: string) => pem.replace(/-----.*-----/g, '').replace(/\s/g, '')],
    ['base64 on many lines', (pem: string) => pem.replace(/-----.*-----/g, '')],
    ['PEM with CRLF', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['PEM with text around it', (pem: string) => `Certificate Request:\n${pem}\nbye`],
    ['PEM after a byte order mark', (pem: string) => `\ufeff${pem}`],
    [
      'UTF-16 with its mark, read as Latin-1',
      (pem: string) => Buffer.from(`\ufeff${pem}`, 'utf16le').toString('latin1'),
    ],
    ['UTF-16 with its mark, read as UTF-8', (pem: string) => Buffer.from(`\ufeff${pem}`, 'utf16le').toString('utf8')],
    ['base64 of UTF-16 with its mark', (pem: string) => Buffer.from(`\ufeff${pem}`, 'utf16le').toString('base64')],
    [
      'base64 of UTF-16, high bytes first',
      (pem: string) => Buffer.from(`\ufeff${pem}`, 'utf16le').swap16().toString('base64'),
    ],
    ['base64 of PEM', (pem: string) => Buffer.from(pem.replaceAll('\n', '\r\n')).toString('base64')],
    ['base64 of PEM after a byte order mark', (pem: string) => Buffer.from(`\ufeff${pem}`).toString('base64')],
    ['line breaks written as \\n', (pem: string) => pem.replaceAll('\n', '\\n')],
    ['line breaks written as \\r\\n', (pem: string) => pem.replaceAll('\n', '\\r\\n')],
    ['the label of older tools', (pem: string) => pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')],
  ])('accepts %s', (_, rewrite) => {
    expect(codesOf(rewrite(clientRequestPem))).toEqual([]);
  });

  it.each([
    ['quoted lines', clientRequestPem.replace(/^/gm, '> '), 'quotedLines', 'Remove the ">"'],
    ['long dashes', clientRequestPem.replaceAll('-----', '—–—'), 'longDashes', 'five plain hyphens'],
    ['no-break spaces', clientRequestPem.replaceAll('\n', '\u00a0\n'), 'noBreakSpaces', 'plain line breaks'],
    ['HTML', clientRequestPem.replaceAll('\n', '<br>'), 'htmlText', 'Remove the tags'],
    [
      'UTF-16 without its mark',
      Buffer.from(clientRequestPem, 'utf16le').toString('latin1'),
      'utf16WithoutMark',
      'byte order mark',
    ],
  ])('refuses %s by name, with what helps', (_, text, code, fix) => {
    const reading = readCertificateRequest(text);
    expect(reading).toMatchObject({ ok: false, problems: [{ code, fix: expect.stringContaining(fix) as unknown }] });
  });

  it.each([
    ['a private key in base64 of PEM', Buffer.from(toPemBlock('PRIVATE KEY', Buffer.of(1))).toString('base64')],
    [
      'a private key in UTF-16',
      Buffer.from(`\ufeff${toPemBlock('RSA PRIVATE KEY', Buffer.of(1))}`, 'utf16le').toString('latin1'),
    ],
  ])('sees %s too', (_, text) => {
    expect(codesOf(text)).toEqual(['privateKeySent']);
  });

  it('accepts a request without the attributes field', () => {
    expect(codesOfDer(aCertificateRequest({ attributes: undefined }))).toEqual([]);
  });

  it.each([
    ['sha384', '1.2.840.113549.1.1.12'],
    ['sha512', '1.2.840.113549.1.1.13'],
  ])('accepts a signature with %s', (hash, identifier) => {
    expect(codesOfDer(aCertificateRequest({ hash, algorithm: algorithm(identifier) }))).toEqual([]);
  });

  it.each([
    ['an empty text', '', 'empty'],
    ['blanks', ' \n ', 'empty'],
    ['JSON', '{}', 'notBase64'],
    ['base64 that does not encode back to itself', 'MIIB=AAA', 'notBase64'],
    ['17 KB', 'A'.repeat(17 * 1024), 'tooLarge'],
    ['a certificate', rootPem, 'wrongPem'],
    ['PEM cut off', clientRequestPem.slice(0, 500), 'wrongPem'],
    ['two requests', `${clientRequestPem}\n${clientRequestPem}`, 'severalBlocks'],
    [
      'a private key beside the request',
      `${clientRequestPem}\n${toPemBlock('PRIVATE KEY', Buffer.of(1))}`,
      'privateKeySent',
    ],
    ['an encrypted private key', toPemBlock('ENCRYPTED PRIVATE KEY', Buffer.of(1)), 'privateKeySent'],
    ['DER of something else', sequence(integer(1n)).toString('base64'), 'notARequest'],
  ])('refuses %s', (_, text, code) => {
    expect(codesOf(text)).toEqual([code]);
  });

  describe('keys', () => {
    it.each([
      ['1024 bits', 1024, 65537, ['keySize']],
      ['2047 bits', 2047, 65537, ['keySize']],
      ['an exponent of 3', 2048, 3, ['keyExponent']],
      ['1024 bits and an exponent of 3', 1024, 3, ['keySize', 'keyExponent']],
    ])('refuses RSA with %s', (_, modulusBits, exponent, codes) => {
      const keys = anRsaKeyPair('weak', modulusBits, exponent);
      expect(codesOfDer(aCertificateRequest({ spki: keys.spki, signWith: keys.privateKey }))).toEqual(codes);
    });

    it('accepts RSA with 4096 bits', () => {
      const keys = anRsaKeyPair('strong', 4096);
      expect(codesOfDer(aCertificateRequest({ spki: keys.spki, signWith: keys.privateKey }))).toEqual([]);
    });

    it.each([
      ['primes that are too close', () => anRsaKeyPairOf(nextPrime(p), p), 'keyClosePrimes'],
      ['primes of the ROCA library', () => anRsaKeyPairOf(aRocaPrime(1024), aRocaPrime(1024)), 'keyRoca'],
    ])('refuses a working RSA key with %s', (_, make, code) => {
      const keys = make();
      expect(codesOfDer(aCertificateRequest({ spki: keys.spki, signWith: keys.privateKey }))).toEqual([code]);
    });

    it.each([
      ['16384 bits', integer((1n << 16383n) + 1n), integer(65537n), 'keySize'],
      ['512 bits', integer((1n << 511n) + 1n), integer(65537n), 'keySize'],
      ['an even modulus', integer(1n << 2047n), integer(65537n), 'keyModulusEven'],
      ['a modulus that 3 divides', integer(3n * ((1n << 2046n) + 1n)), integer(65537n), 'keySmallFactor'],
      ['a prime modulus', integer(primeModulus), integer(65537n), 'keyModulusPrime'],
      ['a negative modulus', der(0x02, Buffer.of(0xff)), integer(65537n), 'keySize'],
      ['an exponent of 1', integer((1n << 2047n) + 1n), integer(1n), 'keyExponent'],
      ['an even exponent', integer((1n << 2047n) + 1n), integer(65536n), 'keyExponent'],
      ['a huge exponent', integer((1n << 2047n) + 1n), integer((1n << 2000n) + 1n), 'keyExponent'],
      ['no integers', octets(Buffer.of(1)), octets(Buffer.of(1)), 'keyStructure'],
    ])('refuses RSA with %s', (_, modulus, exponent, code) => {
      expect(codesOfDer(aCertificateRequest({ spki: rsaSpki(modulus, exponent) }))).toContain(code);
    });

    it('refuses an RSA key that is marked for PSS only', () => {
      const spki = rsaSpki(integer((1n << 2047n) + 1n), integer(65537n), '1.2.840.113549.1.1.10');
      expect(codesOfDer(aCertificateRequest({ spki }))).toContain('keyType');
    });

    it('refuses an RSA key with bytes after it', () => {
      const { spki } = anRsaKeyPair();
      const key = Buffer.concat([Buffer.from(spki).subarray(-270), Buffer.of(5, 0)]);
      const padded = sequence(algorithm('1.2.840.113549.1.1.1'), bits(key));
      expect(codesOfDer(aCertificateRequest({ spki: padded }))).toContain('keyStructure');
    });

    it('refuses elliptic curves unless they are let in', () => {
      expect(codesOf(ecRequestPem)).toEqual(['keyType']);
      expect(readCertificateRequest(ecRequestPem, { allowEllipticCurve: true })).toMatchObject({
        ok: true,
        request: { keyDescription: { type: 'ec', curve: 'P-256' } },
      });
    });

    it('refuses a key on a curve again where none are let in, though another reading let it in', () => {
      const reading = readCertificateRequest(ecRequestPem, { allowEllipticCurve: true });
      expect(reading.ok).toBe(true);
      expect(codesOf(ecRequestPem)).toEqual(['keyType']);
    });

    it('refuses a breakable key however often it is sent', () => {
      const request = aCertificateRequest({ spki: rsaSpki(integer(primeModulus), integer(65537n)) });
      for (let time = 0; time < 3; time += 1) expect(codesOfDer(request)).toContain('keyModulusPrime');
    });

    it('accepts P-384 where elliptic curves are let in', () => {
      const keys = anEcKeyPair('P-384');
      const request = aCertificateRequest({ spki: keys.spki, signWith: keys.privateKey, algorithm: ecAlgorithm });
      expect(codesOfDer(request, { allowEllipticCurve: true })).toEqual([]);
    });

    it.each(['secp256k1', 'P-521', 'secp224r1'])('refuses the curve %s', (curve) => {
      const keys = anEcKeyPair(curve);
      const request = aCertificateRequest({ spki: keys.spki, signWith: keys.privateKey, algorithm: ecAlgorithm });
      expect(codesOfDer(request, { allowEllipticCurve: true })).toEqual(['keyCurve']);
    });

    const p256 = objectIdentifier('1.2.840.10045.3.1.7');
    it.each([
      ['a point off its curve', ecSpki(p256, Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)])), 'keyUnusable'],
      ['the point at infinity', ecSpki(p256, Buffer.of(0)), 'keyPoint'],
      ['a compressed point', ecSpki(p256, Buffer.concat([Buffer.of(2), Buffer.alloc(32, 7)])), 'keyPoint'],
      ['explicit parameters', ecSpki(sequence(integer(1n)), Buffer.alloc(65, 4)), 'keyCurve'],
      ['Ed25519', sequence(sequence(objectIdentifier('1.3.101.112')), bits(Buffer.alloc(32, 1))), 'keyType'],
    ])('refuses %s', (_, spki, code) => {
      expect(codesOfDer(aCertificateRequest({ spki, algorithm: ecAlgorithm }), { allowEllipticCurve: true })).toEqual([
        code,
      ]);
    });
  });

  describe('signatures', () => {
    it('refuses a signature by another key', () => {
      const stranger = anRsaKeyPair('stranger').privateKey;
      expect(codesOfDer(aCertificateRequest({ signWith: stranger }))).toEqual(['proofOfPossession']);
    });

    it.each([
      ['one of zeros', Buffer.alloc(256)],
      ['an empty one', Buffer.alloc(0)],
      ['a long one', Buffer.alloc(1024, 1)],
    ])('refuses %s', (_, signature) => {
      expect(codesOfDer(aCertificateRequest({ signature }))).toEqual(['proofOfPossession']);
    });

    it.each([
      ['MD5', 'md5', algorithm('1.2.840.113549.1.1.4')],
      ['SHA-1', 'sha1', algorithm('1.2.840.113549.1.1.5')],
      ['PSS', 'sha256', algorithm('1.2.840.113549.1.1.10')],
      ['an unknown algorithm', 'sha256', algorithm('1.2.3.4')],
      ['parameters missing', 'sha256', sequence(objectIdentifier('1.2.840.113549.1.1.11'))],
      ['no algorithm', 'sha256', sequence()],
    ])('refuses a signature with %s', (_, hash, signatureAlgorithm) => {
      expect(codesOfDer(aCertificateRequest({ hash, algorithm: signatureAlgorithm }))).toEqual(['signatureAlgorithm']);
    });

    it.each([
      ['1.2.840.113549.1.1.5', 'RSA and SHA-1', '-sha256'],
      ['1.2.840.113549.1.1.10', 'RSA-PSS', 'AlternateSignatureAlgorithm = false'],
      ['1.3.101.112', 'Ed25519', 'rsa:2048'],
    ])('names the algorithm %s in words', (identifier, words, fix) => {
      const reading = readCertificateRequest(toRequestPem(aCertificateRequest({ algorithm: algorithm(identifier) })));
      const [problem] = reading.ok ? [] : reading.problems;
      expect(problem?.message).toContain(`signed with ${words};`);
      expect(problem?.message).not.toContain(identifier);
      expect(problem?.fix).toContain(fix);
    });

    it('refuses an RSA key with an ECDSA signature', () => {
      expect(codesOfDer(aCertificateRequest({ algorithm: ecAlgorithm }))).toEqual(['proofOfPossession']);
    });
  });

  describe('what is asked for', () => {
    const purposes = (...ids: readonly string[]): Buffer =>
      extension(id.extendedKeyUsage, sequence(...ids.map(objectIdentifier)));
    const serverAuth = '1.3.6.1.5.5.7.3.1';

    it.each([
      ['CA:TRUE', [extension(id.basicConstraints, isCa, true)], ['basicConstraints']],
      ['keyCertSign', [extension(id.keyUsage, bits(Buffer.of(0x04), 2))], ['keyUsage']],
      ['nameConstraints', [extension('2.5.29.30', sequence())], ['nameConstraints']],
      ["what Key Vault's default policy asks", [purposes(serverAuth, id.clientAuth)], ['extendedKeyUsage']],
      [
        "what Windows' User template asks",
        [
          extension('1.3.6.1.4.1.311.20.2', der(0x1e, Buffer.from('User', 'utf16le').swap16())),
          purposes('1.3.6.1.4.1.311.10.3.4', '1.3.6.1.5.5.7.3.4', id.clientAuth),
        ],
        ['certificateTemplateName', 'extendedKeyUsage'],
      ],
      ['any purpose', [purposes('2.5.29.37.0')], ['extendedKeyUsage']],
      ['no purpose', [purposes()], ['extendedKeyUsage']],
      ['an unknown critical extension', [extension('1.2.3.4', nullValue, true)], ['1.2.3.4']],
      [
        'an extension twice',
        [extension(id.subjectAltName, sequence()), extension(id.subjectAltName, sequence())],
        ['subjectAltName'],
      ],
      ['"critical FALSE"', [extension(id.subjectAltName, sequence(), false)], ['subjectAltName']],
      ['an extension that is no DER', [extension(id.keyUsage, Buffer.of(3, 9))], ['keyUsage']],
      ['an extension that is none', [nullValue], ['extensionRequest']],
    ])('ignores that a request asks for %s, and names it', (_, extensions, ignored) => {
      const request = aCertificateRequest({ attributes: [anExtensionRequest(...extensions)] });
      const reading = readCertificateRequest(toRequestPem(request));
      expect(reading).toMatchObject({ ok: true, request: { ignored: ['subject', ...ignored] } });
    });

    it('ignores a version that does not exist, and names it', () => {
      const reading = readCertificateRequest(toRequestPem(aCertificateRequest({ version: 1n })));
      expect(reading).toMatchObject({ ok: true, request: { ignored: ['subject', 'version'] } });
    });

    it('ignores other attributes and extensions, and names them', () => {
      const challenge = sequence(objectIdentifier('1.2.840.113549.1.9.7'), set(utf8('secret')));
      const extensions = anExtensionRequest(extension('1.2.3.4', nullValue));

      const reading = readCertificateRequest(
        toRequestPem(aCertificateRequest({ attributes: [challenge, extensions] })),
      );

      expect(reading.ok && reading.request.ignored).toEqual(['subject', 'challengePassword', '1.2.3.4']);
    });

    it('shows a hostile subject as safe text', () => {
      const subject = commonName('a\u202eb\r\nc,d');
      const reading = readCertificateRequest(toRequestPem(aCertificateRequest({ subject })));
      expect(reading.ok && reading.request.requestedSubject).toBe('CN=a\\e2\\80\\aeb\\0d\\0ac\\,d');
    });

    it('reads a subject in each string type', () => {
      const subject = name(
        ['2.5.4.6', printable('NL')],
        ['2.5.4.10', der(0x1e, Buffer.from('Zürich', 'utf16le').swap16())],
        ['1.2.3.4', octets(Buffer.of(1))],
        ['2.5.4.3', der(0x14, Buffer.from('alice'))],
      );
      const reading = readCertificateRequest(toRequestPem(aCertificateRequest({ subject })));
      expect(reading.ok && reading.request.requestedSubject).toBe('CN=alice,1.2.3.4=#040101,O=Zürich,C=NL');
    });

    it('leaves an empty subject out', () => {
      const reading = readCertificateRequest(toRequestPem(aCertificateRequest({ subject: name() })));
      expect(reading.ok && 'requestedSubject' in reading.request).toBe(false);
      expect(reading.ok && reading.request.ignored).toEqual([]);
    });

    it.each([
      ['bad UTF-8', name(['2.5.4.3', der(0x0c, Buffer.of(0xc3, 0x28))])],
      ['an @ in a PrintableString', name(['2.5.4.3', printable('a@b')])],
      [
        'a SET out of order',
        sequence(
          set(sequence(objectIdentifier('2.5.4.10'), utf8('z')), sequence(objectIdentifier('2.5.4.3'), utf8('a'))),
        ),
      ],
    ])('ignores a subject with %s like any other', (_, subject) => {
      const reading = readCertificateRequest(toRequestPem(aCertificateRequest({ subject })));
      expect(reading).toMatchObject({ ok: true, request: { ignored: ['subject'] } });
    });
  });

  it('reports everything that is wrong at once', () => {
    const keys = anRsaKeyPair('weak', 1024, 3);
    const request = aCertificateRequest({
      spki: keys.spki,
      signWith: keys.privateKey,
      hash: 'sha1',
      algorithm: algorithm('1.2.840.113549.1.1.5'),
    });

    expect(codesOfDer(request)).toEqual(['keySize', 'keyExponent', 'signatureAlgorithm']);
  });
});
