/**
 * The port of root keys on the local vault: the two-step root, races on it, and what becomes of refusals and faults.
 */
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { createRootKeyVault } from '../../../src/azure/root-key-vault.ts';
import { parseSerialNumber } from '../../../src/domain/serial-number.ts';
import { assembleCertificate } from '../../../src/pki/assemble-certificate.ts';
import { buildRootTbs } from '../../../src/pki/build-root-certificate.ts';
import type { KeyAnswer, RootKeyPolicy, RootKeys, RootKeyVersion } from '../../../src/ports/root-keys.ts';
import { aPfx } from '../../support/builders/a-pfx.ts';
import { anAuthority } from '../../support/builders/an-authority.ts';
import { given } from '../../support/given.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { rootPolicy, startTestVault, type TestVault } from '../../support/vault-clients.ts';

// Key Vault's back-off takes seconds, and a busy machine is slower still.

const policy: RootKeyPolicy = { commonName: 'Test root', keySizeBits: 2048, hsm: false, validityMonths: 24 };
const text = Buffer.from('what is to be signed');
const digest = createHash('sha256').update(text).digest();

let vault: TestVault;
let rootKeys: RootKeys;
/** Every request that went out, as `METHOD path`. */
let sent: string[];

const counting: PipelinePolicy = {
  name: 'counting',
  sendRequest: async (request, next) => {
    sent.push(`${request.method} ${new URL(request.url).pathname}`);
    return next(request);
  },
};

beforeAll(async () => {
  // Issuer Self takes milliseconds.
  vault = await startTestVault({ speed: 1000 });
  const { tlsOptions } = vault.clientOptions;
  rootKeys = createRootKeyVault({
    vaultUrl: vault.service().url,
    credential: vault.credential,
    log: createRecordingLog().log,
    clientOptions: {
      ...(tlsOptions === undefined ? {} : { tlsOptions }),
      additionalPolicies: [{ policy: counting, position: 'perRetry' }],
    },
  });
});

afterAll(async () => {
  await vault.close();
});

beforeEach(() => {
  vault.service().reset();
  sent = [];
});

function done<T>(answer: KeyAnswer<T>): T {
  if (answer.outcome !== 'done') throw new Error(JSON.stringify(answer));
  return answer.value;
}

/** A root over the key of a version, signed by that version. */
async function signedRoot(first: RootKeyVersion): Promise<Uint8Array> {
  const now = vault.test.host.clock.nowMs();
  const { tbs } = buildRootTbs({
    subject: { commonName: 'Test root' },
    publicKeySpki: new X509Certificate(Buffer.from(first.certificateDer)).publicKey.export({
      type: 'spki',
      format: 'der',
    }),
    serialNumber: given(parseSerialNumber('01'.repeat(16))),
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + 365 * 86_400_000),
  });
  const signature = done(await rootKeys.sign(first.keyId, createHash('sha256').update(tbs).digest()));
  return assembleCertificate(tbs, signature);
}

