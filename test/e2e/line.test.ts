/**
 * From a built gateway to a client that is in, out, in again: roots, certificates, kits, revocations, through the
 * public routes.
 */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { unzipSync } from 'fflate';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { readGateway, readVault, revokedOnGateway, rootsOnGateway } from './support/azure.ts';
import {
  acceptedOperation,
  advanceUntil,
  aKeyAndRequest,
  buildGateway,
  createRoot,
  expectStatus,
  followAccepted,
  gatewayRevocations,
  getOperation,
  issue,
  type IssuedCertificate,
  kit,
  makeProfile,
  reinstate,
  revoke,
  testSpeed,
  trustRoot,
} from './support/line.ts';

jest.setTimeout(600_000);

const gatewayId = 'vnet1gw';
const clientAuthentication = '1.3.6.1.5.5.7.3.2';
let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed });
  await buildGateway(stack);
  await createRoot(stack, 'root-1', { validityDays: 400 });
  await trustRoot(stack, gatewayId, 'root-1');
});

afterAll(async () => {
  await stack.stop();
});

/** The bytes of a root in one of the forms of its route. */
async function cer(format: string): Promise<Buffer> {
  const response = await fetch(`${stack.info.app.url}/api/roots/root-1/cer?format=${format}`, {
    headers: { 'x-api-key': stack.info.app.apiKey },
  });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

async function connect(certificate: IssuedCertificate): Promise<number> {
  const answer = await stack.control('POST', '/sessions', {
    gateway: 'VNet1GW',
    thumbprint: certificate.thumbprint,
    publicIp: '198.51.100.7',
  });
  return answer.status;
}

async function connectedNames(): Promise<readonly string[]> {
  const sessions = (await stack.control('GET', '/sessions')).body as readonly { readonly commonName: string }[];
  return sessions.map(({ commonName }) => commonName);
}

async function revocationState(thumbprint: string): Promise<string | undefined> {
  const rows = await gatewayRevocations(stack, gatewayId);
  return rows.find((row) => row.thumbprint === thumbprint)?.state;
}

describe('src/functions/certificates/roots', () => {
  it('answers the same certificate in all three forms, a CA that has signed itself', async () => {
    const der = await cer('der');
    const certificate = new X509Certificate(der);

    expect((await cer('azure')).toString('utf8')).toBe(der.toString('base64'));
    expect(new X509Certificate(await cer('pem')).raw.equals(der)).toBe(true);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe('CN=Test root root-1');
  });

  it('keeps the key in Key Vault: not exportable, one key under two versions of which the first is out of use', async () => {
    const newest = await readVault(stack, '/certificates/root-root-1/');
    const { value } = (await readVault(stack, '/certificates/root-root-1/versions')) as {
      readonly value: readonly { readonly id: string; readonly attributes: { readonly enabled: boolean } }[];
    };

    expect(newest).toMatchObject({ policy: { key_props: { exportable: false, reuse_key: true } } });
    expect(value).toHaveLength(2);
    expect(value.filter(({ attributes }) => attributes.enabled).map(({ id }) => id)).toEqual([newest['id']]);
    const root = new X509Certificate(await cer('der'));
    expect(Buffer.from(String(newest['cer']), 'base64').equals(root.raw)).toBe(true);
    const { key } = (await readVault(stack, '/keys/root-root-1/')) as { readonly key: Record<string, string> };
    expect(key['d']).toBeUndefined();
    expect(root.publicKey.export({ format: 'jwk' }).n).toBe(key['n']);
  });

  it('refuses a second root of the same id', async () => {
    const order = { id: 'root-1', subject: { commonName: 'Another' } };

    expect(await stack.api('POST', '/api/roots', order)).toMatchObject({
      status: 409,
      body: { errors: [{ path: '/id', code: 'idTaken' }] },
    });
  });

  it('shows the trusted root on the gateway in Azure, and as trusted here', async () => {
    expect(await rootsOnGateway(stack)).toEqual(['root-1']);
    expect(await stack.api('GET', `/api/gateways/${gatewayId}/roots`)).toMatchObject({
      body: { items: [{ rootId: 'root-1', state: 'trusted' }] },
    });
  });
});

describe('src/functions/certificates/certificates, issue', () => {
  it('issues a client certificate for the key of the request, under a name of its own', async () => {
    const { csrPem, keyPem } = aKeyAndRequest('ann');

    const certificate = await issue(stack, { rootId: 'root-1', owner: 'ann@example.com', csr: csrPem });

    expect(certificate.subject.commonName).toMatch(/^ann\.[0-9a-f]{8}@example\.com$/);
    expect(certificate).toMatchObject({ state: 'issued', sessionIdentity: 'unique', owner: 'ann-example-com' });
    const leaf = new X509Certificate(certificate.certificate);
    const root = new X509Certificate(certificate.chain[0] ?? '');
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(root.raw.equals(await cer('der'))).toBe(true);
    expect(leaf.publicKey.equals(createPublicKey(keyPem))).toBe(true);
    expect(leaf.keyUsage).toEqual([clientAuthentication]);
    expect(leaf.ca).toBe(false);
    expect(leaf.fingerprint.replaceAll(':', '')).toBe(certificate.thumbprint);
    const found = await stack.api('GET', `/api/certificates/${certificate.thumbprint.toLowerCase()}`);
    expect(found.body).toMatchObject({ serialNumber: certificate.serialNumber });
  });

  it('ends a certificate with its root when nobody asked for longer, and refuses to be asked', async () => {
    await createRoot(stack, 'short-root', { validityDays: 20 });
    const root = expectStatus(await stack.api('GET', '/api/roots/short-root'), 200);

    const clamped = await issue(stack, { rootId: 'short-root' });
    const asked = await stack.api('POST', '/api/certificates', {
      rootId: 'short-root',
      owner: 'ann@example.com',
      csr: aKeyAndRequest().csrPem,
      validityDays: 21,
    });

    expect(clamped.notAfter).toBe(root['notAfter']);
    expect(asked).toMatchObject({ status: 400, body: { errors: [{ path: '/validityDays', code: 'beyondRoot' }] } });
  });

  it('refuses a name that is taken, and says of one that certificates were allowed to share that their sessions are ambiguous', async () => {
    const first = await issue(stack, { rootId: 'root-1', commonName: 'shared-laptop' });
    const refused = await stack.api('POST', '/api/certificates', {
      rootId: 'root-1',
      owner: 'kim@example.com',
      csr: aKeyAndRequest('kim').csrPem,
      commonName: 'Shared-Laptop',
    });
    const second = await issue(stack, { rootId: 'root-1', commonName: 'shared-laptop', allowSharedName: true });

    expect(refused).toMatchObject({ status: 400, body: { errors: [{ code: 'commonNameTaken' }] } });

    expect([first.sessionIdentity, second.sessionIdentity]).toEqual(['unique', 'ambiguous']);
    expect((await stack.api('GET', `/api/certificates/${first.thumbprint}`)).body).toMatchObject({
      sessionIdentity: 'ambiguous',
    });
  });
});

describe('src/functions/certificates/certificates, kits', () => {
  it('makes a profile whose key lies beside it, from a package that was asked for', async () => {
    await makeProfile(stack, gatewayId);
    const profile = expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/profile`), 200);
    const certificate = await issue(stack, { rootId: 'root-1', owner: 'kit@example.com' });

    const made = await kit(stack, certificate.thumbprint, gatewayId);

    expect(profile['serverFqdn']).toMatch(/^azuregateway-/);
    expect(JSON.stringify(profile)).not.toContain('PRIVATE');
    const inline = (tag: string): string => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(made.content)?.[1] ?? '';
    expect(new X509Certificate(inline('cert')).fingerprint.replaceAll(':', '')).toBe(certificate.thumbprint);
    expect(new X509Certificate(inline('ca')).ca).toBe(true);
    expect(made.content).toMatch(new RegExp(`^key "?${made.keyFileName}"?\\r?$`, 'm'));
    expect(made.content).toContain(`remote ${String(profile['serverFqdn'])} 443`);
    expect(made.content).not.toMatch(/PRIVATE KEY|<key>/);
  });

  it.each([
    ['windows-x64', 'EapConfig.xml'],
    ['windows-x86', 'ProfileXML.xml'],
    ['azurevpn', 'azurevpnconfig.xml'],
  ])('makes kits of what Azure made for other clients: %s', async (platform, file) => {
    const certificate = await issue(stack, { rootId: 'root-1', owner: `${platform}@example.com` });

    const answer = await stack.api('POST', `/api/certificates/${certificate.thumbprint}/kits`, { gatewayId, platform });

    const { content, encoding } = expectStatus(answer, 201);
    expect(encoding).toBe('base64');
    expect(Object.keys(unzipSync(Uint8Array.from(Buffer.from(String(content), 'base64'))))).toContain(file);
  });

  it.each([
    ['windows-x64', 'vnet1gw-VpnClientSetupAmd64.exe', 'MZ'],
    ['windows-x86', 'vnet1gw-VpnClientSetupX86.exe', 'MZ'],
    ['all', 'vnet1gw-profile.zip', 'PK'],
  ])('hands out what Azure made, by a link that is used up: %s', async (platform, fileName, beginning) => {
    const profile = expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/profile`), 200);

    const answer = await stack.api('POST', `/api/gateways/${gatewayId}/profile/package`, { platform });

    const { downloads, ...rest } = expectStatus(answer, 201) as unknown as {
      readonly downloads: readonly { readonly kind: string; readonly fileName: string; readonly url: string }[];
    };
    expect(rest).toEqual({ profileHash: profile['hash'], madeAt: profile['madeAt'] });
    const [offered] = downloads;
    expect([downloads.length, offered?.kind, offered?.fileName]).toEqual([1, platform, fileName]);
    const file = await fetch(`${stack.info.app.url}${offered?.url ?? ''}`, { method: 'POST' });
    expect([file.status, (await file.text()).slice(0, 2)]).toEqual([200, beginning]);
  });

  it('says why somebody does not get in, and nothing of who should', async () => {
    const certificate = await issue(stack, { rootId: 'root-1', owner: 'diagnosed@example.com' });
    const shown = expectStatus(await stack.api('GET', `/api/certificates/${certificate.thumbprint}`), 200);
    const sound = { addresses: ['172.16.201.3'], certificate: String(shown['certificate']) };
    const diagnose = (symptoms: object) => stack.api('POST', `/api/gateways/${gatewayId}/diagnose`, symptoms);

    expect(await diagnose(sound)).toMatchObject({ status: 200, body: { findings: [] } });
    expect(await diagnose({ ...sound, errorCode: '809' })).toMatchObject({
      status: 200,
      body: { findings: [{ code: 'gatewayNotReached' }] },
    });
  });

  it('makes none for a certificate of a root that the gateway does not trust', async () => {
    const stranger = await issue(stack, { rootId: 'short-root' });

    const answer = await stack.api('POST', `/api/certificates/${stranger.thumbprint}/kits`, {
      gatewayId,
      platform: 'openvpn2',
    });

    expect(answer).toMatchObject({ status: 409, body: { code: 'ERR_CONFLICT' } });
    expect(JSON.stringify(answer.body)).toContain('short-root');
  });
});

