/** The vault's certificates through the real SDK client: issuers Self and Unknown, versions, merge, soft delete. */
import 'reflect-metadata';
import { createHash, createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { rootPolicy, startTestVault, type TestVault } from '../../support/vault-clients.ts';

const signing = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

let vault: TestVault;

beforeAll(async () => {
  vault = await startTestVault();
});

afterAll(async () => {
  await vault.close();
});

beforeEach(() => {
  vault.service().reset();
});

function moveOn(ms: number): void {
  vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + ms);
}

async function createSelf(name: string) {
  const poller = await vault.certificates.beginCreateCertificate(name, rootPolicy('Self'), { intervalInMs: 1 });
  moveOn(15_000);
  return await poller.pollUntilDone();
}

async function createPending(name: string, change: Parameters<typeof rootPolicy>[1] = {}): Promise<Buffer> {
  await vault.certificates.beginCreateCertificate(name, rootPolicy('Unknown', change), { intervalInMs: 1 });
  const poller = await vault.certificates.getCertificateOperation(name);
  return Buffer.from(poller.getOperationState().certificateOperation?.csr ?? []);
}

/** A certificate over the key of a signing request, signed by somebody else. */
async function certify(csr: Buffer, subject = 'CN=Test root'): Promise<Buffer> {
  const request = new x509.Pkcs10CertificateRequest(csr);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pkcs8 = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({
    type: 'pkcs8',
    format: 'der',
  });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '0102',
    subject,
    issuer: 'CN=Somebody else',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2040-01-01T00:00:00Z'),
    publicKey: request.publicKey,
    extensions: [new x509.BasicConstraintsExtension(true)],
    signingKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, signing, false, ['sign']),
    signingAlgorithm: signing,
  });
  return Buffer.from(certificate.rawData);
}

function versionOf(keyId: string | undefined): string {
  return keyId?.split('/').at(-1) ?? '';
}

async function signStatus(name: string, version: string): Promise<number> {
  const value = Buffer.alloc(32, 1).toString('base64url');
  return (await vault.ask('POST', `/keys/${name}/${version}/sign`, { alg: 'RS256', value })).status;
}

