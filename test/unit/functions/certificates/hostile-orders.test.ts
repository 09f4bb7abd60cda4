/**
 * Orders of certificates that mean harm, sent through the whole pipeline: each is refused as a problem with nothing
 * signed and nothing stored; and whatever a request asks for beyond its key has no part in the certificate.
 */
import { X509Certificate } from 'node:crypto';
import { certificateRoutes } from '../../../../src/functions/certificates/certificates.ts';
import {
  aCertificateRequest,
  anExtensionRequest,
  type CertificateRequestParts,
  toRequestPem,
} from '../../../support/builders/a-certificate-request.ts';
import { anEcKeyPair, anRsaKeyPair, anRsaKeyPairOf, type KeyPair } from '../../../support/builders/a-key-pair.ts';
import { aPfx } from '../../../support/builders/a-pfx.ts';
import { aRocaPrime, nextPrime } from '../../../support/builders/a-weak-prime.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
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
  printable,
  sequence,
  set,
  utf8,
} from '../../../support/builders/der.ts';
import { given } from '../../../support/given.ts';
import { aRoot, createServicesWorld } from '../../../support/services-world.ts';
import { type ApiAnswer, type ApiRequest, createTestApi } from '../../../support/test-route.ts';

const good = aCertificateRequest();
const csr = toRequestPem(good);
/** Where an order leaves its mark. */
const tablesOfOrders = [
  ...['ClientCertificates', 'CertificatesByCn', 'CertificatesByOwner', 'CertificatesByThumbprint'],
  ...['CertificatesByKey', 'CertificatesByRoot', 'Owners', 'Expiries', 'Outbox', 'Operations', 'Unfinished'],
];

async function open() {
  const world = createServicesWorld();
  await aRoot(world);
  const api = await createTestApi();
  const routes = certificateRoutes(world);
  const ask = (route: string, request: ApiRequest): Promise<ApiAnswer> =>
    api.ask(given(routes.find((one) => one.name === route)), { as: 'operator', ...request });
  return {
    world,
    ask,
    order: (changes: object = {}, request: ApiRequest = {}) =>
      ask('issueCertificate', { body: { rootId: 'root-1', owner: 'kim@contoso.com', csr, ...changes }, ...request }),
    /** Everything that was stored, and how often a key has signed. */
    standing: () => ({
      rows: tablesOfOrders.map((table) => [table, world.tables.rows(table)]),
      signatures: world.rootKeys.calls['sign'] ?? 0,
    }),
  };
}

type Opened = Awaited<ReturnType<typeof open>>;
/** One for all that is refused: it has to stay as it is. */
let untouched: Opened;

beforeAll(async () => {
  untouched = await open();
  await untouched.order();
});

/** Sends a body that has to be refused; answers the problem. */
async function refusalOf(body: unknown): Promise<ApiAnswer> {
  const { ask, standing } = untouched;
  const before = standing();

  const answer = await ask('issueCertificate', { body });

  expect(standing()).toEqual(before);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  return answer;
}

function errorsOf({ json }: ApiAnswer): readonly string[] {
  const errors = (json['errors'] ?? []) as readonly { readonly path: string; readonly code: string }[];
  return errors.map(({ path, code }) => `${path} ${code}`);
}

function pemOf(parts: Partial<CertificateRequestParts>): string {
  return toRequestPem(aCertificateRequest(parts));
}

function ofKey({ spki, privateKey }: KeyPair): string {
  return pemOf({ spki, signWith: privateKey });
}

function ofRsa(modulus: bigint, exponent: bigint, type = '1.2.840.113549.1.1.1'): string {
  return pemOf({ spki: sequence(algorithm(type), bits(sequence(integer(modulus), integer(exponent)))) });
}

function ofType(type: string, key: Uint8Array = Buffer.alloc(32, 1)): string {
  return pemOf({ spki: sequence(sequence(objectIdentifier(type)), bits(key)) });
}

function ofCurve(curve: Uint8Array, point: Uint8Array): string {
  return pemOf({ spki: sequence(sequence(objectIdentifier('1.2.840.10045.2.1'), curve), bits(point)) });
}