describe('src/functions/certificates/certificates, revoke and reinstate', () => {
  it('puts the revoked certificate on the gateway, cuts its session alone, proves it, and takes it back', async () => {
    const lost = await issue(stack, { rootId: 'root-1', owner: 'lost@example.com' });
    const kept = await issue(stack, { rootId: 'root-1', owner: 'kept@example.com' });
    expect([await connect(lost), await connect(kept)]).toEqual([201, 201]);

    const operation = await revoke(stack, lost.thumbprint, 'left');

    expect(operation).toMatchObject({
      kind: 'revokeCertificate',
      target: lost.thumbprint,
      steps: [{ name: gatewayId, status: 'succeeded', detail: 'Sessions disconnected.' }],
    });
    expect(await revokedOnGateway(stack)).toContain(lost.thumbprint);
    expect(await connectedNames()).toEqual([kept.subject.commonName]);
    expect(await connect(lost)).toBe(409);
    expect((await stack.api('GET', `/api/certificates/${lost.thumbprint}`)).body).toMatchObject({
      state: 'revoked',
      revocationReason: 'left',
    });
    const refused = await stack.api('POST', `/api/certificates/${lost.thumbprint}/kits`, {
      gatewayId,
      platform: 'openvpn2',
    });
    expect(refused.status).toBe(409);

    // Azure's list is five minutes old at worst: after the cut, two looks without a session make the proof.
    await stack.advance('PT25M');
    expect(await revocationState(lost.thumbprint)).toBe('proven');

    await reinstate(stack, lost.thumbprint);
    expect(await revokedOnGateway(stack)).not.toContain(lost.thumbprint);
    expect(await revocationState(lost.thumbprint)).toBe('removed');
    expect(await connect(lost)).toBe(201);
    expect((await stack.api('GET', `/api/certificates/${lost.thumbprint}`)).body).toMatchObject({ state: 'issued' });
  });

  it('leaves the sessions of a shared name alone, and says so', async () => {
    const first = await issue(stack, { rootId: 'root-1', commonName: 'shared-services' });
    await issue(stack, { rootId: 'root-1', commonName: 'shared-services', allowSharedName: true });
    await connect(first);

    const answer = await stack.api('POST', `/api/certificates/${first.thumbprint}/revoke`, { reason: 'left' });
    const { id } = acceptedOperation(answer);

    await advanceUntil(stack, async () => (await getOperation(stack, id)).steps[0]?.status === 'waiting');
    expect((await getOperation(stack, id)).steps[0]?.detail).toContain('is in force and has the same name');
    expect(await connectedNames()).toContain('shared-services');
    expect(await revokedOnGateway(stack)).toContain(first.thumbprint);
    expect(await revocationState(first.thumbprint)).toBe('listed');
  });

  it('proves a revocation without sessions within twelve minutes', async () => {
    const certificate = await issue(stack, { rootId: 'root-1', owner: 'away@example.com' });
    const operation = await revoke(stack, certificate.thumbprint);

    await stack.advance('PT12M');

    expect(operation.steps[0]?.detail).toBe('No sessions.');
    expect(await revocationState(certificate.thumbprint)).toBe('proven');
  });

  it('ends at once where no gateway trusts the root, and refuses to reinstate what is not revoked', async () => {
    const stranger = await issue(stack, { rootId: 'short-root' });

    const early = await stack.api('POST', `/api/certificates/${stranger.thumbprint}/reinstate`);
    const operation = await revoke(stack, stranger.thumbprint);

    expect(early.status).toBe(409);
    expect(operation).toMatchObject({ status: 'succeeded', steps: [] });
  });
});

describe('src/functions/gateways/gateway-roots, distrust', () => {
  it('keeps a root while its certificates are alive, unless it is told to', async () => {
    const kept = await stack.api('DELETE', `/api/gateways/${gatewayId}/roots/root-1`);
    const { errors } = expectStatus(kept, 409) as { readonly errors: readonly { readonly code: string }[] };
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['certificatesAlive']));
    expect(JSON.stringify(errors)).toContain('kept-example-com');
    expect(await rootsOnGateway(stack)).toEqual(['root-1']);

    await followAccepted(stack, await stack.api('DELETE', `/api/gateways/${gatewayId}/roots/root-1?force=true`));

    const { vpnClientConfiguration } = (await readGateway(stack)).properties;
    expect(vpnClientConfiguration.vpnClientRootCertificates ?? []).toEqual([]);
    expect(await stack.api('GET', `/api/gateways/${gatewayId}/roots`)).toMatchObject({
      body: { items: [{ rootId: 'root-1', state: 'removed' }] },
    });
  });
});