describe('sandbox/keyvault certificates', () => {
  it('lets issuer Self make a certificate after a while, with a key of the same name and version', async () => {
    const poller = await vault.certificates.beginCreateCertificate('root', rootPolicy('Self'), { intervalInMs: 1 });
    expect((await vault.ask('GET', '/certificates/root/pending')).json).toMatchObject({ status: 'inProgress' });
    const unissued = (await vault.ask('GET', '/certificates/root/')).json as Record<string, unknown>;
    expect(unissued).toMatchObject({ attributes: { enabled: false } });
    expect(unissued['cer']).toBeUndefined();

    moveOn(15_000);
    const made = await poller.pollUntilDone();

    const certificate = new X509Certificate(Buffer.from(made.cer ?? []));
    expect(certificate.subject).toBe('CN=Test root');
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(made.keyId).toBe(`${vault.service().url}/keys/root/${made.properties.version ?? ''}`);
    expect(Buffer.from(made.properties.x509Thumbprint ?? []).toString('hex')).toBe(
      createHash('sha1').update(certificate.raw).digest('hex'),
    );
    expect(made.policy).toMatchObject({ issuerName: 'Self', reuseKey: true, exportable: false, keySize: 2048 });
    expect(await signStatus('root', versionOf(made.keyId))).toBe(200);
  });

  it('keeps an unknown issuer waiting for a merge, and then has what was merged', async () => {
    const csr = await createPending('root');
    moveOn(24 * 3_600_000);
    const pending = await vault.ask('GET', '/certificates/root/pending');
    expect(pending.json).toMatchObject({ status: 'inProgress', issuer: { name: 'Unknown' } });
    expect(pending.headers['retry-after']).toBe('10');
    const leaf = await certify(csr);

    const merged = await vault.certificates.mergeCertificate('root', [leaf]);

    expect(Buffer.from(merged.cer ?? [])).toEqual(leaf);
    expect(merged.properties.expiresOn).toEqual(new Date('2040-01-01T00:00:00Z'));
    expect(await signStatus('root', versionOf(merged.keyId))).toBe(200);
    expect((await vault.ask('GET', '/certificates/root/pending')).json).toMatchObject({
      status: 'completed',
      target: `${vault.service().url}/certificates/root`,
    });
  });

  it('names no key and no secret of a version that is still to be issued, but its operation', async () => {
    await createPending('root');

    const { json } = await vault.ask('GET', '/certificates/root/');

    const root = `${vault.service().url}/certificates/root`;
    expect(json).toMatchObject({ pending: { id: `${root}/pending` }, policy: { id: `${root}/policy` } });
    expect(Object.keys(json as object).toSorted()).toEqual(['attributes', 'id', 'pending', 'policy']);
  });

  it('gives what is merged a version of its own, and says where it is', async () => {
    const csr = await createPending('root');
    const { id } = (await vault.ask('GET', '/certificates/root/')).json as { readonly id: string };

    const x5c = [(await certify(csr)).toString('base64')];
    const merged = await vault.ask('POST', '/certificates/root/pending/merge', { x5c });

    const body = merged.json as { readonly id: string; readonly kid: string };
    expect(merged.status).toBe(201);
    expect(body.id).not.toBe(id);
    expect(merged.headers['location']).toBe(`${body.id}?api-version=2025-07-01`);
    expect(versionOf(body.kid)).toBe(versionOf(body.id));
    expect((await vault.ask('GET', `/keys/root/${versionOf(id)}`)).status).toBe(404);
    expect(await signStatus('root', versionOf(body.kid))).toBe(200);
  });

  it('shows the policy with the certificate, and with none of its versions', async () => {
    const made = await createSelf('root');

    const latest = (await vault.ask('GET', '/certificates/root/')).json;
    const version = (await vault.ask('GET', `/certificates/root/${made.properties.version ?? ''}`)).json;

    expect(latest).toMatchObject({
      policy: {
        x509_props: { basic_constraints: { ca: false } },
        lifetime_actions: [{ trigger: { lifetime_percentage: 80 }, action: { action_type: 'EmailContacts' } }],
      },
    });
    expect(version).not.toHaveProperty('policy');
    expect(version).toMatchObject({ kid: made.keyId });
  });

  it.each([
    [['digitalSignature'], ['sign', 'verify']],
    [
      ['keyCertSign', 'digitalSignature'],
      ['sign', 'verify'],
    ],
    [['keyEncipherment'], ['wrapKey', 'unwrapKey']],
    [undefined, ['sign', 'verify', 'wrapKey', 'unwrapKey']],
  ] as const)('lets the key of a certificate for %j do %j', async (keyUsage, operations) => {
    const policy = rootPolicy('Self');
    await vault.certificates.beginCreateCertificate(
      'root',
      { ...policy, keyUsage: keyUsage === undefined ? undefined : [...keyUsage] } as typeof policy,
      { intervalInMs: 1 },
    );
    moveOn(15_000);

    expect((await vault.ask('GET', '/keys/root/')).json).toMatchObject({ managed: true, key: { key_ops: operations } });
  });

  it('takes by merge whatever is over its key: a CA, another subject, no usage, other dates', async () => {
    const csr = await createPending('root', { keyUsage: ['digitalSignature'], validityInMonths: 12 });

    const merged = await vault.certificates.mergeCertificate('root', [await certify(csr, 'CN=Somebody else')]);

    expect(merged.properties.expiresOn).toEqual(new Date('2040-01-01T00:00:00Z'));
  });

  it('begins one of several creations at once', async () => {
    const policy = { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=Test' } };

    const answers = await Promise.all([1, 2, 3].map(() => vault.ask('POST', '/certificates/root/create', { policy })));

    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409]);
    expect((await vault.ask('GET', '/keys/root/versions')).json).toMatchObject({ value: [{ managed: true }] });
  });

  it('refuses to sign with the key of a pending certificate, by its version and as the latest', async () => {
    await createPending('root');
    const key = (await vault.ask('GET', '/keys/root/')).json as { key: { kid: string } };

    const value = Buffer.alloc(32, 1).toString('base64url');
    const answer = await vault.ask('POST', `/keys/root/${versionOf(key.key.kid)}/sign`, { alg: 'RS256', value });

    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ error: { code: 'Forbidden', innererror: { code: 'KeyOperationForbidden' } } });
    expect(await signStatus('root', '')).toBe(403);
  });

  it('reuses the key of the version before, which signs while the next is pending', async () => {
    const first = await createSelf('root');
    const csr = await createPending('root');

    expect(await signStatus('root', versionOf(first.keyId))).toBe(200);
    const merged = await vault.certificates.mergeCertificate('root', [await certify(csr)]);

    const keyOf = async (id: string | undefined) =>
      ((await vault.ask('GET', new URL(id ?? '').pathname)).json as { key: { n: string } }).key.n;
    expect(await keyOf(merged.keyId)).toBe(await keyOf(first.keyId));
    expect(merged.properties.version).not.toBe(first.properties.version);
    expect((await vault.certificates.getCertificate('root')).properties.version).toBe(merged.properties.version);
  });

  it('makes a new key for the next version when the policy does not reuse it', async () => {
    const first = await createSelf('root');
    const csr = await createPending('root', { reuseKey: false });

    const before = new X509Certificate(Buffer.from(first.cer ?? [])).publicKey.export({ type: 'spki', format: 'der' });

    expect(csr.includes(before)).toBe(false);
  });

  it('stops a version from signing when its certificate is disabled', async () => {
    const first = await createSelf('root');
    const version = first.properties.version ?? '';

    const updated = await vault.certificates.updateCertificateProperties('root', version, { enabled: false });

    expect(updated.properties.enabled).toBe(false);
    expect(await signStatus('root', version)).toBe(403);
    await vault.certificates.updateCertificateProperties('root', version, { enabled: true });
    expect(await signStatus('root', version)).toBe(200);
  });

  it.each([
    [
      'a certificate of another key',
      async () => [(await certify(await otherRequest())).toString('base64')],
      /does not match the public part/,
    ],
    ['PEM text', () => Promise.resolve(['-----BEGIN CERTIFICATE-----']), /X5C must has at least one valid item/],
    ['base64 of something else', () => Promise.resolve(['AAAA']), /X5C must has at least one valid item/],
    ['nothing', () => Promise.resolve([]), /X5C must has at least one valid item/],
  ])('refuses to merge %s', async (_what, x5c, message) => {
    await createPending('root');

    const answer = await vault.ask('POST', '/certificates/root/pending/merge', { x5c: await x5c() });

    expect(answer.status).toBe(400);
    expect((answer.json as { error: { message: string } }).error.message).toMatch(message);
  });

  it('refuses a merge where none is waited for', async () => {
    const x5c = [(await certify(await otherRequest())).toString('base64')];
    await vault.certificates.beginCreateCertificate('by-self', rootPolicy('Self'), { intervalInMs: 1 });

    expect((await vault.ask('POST', '/certificates/by-self/pending/merge', { x5c })).status).toBe(403);
    const missing = await vault.ask('POST', '/certificates/nothing/pending/merge', { x5c });
    expect(missing.status).toBe(404);
    expect(missing.json).toMatchObject({ error: { code: 'PendingCertificateNotFound' } });
  });

  it('refuses a second creation while one is in progress', async () => {
    await createPending('root');

    await expect(createPending('root')).rejects.toMatchObject({ statusCode: 409, code: 'Forbidden' });
  });

  it('forgets a pending certificate and its key when it is deleted', async () => {
    const first = await createSelf('root');
    await createPending('root');

    await vault.certificates.deleteCertificateOperation('root');

    expect((await vault.ask('GET', '/certificates/root/pending')).json).toMatchObject({
      error: { code: 'PendingCertificateNotFound' },
    });
    const latest = (await vault.ask('GET', '/keys/root/')).json as { key: { kid: string } };
    expect(latest.key.kid).toBe(first.keyId);
  });

  it('cancels a pending certificate some time after it was asked to, and then takes a new one', async () => {
    await createPending('root');

    const asked = await vault.ask('PATCH', '/certificates/root/pending', { cancellation_requested: true });
    expect(asked.json).toMatchObject({ status: 'inProgress', cancellation_requested: true });
    moveOn(5000);

    expect((await vault.ask('GET', '/certificates/root/pending')).json).toMatchObject({ status: 'cancelled' });
    const again = await vault.ask('PATCH', '/certificates/root/pending', { cancellation_requested: true });
    expect(again.status).toBe(400);
    await createPending('root');
  });

  it('knows a pending certificate by its request id only', async () => {
    await createPending('root');
    const pending = (await vault.ask('GET', '/certificates/root/pending')).json as { request_id: string };
    const path = `/certificates/root/pending?api-version=2025-07-01&request_id=`;

    expect((await vault.ask('GET', `${path}${pending.request_id}`)).status).toBe(200);
    expect((await vault.ask('GET', `${path}${'0'.repeat(32)}`)).status).toBe(404);
  });

  it('answers a creation with 202 and where to look', async () => {
    const policy = { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=Test' } };

    const answer = await vault.ask('POST', '/certificates/root/create', { policy });

    expect(answer.status).toBe(202);
    expect(answer.headers['retry-after']).toBe('10');
    expect(answer.headers['location']).toMatch(
      /\/certificates\/root\/pending\?api-version=2025-07-01&request_id=[0-9a-f]{32}$/,
    );
  });

  it.each([
    ['no policy', {}, 400],
    ['an unknown issuer', { policy: { issuer: { name: 'DigiCert' }, x509_props: { subject: 'CN=x' } } }, 404],
    ['a subject that is no name', { policy: { issuer: { name: 'Self' }, x509_props: { subject: 'just words' } } }, 400],
    ['no subject at all', { policy: { issuer: { name: 'Self' } } }, 400],
    [
      'a small key',
      { policy: { issuer: { name: 'Self' }, key_props: { key_size: 1024 }, x509_props: { subject: 'CN=x' } } },
      400,
    ],
  ])('refuses to create with %s', async (_what, body, status) => {
    expect((await vault.ask('POST', '/certificates/bad/create', body)).status).toBe(status);
  });

  it('lists versions and names', async () => {
    await createSelf('one');
    await createSelf('one');
    await createSelf('two');
    await createPending('three');

    const names = [];
    for await (const { name } of vault.certificates.listPropertiesOfCertificates()) names.push(name);
    const versions = [];
    for await (const { version } of vault.certificates.listPropertiesOfCertificateVersions('one')) {
      versions.push(version);
    }

    expect(names.toSorted()).toEqual(['one', 'two']);
    expect(versions).toHaveLength(2);
  });

  it('deletes a certificate softly, its key with it, and brings both back', async () => {
    const made = await createSelf('root');
    const poller = await vault.certificates.beginDeleteCertificate('root', { intervalInMs: 1 });
    moveOn(5000);
    expect((await poller.pollUntilDone()).recoveryId).toContain('/deletedcertificates/root');
    expect(await signStatus('root', versionOf(made.keyId))).toBe(404);
    await expect(createPending('root')).rejects.toMatchObject({ statusCode: 409 });

    const recovery = await vault.certificates.beginRecoverDeletedCertificate('root', { intervalInMs: 1 });
    moveOn(10_000);
    await recovery.pollUntilDone();
    expect(await signStatus('root', versionOf(made.keyId))).toBe(200);

    await vault.certificates.beginDeleteCertificate('root');
    moveOn(5000);
    await vault.certificates.purgeDeletedCertificate('root');
    expect((await vault.ask('GET', '/keys/root/')).status).toBe(404);
    expect((await createSelf('root')).name).toBe('root');
  });

  it('leaves a key that belongs to a certificate to the certificate', async () => {
    const made = await createSelf('root');

    expect((await vault.ask('POST', '/keys/root/create', { kty: 'RSA' })).status).toBe(409);
    expect((await vault.ask('DELETE', '/keys/root')).status).toBe(403);
    const path = `/keys/root/${versionOf(made.keyId)}`;
    expect((await vault.ask('PATCH', path, { attributes: { enabled: false } })).status).toBe(403);
    expect((await vault.ask('GET', path)).json).toMatchObject({ managed: true });
  });

  it('completes after a restart what was pending before it', async () => {
    await vault.certificates.beginCreateCertificate('root', rootPolicy('Self'), { intervalInMs: 1 });

    await vault.restart();
    moveOn(15_000);

    const made = (await vault.ask('GET', '/certificates/root/')).json as Record<string, unknown>;
    expect(made['cer']).toBeDefined();
  });
});

async function otherRequest(): Promise<Buffer> {
  return await createPending('some-other');
}
