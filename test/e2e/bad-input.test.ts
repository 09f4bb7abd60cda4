/**
 * Everything that should not come in, at every route that takes a body: refused as a problem, nothing stored, in the
 * audit.
 */
import { aCertificateRequest, anExtensionRequest, toRequestPem } from '../support/builders/a-certificate-request.ts';
import { anEcKeyPair, anRsaKeyPair, anRsaKeyPairOf } from '../support/builders/a-key-pair.ts';
import { aRocaPrime } from '../support/builders/a-weak-prime.ts';
import {
  algorithm,
  bits,
  commonName,
  extension,
  integer,
  objectIdentifier,
  sequence,
} from '../support/builders/der.ts';
import { sendRaw } from '../support/runtime/send-raw.ts';
import { type RunningTestStack, type StackAnswer, startStack } from '../support/stack.ts';
import { api, hostileBodies, thumbprint, unsignedToken } from './support/hostile-requests.ts';
import { aKeyAndRequest, createRoot, expectStatus, issue, type JsonObject, testSpeed } from './support/line.ts';
import { readTable } from './support/read-tables.ts';

jest.setTimeout(600_000);

/** The tables that a change leaves its mark in. */
const tablesOfChanges = [
  ...['ApiKeys', 'Gateways', 'GatewayRoots', 'Roots', 'Owners', 'Operations', 'Claims', 'Revocations'],
  ...[
    'ClientCertificates',
    'CertificatesByCn',
    'CertificatesByThumbprint',
    'CertificatesByOwner',
    'Expiries',
    'Outbox',
  ],
];

let stack: RunningTestStack;
let before: string;
/** Ids of the requests that were refused, for the look at the audit. */
const refused: string[] = [];

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed, noise: 0 });
  await createRoot(stack, 'root-1');
  await issue(stack, { rootId: 'root-1' });
  for (const role of ['reader', 'requester', 'operator']) {
    const hash = await crypto.subtle.digest('SHA-256', Buffer.from(keyOf(role)));
    const keyHash = Buffer.from(hash).toString('hex');
    expectStatus(await stack.api('PUT', `/api/api-keys/${role}`, { role, keyHash }), 200);
  }
  await stack.advance('PT2M');
  before = await stored();
});

afterAll(async () => {
  await stack.stop();
});

afterEach(async () => {
  expect(await stored()).toBe(before);
});

function keyOf(role: string): string {
  return `key-of-the-${role}-for-this-test-alone`;
}

async function stored(): Promise<string> {
  const rows = await Promise.all(
    tablesOfChanges.map(async (table) =>
      // Events are delivered, and days of the audit sealed, by timers beside the requests: of events their being there
      // counts.
      (await readTable(stack, table))
        .filter(({ rowKey }) => !String(rowKey).includes('audit-sealed'))
        .map(({ rowKey, etag }) => [table, rowKey, table === 'Outbox' ? '' : etag]),
    ),
  );
  return JSON.stringify(rows);
}

interface ProblemBody {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly {
    readonly path: string;
    readonly code: string;
    readonly message: string;
    readonly fix: string;
  }[];
}