describe('src/azure/root-key-vault', () => {
  it('makes a root in two steps on one key, and signs with what was installed', async () => {
    const first = done(await rootKeys.ensureSelfSigned('root', policy));
    const certificate = await signedRoot(first);
    const installed = done(await rootKeys.install('root', policy, certificate));
    done(await rootKeys.disableVersion(first.certificateId));

    expect(installed.keyId).not.toBe(first.keyId);
    expect(Buffer.from(installed.certificateDer)).toEqual(Buffer.from(certificate));
    expect(done(await rootKeys.install('root', policy, certificate))).toEqual(installed);
    const signature = done(await rootKeys.sign(installed.keyId, digest));
    const key = createPublicKey(
      new X509Certificate(Buffer.from(certificate)).publicKey.export({ type: 'spki', format: 'pem' }),
    );
    expect(verify('sha256', text, key, signature)).toBe(true);
    expect(await rootKeys.sign(first.keyId, digest)).toMatchObject({ outcome: 'refused', code: 'Forbidden' });
  });

  it('imports a key so that it cannot be exported, once, and brings it back after it was deleted', async () => {
    const authority = anAuthority();
    const file = aPfx(authority, { password: 'typed' });

    const imported = done(await rootKeys.importPfx('imported-ca', file, 'typed'));

    expect(Buffer.from(imported.certificateDer).equals(authority.der)).toBe(true);
    expect(await vault.certificates.getCertificate('imported-ca')).toMatchObject({ policy: { exportable: false } });
    expect(verify('sha256', text, authority.keys.publicKey, done(await rootKeys.sign(imported.keyId, digest)))).toBe(
      true,
    );
    expect(done(await rootKeys.importPfx('imported-ca', file, 'typed'))).toEqual(imported);
    expect(await rootKeys.remove('imported-ca')).toEqual({ outcome: 'done', value: undefined });
    expect(done(await rootKeys.importPfx('imported-ca', file, 'typed'))).toEqual(imported);
    expect(sent.filter((request) => request === 'POST /certificates/imported-ca/import').length).toBeGreaterThan(1);
    expect((await vault.ask('GET', '/certificates/imported-ca/versions')).json).toMatchObject({ value: { length: 1 } });
  });

  it('answers what Key Vault says against a file, and removes what is not there', async () => {
    expect(await rootKeys.importPfx('imported-ca', aPfx(anAuthority(), { password: 'typed' }), '')).toMatchObject({
      outcome: 'refused',
      code: 'BadParameter',
    });
    expect(await rootKeys.remove('imported-ca')).toEqual({ outcome: 'done', value: undefined });
  });

  it('ends with one root when several make it at once: who is not first is told to come back', async () => {
    const firsts = await Promise.all([1, 2, 3].map(() => rootKeys.ensureSelfSigned('root', policy)));
    const [first] = firsts.map(done);
    expect(new Set(firsts.map((answer) => done(answer).keyId)).size).toBe(1);

    const certificate = await signedRoot(given(first));
    const installs = await Promise.all([1, 2, 3].map(() => rootKeys.install('root', policy, certificate)));
    const installed = done(await rootKeys.install('root', policy, certificate));

    for (const answer of installs) {
      expect(['busy', installed.keyId]).toContain(answer.outcome === 'done' ? answer.value.keyId : answer.outcome);
    }
    const { json } = await vault.ask('GET', '/certificates/root/versions');
    expect((json as { readonly value: readonly unknown[] }).value).toHaveLength(2);
  });

  it.each([
    ['begins another', { method: 'POST', path: '/certificates/root/create' }, 409, 'Forbidden'],
    [
      'has taken it away',
      { method: 'POST', path: '/certificates/root/pending/merge' },
      404,
      'PendingCertificateNotFound',
    ],
    ['has merged it', { method: 'POST', path: '/certificates/root/pending/merge' }, 409, 'Forbidden'],
  ])('is busy while somebody %s', async (_what, match, status, code) => {
    const certificate = await signedRoot(done(await rootKeys.ensureSelfSigned('root', policy)));
    vault.test.host.faults.add({ service: 'keyvault', ...match, times: 1, then: { status, code } });

    expect(await rootKeys.install('root', policy, certificate)).toMatchObject({ outcome: 'busy' });
    expect(await rootKeys.install('root', policy, certificate)).toMatchObject({ outcome: 'done' });
  });

  it('refuses in words what the client will not ask for: a key that may not sign', async () => {
    const forServers = rootPolicy('Self', { keyUsage: ['keyEncipherment'] });
    await vault.certificates.beginCreateCertificate('server', forServers, { intervalInMs: 1 });
    vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + 15_000);
    const { keyId = '' } = await vault.certificates.getCertificate('server');

    expect(await rootKeys.sign(keyId, digest)).toMatchObject({
      outcome: 'refused',
      code: 'KeyOperationNotSupported',
      message: expect.stringContaining('sign is not supported') as string,
    });
    expect(sent.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it.each([
    ['has expired', { expiresOn: new Date('2001-01-01') }, 'KeyExpired'],
    ['is not valid yet, or our clock is late', { notBefore: new Date('2037-01-01') }, 'KeyNotYetValid'],
  ])('refuses in words what the client will not ask for: a key that %s', async (_what, dates, code) => {
    const { id = '' } = await vault.keys.createKey('dated', 'RSA', dates);

    expect(await rootKeys.sign(id, digest)).toMatchObject({ outcome: 'refused', code, isOurs: true });
  });

  it('reads a key anew that the client has refused', async () => {
    const { id = '', properties } = await vault.keys.createKey('dated', 'RSA', { notBefore: new Date('2037-01-01') });
    expect(await rootKeys.sign(id, digest)).toMatchObject({ outcome: 'refused' });
    await vault.keys.updateKeyProperties('dated', properties.version ?? '', { notBefore: new Date('2001-01-01') });

    expect(await rootKeys.sign(id, digest)).toMatchObject({ outcome: 'done' });
  });

  it.each([
    [403, 'Forbidden', 'whose role was taken away'],
    [404, 'KeyNotFound', 'that was deleted'],
  ])('passes on Key Vault’s %i %s for a key %s at once, and signs again when that is mended', async (status, code) => {
    const { id = '' } = await vault.keys.createKey('key', 'RSA');
    const path = new URL(`${id}/sign`).pathname;
    await rootKeys.sign(id, digest);
    sent = [];
    vault.test.host.faults.add({ service: 'keyvault', path, times: 1, then: { status, code } });

    const refused = await rootKeys.sign(id, digest);

    expect(refused).toMatchObject({ outcome: 'refused', code });
    expect(refused).not.toHaveProperty('isOurs');
    expect(sent).toEqual([`POST ${path}`]);
    expect(await rootKeys.sign(id, digest)).toMatchObject({ outcome: 'done' });
  });

  it.each([429, 500, 503])('asks four times in all, and then says busy, where Key Vault answers %i', async (status) => {
    const { id = '' } = await vault.keys.createKey('key', 'RSA');
    const path = new URL(`${id}/sign`).pathname;
    await rootKeys.sign(id, digest);
    sent = [];
    vault.test.host.faults.add({
      service: 'keyvault',
      path,
      times: 100,
      then: { status, code: 'Busy', retryAfter: 0 },
    });

    expect(await rootKeys.sign(id, digest)).toMatchObject({ outcome: 'busy' });
    expect(sent).toEqual(Array.from({ length: 4 }, () => `POST ${path}`));
  });

  it('tells of a wait that is too long to be waited for', async () => {
    const { id = '' } = await vault.keys.createKey('key', 'RSA');
    const path = new URL(`${id}/sign`).pathname;
    await rootKeys.sign(id, digest);
    sent = [];
    vault.test.host.faults.add({
      service: 'keyvault',
      path,
      times: 100,
      then: { status: 429, code: 'Throttled', retryAfter: 160 },
    });

    expect(await rootKeys.sign(id, digest)).toEqual({ outcome: 'busy', retryAfterSeconds: 160 });
    expect(sent).toHaveLength(1);
  });
});