function nested(depth: number): Buffer {
  let value: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1) value = sequence(value);
  return value;
}

const p256 = objectIdentifier('1.2.840.10045.3.1.7');
const odd = (1n << 2047n) + 1n;
const prime = BigInt(
  `0x${Buffer.from(given(anRsaKeyPair('prime').privateKey.export({ format: 'jwk' }).p), 'base64url').toString('hex')}`,
);

describe('src/functions/certificates/issue-certificate, sent what is no order', () => {
  it.each([
    ['nothing', undefined, ['/csr missingField', '/owner missingField', '/rootId missingField']],
    ['an empty body', '', ['/csr missingField', '/owner missingField', '/rootId missingField']],
    ['{}', '{}', ['/csr missingField', '/owner missingField', '/rootId missingField']],
    ['an array', '[]', [' wrongType', '/csr missingField']],
    [
      'an order in an array',
      JSON.stringify([{ rootId: 'root-1', owner: 'kim', csr }]),
      [' wrongType', '/csr missingField'],
    ],
    ['nesting 10,000 deep', `{"csr":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, [' tooDeep']],
    ['a field twice', `{"rootId":"root-1","owner":"kim","csr":"x","csr":"y"}`, ['/csr duplicateField']],
    ['__proto__', `{"rootId":"root-1","owner":"kim","__proto__":{"csr":"x"}}`, ['/__proto__ forbiddenField']],
    [
      'constructor',
      `{"constructor":{"prototype":{"csr":"x"}}}`,
      ['/constructor forbiddenField', '/constructor/prototype forbiddenField'],
    ],
  ])('refuses %s', async (_what, body, errors) => {
    const answer = await refusalOf(body);

    expect(answer.status).toBe(400);
    expect([...errorsOf(answer)].toSorted()).toEqual(errors);
  });
});

describe('src/functions/certificates/issue-certificate, sent a request that proves nothing', () => {
  it.each<[string, string, string]>([
    ['no PEM', 'hello', 'notBase64'],
    ['a part of one', good.subarray(0, good.length - 1).toString('base64'), 'notDer'],
    ['a byte after it', Buffer.concat([good, Buffer.of(0)]).toString('base64'), 'notDer'],
    [
      'indefinite length',
      Buffer.concat([Buffer.of(0x30, 0x80), good.subarray(4), Buffer.alloc(2)]).toString('base64'),
      'notDer',
    ],
    ['a length of 2^31', Buffer.concat([Buffer.of(0x30, 0x84, 0x80, 0, 0, 0), good]).toString('base64'), 'notDer'],
    ['nesting 2,500 deep, as far as it fits', nested(2500).toString('base64'), 'notDer'],
    ['nesting 10,000 deep', nested(10_000).toString('base64'), 'tooLong'],
    ['the signature of another key', pemOf({ signWith: anRsaKeyPair('stranger').privateKey }), 'proofOfPossession'],
    ['another key in place of its own', pemOf({ spki: anRsaKeyPair('stranger').spki }), 'proofOfPossession'],
    ['MD5', pemOf({ hash: 'md5', algorithm: algorithm('1.2.840.113549.1.1.4') }), 'signatureAlgorithm'],
    ['SHA-1', pemOf({ hash: 'sha1', algorithm: algorithm('1.2.840.113549.1.1.5') }), 'signatureAlgorithm'],
    ['an unknown algorithm', pemOf({ algorithm: algorithm('1.2.3.4') }), 'signatureAlgorithm'],
    ['a key for PSS alone', ofRsa(odd, 65537n, '1.2.840.113549.1.1.10'), 'keyType'],
    ['512 bits', ofRsa((1n << 511n) + 1n, 65537n), 'keySize'],
    ['1024 bits', ofKey(anRsaKeyPair('small', 1024)), 'keySize'],
    ['2047 bits', ofKey(anRsaKeyPair('short', 2047)), 'keySize'],
    ['16384 bits', ofRsa((1n << 16_383n) + 1n, 65537n), 'keySize'],
    ['an exponent of 1', ofRsa(odd, 1n), 'keyExponent'],
    ['an exponent of 3', ofKey(anRsaKeyPair('three', 2048, 3)), 'keyExponent'],
    ['an even exponent', ofRsa(odd, 65536n), 'keyExponent'],
    ['a huge exponent', ofRsa(odd, (1n << 2000n) + 1n), 'keyExponent'],
    ['an even modulus', ofRsa(1n << 2047n, 65537n), 'keyModulusEven'],
    ['a ROCA key', ofKey(anRsaKeyPairOf(aRocaPrime(1024), aRocaPrime(1024))), 'keyRoca'],
    ['primes beside each other', ofKey(anRsaKeyPairOf(nextPrime(prime), prime)), 'keyClosePrimes'],
    ['P-192', ofCurve(objectIdentifier('1.2.840.10045.3.1.1'), Buffer.alloc(49, 4)), 'keyType'],
    ['secp256k1', ofKey(anEcKeyPair('secp256k1')), 'keyType'],
    ['P-521', ofKey(anEcKeyPair('P-521')), 'keyType'],
    ['the parameters of a curve', ofCurve(sequence(integer(1n)), Buffer.alloc(65, 4)), 'keyType'],
    ['a point off its curve', ofCurve(p256, Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)])), 'keyType'],
    ['the point at infinity', ofCurve(p256, Buffer.of(0)), 'keyType'],
    ['Ed25519', ofType('1.3.101.112'), 'keyType'],
    ['X25519', ofType('1.3.101.110'), 'keyType'],
    ['DSA', ofType('1.2.840.10040.4.1', integer(odd)), 'keyType'],
    ['ML-DSA', ofType('2.16.840.1.101.3.4.3.18', Buffer.alloc(1952, 1)), 'keyType'],
  ])('refuses %s', async (_what, sent, code) => {
    const answer = await refusalOf({ rootId: 'root-1', owner: 'kim@contoso.com', csr: sent });

    expect(answer.status).toBe(400);
    expect(errorsOf(answer)).toContain(`/csr ${code}`);
    expect(errorsOf(answer).every((error) => error.startsWith('/csr '))).toBe(true);
  });

  it('refuses a key that was reported compromised, and one that only its authority may have', async () => {
    const { world, order, ask, standing } = await open();
    const authority = anAuthority();
    world.secrets.set('root-pfx-contoso', aPfx(authority).toString('base64'));
    await world.rootKeyImports.importKey({ id: 'contoso', pfxSecret: 'root-pfx-contoso' });
    const first = await order();
    await ask('revokeCertificate', {
      params: { thumbprint: String(first.json['thumbprint']) },
      body: { reason: 'compromised' },
    });
    const before = standing();

    const ofBlocked = await order({ owner: 'ann@contoso.com' });
    const ofAuthority = await order({ rootId: 'contoso', csr: ofKey(authority.keys) });

    expect(errorsOf(ofBlocked)).toEqual(['/csr keyBlocked']);
    expect(errorsOf(ofAuthority)).toEqual(['/csr keyOfIssuer']);
    expect(standing()).toEqual(before);
  });
});

describe('src/functions/certificates/issue-certificate, asked for more than a key', () => {
  const purposes = (...ids: readonly string[]) => extension('2.5.29.37', sequence(...ids.map(objectIdentifier)));
  const alternatives = (...names: readonly Uint8Array[]) => extension('2.5.29.17', sequence(...names));
  const upn = der(0xa0, objectIdentifier('1.3.6.1.4.1.311.20.2.3'), der(0xa0, utf8('admin@contoso.com')));

  it.each<[string, readonly Uint8Array[]]>([
    ['to be an authority', [extension('2.5.29.19', sequence(boolean(true)), true)]],
    ['to sign certificates', [extension('2.5.29.15', bits(Buffer.of(0x06), 1), true)]],
    ['to be a server and sign code', [purposes('1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.3')]],
    ['any purpose', [purposes('2.5.29.37.0')]],
    ['an unknown critical extension', [extension('1.2.3.4', nullValue, true)]],
    ['name constraints', [extension('2.5.29.30', sequence(), true)]],
    ['an extension twice', [purposes('2.5.29.37.0'), purposes('1.3.6.1.5.5.7.3.1')]],
    ['the address of somebody else', [alternatives(der(0x81, Buffer.from('admin@contoso.com')))]],
    [
      'a host and an address of the network',
      [alternatives(der(0x82, Buffer.from('dc1.corp')), der(0x87, Buffer.of(10, 0, 0, 1)))],
    ],
    ['the sign-in name of somebody else', [alternatives(upn)]],
    ['a URI', [alternatives(der(0x86, Buffer.from('urn:admin')))]],
  ])('certifies the key for a client and nothing more: %s', async (_what, extensions) => {
    const { order } = await open();
    const asked = pemOf({ subject: commonName('administrator'), attributes: [anExtensionRequest(...extensions)] });

    const answer = await order({ csr: asked });

    expect(answer.status).toBe(201);
    const certificate = new X509Certificate(Buffer.from(String(answer.json['certificate'])));
    const { commonName: own } = answer.json['subject'] as { readonly commonName: string };
    expect(own).toMatch(/^kim\.[0-9a-f]{8}@contoso\.com$/);
    expect({
      subject: certificate.subject,
      isAuthority: certificate.ca,
      purposes: certificate.keyUsage,
      alternatives: certificate.subjectAltName,
    }).toEqual({
      subject: `CN=${own}`,
      isAuthority: false,
      purposes: ['1.3.6.1.5.5.7.3.2'],
      alternatives: `email:${own}`,
    });
    expect(answer.json['ignored']).toEqual(expect.arrayContaining(['subject', expect.any(String)]));
  });

  const cn = '2.5.4.3';
  const attribute = (value: Uint8Array) => sequence(objectIdentifier(cn), value);
  it.each<[string, Uint8Array]>([
    ['two names in one part', sequence(set(attribute(utf8('admin')), attribute(utf8('kim'))))],
    ['two names', name([cn, utf8('kim')], [cn, utf8('admin')])],
    ['a number for a name', name([cn, integer(7n)])],
    ['bad UTF-8', name([cn, der(0x0c, Buffer.of(0xc3, 0x28))])],
    ['an @ in a PrintableString', name([cn, printable('admin@contoso.com')])],
    ['a T61String', name([cn, der(0x14, Buffer.from('admin'))])],
    ['NUL and line breaks', commonName('admin\0\r\nx')],
    ['nothing', name()],
  ])('takes no name out of the request: %s', async (_what, subject) => {
    const { order } = await open();

    const answer = await order({ csr: pemOf({ subject }) });

    expect(answer).toMatchObject({ status: 201 });
    const certificate = new X509Certificate(Buffer.from(String(answer.json['certificate'])));
    expect(certificate.subject).toMatch(/^CN=kim\.[0-9a-f]{8}@contoso\.com$/);
  });
});

describe('src/functions/certificates/issue-certificate, asked for what is not the caller’s to say', () => {
  it.each([
    ...['serialNumber', 'issuer', 'extendedKeyUsage', 'keyUsage', 'status', 'state', 'tenant', 'notBefore', 'notAfter'],
    ...['thumbprint', 'requestedBy', 'basicConstraints', 'subject', 'role', 'approvedIn', 'renews', 'keyType'],
  ])('refuses the field %s', async (field) => {
    const answer = await refusalOf({ rootId: 'root-1', owner: 'kim@contoso.com', csr, [field]: '2026-01-01' });

    expect(answer.status).toBe(400);
    expect(errorsOf(answer)).toEqual([`/${field} unknownField`]);
  });

  it.each([
    ...['NaN', 'Infinity', '-Infinity', '0x10', '1e400', '1e308', '-0', '0', '-1', '0.5', '"365"', '"1 year"'],
    ...['3651', '9007199254740993', '[]', '{}', 'null', 'true'],
  ])('refuses %s days', async (days) => {
    const answer = await refusalOf(
      `{"rootId":"root-1","owner":"kim@contoso.com","csr":${JSON.stringify(csr)},"validityDays":${days}}`,
    );

    expect(answer.status).toBe(400);
  });

  it('refuses a name with half a character', async () => {
    const body = `{"rootId":"root-1","owner":"kim","csr":${JSON.stringify(csr)},"commonName":"kim\\ud83d"}`;

    const answer = await refusalOf(body);

    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('\ud83d');
  });
});