/** The problem that a route answered; whatever it is, it tells nothing of the inside. */
function problemOf(answer: StackAnswer): ProblemBody {
  const problem = answer.body as ProblemBody;
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(problem.status).toBe(answer.status);
  expect(JSON.stringify(problem)).not.toMatch(/\bat \S+ \(|node_modules|main\.cjs|ZodError|RestError/);
  refused.push(problem.instance.replace('urn:gatehouse:request:', ''));
  return problem;
}

function pathsOf({ errors = [] }: ProblemBody): readonly string[] {
  expect(errors.every(({ code, message, fix }) => code !== '' && message !== '' && fix !== '')).toBe(true);
  return errors.map(({ path }) => path);
}

describe.each(api)('%s %s', (method, path) => {
  it.each(hostileBodies)('refuses %s', async (_what, body, status) => {
    const problem = problemOf(await stack.api(method, path, body));

    expect(problem.status).toBe(status);
    if (status === 400) expect(pathsOf(problem).length).toBeGreaterThan(0);
  });

  it.each([
    ['another media type', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['UTF-16', { 'content-type': 'application/json; charset=utf-16' }],
    ['UTF-7', { 'content-type': 'application/json; charset=utf-7' }],
    ['a compressed body', { 'content-encoding': 'gzip' }],
  ])('refuses %s', async (_what, headers: Record<string, string>) => {
    expect(problemOf(await stack.api(method, path, '{}', headers)).status).toBe(415);
  });

  it.each([
    ['no key', { 'x-api-key': '' }],
    ['a wrong key', { 'x-api-key': 'x'.repeat(43) }],
    ['an unsigned token', { 'x-api-key': '', authorization: `Bearer ${unsignedToken()}` }],
    ['a forged principal', { 'x-api-key': '', 'x-ms-client-principal': 'e30=', 'x-ms-client-principal-id': 'admin' }],
  ])('answers 401 to %s, before it looks at the body', async (_what, headers: Record<string, string>) => {
    const answer = await stack.api(method, path, '{"id":', headers);

    expect(problemOf(answer)).toMatchObject({ status: 401, code: 'ERR_CALLER_UNKNOWN' });
    expect(answer.headers.get('www-authenticate')).toContain('ApiKey');
  });

  it('refuses an idempotency key that is none', async () => {
    const problem = problemOf(await stack.api(method, path, '{}', { 'idempotency-key': 'x'.repeat(256) }));

    expect(pathsOf(problem)).toContain('/headers/idempotency-key');
  });

  it('refuses a query that it does not have, and one that is too long', async () => {
    expect(pathsOf(problemOf(await stack.api(method, `${path}?tenant=a&tenant=b`, '{}')))).toContain('/query/tenant');
    expect(pathsOf(problemOf(await stack.api(method, `${path}?q=${'a'.repeat(4096)}`, '{}')))).toContain('/query');
  });
});

describe('bodies without a length', () => {
  it('refuses one that the host did not hand over, and takes none at all for an empty one', async () => {
    const request = (...rest: readonly string[]): Promise<string> =>
      sendRaw(stack.info.app.url, [
        'PUT /api/owners/ann HTTP/1.1',
        ...['host: x', `x-api-key: ${stack.info.app.apiKey}`, 'content-type: application/json', 'connection: close'],
        ...rest,
      ]);

    const chunked = await request('transfer-encoding: chunked', '', '1d', '{"email":"other@example.com"}', '0', '', '');
    const bodiless = await request('', '');

    expect(chunked).toMatch(/^HTTP\/1\.1 411 .*"code":"ERR_LENGTH_REQUIRED"/s);
    expect(bodiless).toMatch(/^HTTP\/1\.1 400 .*"path":"\/email"/s);
    expect(bodiless).not.toContain('ERR_LENGTH_REQUIRED');
  });
});

describe('roles', () => {
  it.each([
    ['reader', 'POST', '/api/gateways', {}],
    ['reader', 'POST', '/api/certificates', {}],
    ['reader', 'PUT', '/api/owners/ann', {}],
    ['requester', 'POST', '/api/roots', {}],
    ['requester', 'POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'left' }],
    ['requester', 'PUT', '/api/gateways/gw/roots/root-1', {}],
    ['operator', 'POST', '/api/roots', {}],
    ['operator', 'PUT', '/api/api-keys/mine', {}],
    ['operator', 'DELETE', '/api/gateways/gw', undefined],
    ['reader', 'GET', '/api/audit', undefined],
  ])('keeps a %s from %s %s', async (role, method, path, body) => {
    const problem = problemOf(await stack.api(method, path, body, { 'x-api-key': keyOf(role) }));

    expect(problem).toMatchObject({ status: 403, code: 'ERR_CALLER_NOT_ALLOWED' });
  });

  it.each([
    ['POST', '/admin/functions/sweep'],
    ['GET', '/admin/functions'],
    ['GET', '/admin/host/keys'],
    ['GET', '/runtime/webhooks/durabletask/instances'],
    ['POST', '/runtime/webhooks/durabletask/orchestrators/buildGateway'],
    ['POST', '/runtime/webhooks/durabletask/instances/op-1/terminate'],
    ['POST', '/runtime/webhooks/eventgrid?functionName=onGatewayChanged'],
  ])('keeps everybody without a key of the host from %s %s', async (method, path) => {
    const answer = await stack.api(method, path, method === 'POST' ? {} : undefined);

    expect(answer.status).toBe(401);
  });
});

describe('methods and origins', () => {
  it('takes no method by header, answers no other method, and lets no origin in', async () => {
    const overridden = await stack.api('GET', '/api/owners/nobody', undefined, { 'x-http-method-override': 'PUT' });
    const options = await stack.api('OPTIONS', '/api/roots', undefined, { origin: 'https://evil.example' });
    const deleted = await stack.api('DELETE', '/api/roots');
    const crossed = await stack.api('GET', '/api/health', undefined, { origin: 'null' });

    expect(overridden.status).toBe(404);
    expect(options).toMatchObject({ status: 405, body: { code: 'ERR_METHOD_NOT_ALLOWED' } });
    expect(deleted).toMatchObject({ status: 405, body: { code: 'ERR_METHOD_NOT_ALLOWED' } });
    expect(deleted.headers.get('allow')).toBe('GET, POST');
    for (const answer of [options, crossed]) expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('paths', () => {
  it('says in words that there is no such route, and leaves the paths of the host alone', async () => {
    const unknown = await stack.api('GET', '/api/gatewayz/one');
    const root = await stack.api('POST', '/api');
    const outside = await stack.api('GET', '/admin/nothing');

    for (const answer of [unknown, root]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'ERR_NOT_FOUND' } });
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    expect([401, 404]).toContain(outside.status);
    expect(outside.body).toBe('');
  });
});

describe('src/functions/certificates/certificates, requests', () => {
  const good = aCertificateRequest();
  const stranger = anRsaKeyPair('stranger');
  const ofKey = (keys: { readonly spki: Uint8Array; readonly privateKey: typeof stranger.privateKey }): Buffer =>
    aCertificateRequest({ spki: keys.spki, signWith: keys.privateKey });
  const rsaSha256 = Buffer.from(algorithm('1.2.840.113549.1.1.11'));

  it.each<[string, string]>([
    ['no text', ' '],
    ['no base64', '{}'],
    ['no request', sequence(integer(1n)).toString('base64')],
    ['a request cut off', good.subarray(0, 200).toString('base64')],
    ['bytes after it', Buffer.concat([good, Buffer.of(0)]).toString('base64')],
    ['indefinite length', Buffer.concat([Buffer.of(0x30, 0x80), good.subarray(4), Buffer.of(0, 0)]).toString('base64')],
    ['a length of 2^31', Buffer.concat([Buffer.of(0x30, 0x84, 0x80, 0, 0, 0), good]).toString('base64')],
    ['a private key', anRsaKeyPair().privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['a signature of zeros', toRequestPem(aCertificateRequest({ signature: Buffer.alloc(256) }))],
    ['the signature of another key', toRequestPem(aCertificateRequest({ signWith: stranger.privateKey }))],
    ['SHA-1', toRequestPem(aCertificateRequest({ hash: 'sha1', algorithm: algorithm('1.2.840.113549.1.1.5') }))],
    ['MD5', toRequestPem(aCertificateRequest({ hash: 'md5', algorithm: algorithm('1.2.840.113549.1.1.4') }))],
    ['PSS', toRequestPem(aCertificateRequest({ algorithm: algorithm('1.2.840.113549.1.1.10') }))],
    ['an unknown algorithm', toRequestPem(aCertificateRequest({ algorithm: algorithm('1.2.3.4') }))],
    ['RSA with 1024 bits', toRequestPem(ofKey(anRsaKeyPair('small', 1024)))],
    ['an exponent of 3', toRequestPem(ofKey(anRsaKeyPair('three', 2048, 3)))],
    ['a ROCA key', toRequestPem(ofKey(anRsaKeyPairOf(aRocaPrime(1024), aRocaPrime(1024))))],
    ['an elliptic curve', toRequestPem(ofKey(anEcKeyPair()))],
    [
      'Ed25519',
      toRequestPem(
        aCertificateRequest({ spki: sequence(sequence(objectIdentifier('1.3.101.112')), bits(Buffer.alloc(32, 1))) }),
      ),
    ],
    ['an algorithm in place of the key', toRequestPem(aCertificateRequest({ spki: rsaSha256 }))],
  ])('refuses %s', async (_what, csr) => {
    const problem = problemOf(await stack.api('POST', '/api/certificates', { rootId: 'root-1', owner: 'ann', csr }));

    expect(problem.status).toBe(400);
    expect(new Set(pathsOf(problem))).toEqual(new Set(['/csr']));
  });

  it.each([
    ...[
      '',
      'a'.repeat(65),
      'a'.repeat(900_000),
      '*',
      '*.corp',
      'a\u0000b',
      'a\r\nSet-Cookie: x',
      'a\tb',
      ' ann',
      '   ',
    ],
    ...[
      'ann\u202egpj',
      'an\u200bn',
      '\u{1f600}',
      'e\u0301',
      '\u0430dmin',
      '../up',
      '..\\up',
      '%2e%2e%2f',
      'a/b',
      'a\\b',
    ],
    ...['a#b', 'a?b', "' or PartitionKey ne '", "''", "') or (1 eq 1", '<script>', '"><img onerror>', '=cmd|calc'],
    ...['+1', '@SUM(1)', '-2+3', '\u001b[31m', '{{7*7}}', '","level":"stub'],
  ])('refuses the common name %j', async (name) => {
    const order = { rootId: 'root-1', owner: 'ann', csr: aKeyAndRequest().csrPem, commonName: name };

    const problem = problemOf(await stack.api('POST', '/api/certificates', order));

    expect(problem.status).toBe(400);
    expect(new Set(pathsOf(problem))).toEqual(new Set(['/commonName']));
    expect(JSON.stringify(problem).length).toBeLessThan(10_000);
  });

  it.each([0, -1, 1.5, 3651, 1e308, '1 year', null, true])('refuses %j days', async (validityDays) => {
    const order = { rootId: 'root-1', owner: 'ann', csr: aKeyAndRequest().csrPem, validityDays };

    const problem = problemOf(await stack.api('POST', '/api/certificates', order));

    expect(new Set(pathsOf(problem))).toEqual(new Set(['/validityDays']));
  });

  it('names every field that is not the caller’s to set, and everything else that is wrong, in one answer', async () => {
    const forged: JsonObject = { serialNumber: '01', issuer: 'CN=me', keyUsage: [], status: 'issued', tenant: 'other' };
    const order = { rootId: 'No Slug', owner: 5, validityDays: 0, ...forged };

    const problem = problemOf(await stack.api('POST', '/api/certificates', order));

    expect([...pathsOf(problem)].toSorted()).toEqual(
      ['/rootId', '/owner', '/csr', '/validityDays', ...Object.keys(forged).map((name) => `/${name}`)].toSorted(),
    );
  });

  it('refuses a root that is not there by name', async () => {
    const order = { rootId: 'nowhere', owner: 'ann', csr: aKeyAndRequest().csrPem };

    expect(problemOf(await stack.api('POST', '/api/certificates', order))).toMatchObject({
      errors: [{ path: '/rootId', code: 'rootUnknown' }],
    });
  });
});

describe('names in paths and queries', () => {
  it.each([
    ...['x', '0x00', `-${'0'.repeat(39)}`, 'g'.repeat(40), '0'.repeat(41), '0'.repeat(32), '%zz', '%2e%2e%2fgateways'],
    ...["'%20or%20PartitionKey%20ne%20'", '%F0%9F%98%80'],
  ])('refuses the thumbprint %s', async (text) => {
    const problem = problemOf(await stack.api('POST', `/api/certificates/${text}/revoke`, { reason: 'left' }));

    expect([400, 404]).toContain(problem.status);
  });

  it('answers 404 for a well-formed thumbprint of nobody’s', async () => {
    const answer = await stack.api('POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'left' });

    expect(problemOf(answer).status).toBe(404);
  });

  it.each([
    '..%2f',
    "a'b",
    'UPPER',
    'a%20b',
    'a%0d%0aSet-Cookie:%20x',
    'a'.repeat(64),
    '%3Cscript%3E',
    'a%5Cb',
    'a%23b',
  ])('refuses the id %s', async (id) => {
    const problem = problemOf(await stack.api('PUT', `/api/owners/${id}`, { email: 'ann@example.com' }));

    expect([400, 404]).toContain(problem.status);
  });

  it.each([
    "owner=' or PartitionKey ne '",
    'rootId=root-1&top=0',
    'rootId=root-1&top=-1',
    'rootId=root-1&top=1000000000',
    'rootId=root-1&continuation=forged',
    "rootId=root-1&continuation=' or 1 eq 1",
    'rootId=root-1&expiresBefore=never',
    'rootId=root-1&state=any',
    'name=',
    'serialNumber=number',
    'thumbprint=none',
  ])('refuses the query %j', async (query) => {
    const answer = await stack.api('GET', `/api/certificates?${encodeURI(query)}`);

    expect(problemOf(answer).status).toBe(400);
    refused.pop();
  });
});

describe('the audit of what was refused', () => {
  it('has the outcome of every refusal above', async () => {
    const rows = await readTable(stack, 'Audit');

    const known = new Set(rows.filter(({ phase }) => phase === 'outcome').map(({ requestId }) => requestId));
    expect(refused.length).toBeGreaterThan(200);
    expect(refused.filter((id) => !known.has(id))).toEqual([]);
  });
});

describe('src/pki, what a request asks for beyond its key', () => {
  it.each([
    ['CA:TRUE', 'basicConstraints', extension('2.5.29.19', sequence(Buffer.of(1, 1, 0xff)), true)],
    ['keyCertSign', 'keyUsage', extension('2.5.29.15', bits(Buffer.of(0x04), 2))],
    ['every purpose', 'extendedKeyUsage', extension('2.5.29.37', sequence(objectIdentifier('2.5.29.37.0')))],
    ['an unknown critical extension', '1.2.3.4', extension('1.2.3.4', Buffer.of(5, 0), true)],
    ['another name', 'subjectAltName', extension('2.5.29.17', sequence(Buffer.from('\u0082\u0005admin', 'latin1')))],
  ])('is left out and named: %s', async (_what, ignored, asked) => {
    const attributes = [anExtensionRequest(asked)];
    const csr = toRequestPem(aCertificateRequest({ subject: commonName('administrator'), attributes }));

    const certificate = await issue(stack, { rootId: 'root-1', owner: 'ann@example.com', csr });

    expect(certificate['ignored']).toEqual(expect.arrayContaining(['subject', ignored]));
    expect(certificate.subject.commonName).toMatch(/^ann\./);
    before = await stored();
  });
});
