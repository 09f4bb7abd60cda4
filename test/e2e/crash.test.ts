/**
 * The line under kill -9. The runtime is killed at every boundary that the line crosses, later at random moments;
 * whoever calls sends the same request again. In the end there is one of everything, and nothing is left half done.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { SeededRandom } from '../../sandbox/platform/seeded-random.ts';
import { toPem } from '../../src/pki/read-certificate.ts';
import { aPfx } from '../support/builders/a-pfx.ts';
import { anAuthority } from '../support/builders/an-authority.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { groupPath, networkPath, readGateway, readResource, readVault, writeSecret } from './support/azure.ts';
import { aKeyAndRequest, examplePlan, type JournalEntry, putCountOf, readJournal } from './support/line.ts';
import { createPatientCaller, type PatientCaller } from './support/patient-caller.ts';
import { readTable } from './support/read-tables.ts';
import { startStepKiller, type StepKiller } from './support/step-killer.ts';

const minuteMs = 60_000;
const gatewayId = 'vnet1gw';
const rootId = 'crash-root';
/** A write is held this long at Azure's route, so that a kill falls between its sending and its acceptance. */
const holdMs = 300;
const seed = 'crash';
const shaking = new SeededRandom('shaking');
const password = 'correct horse battery staple';
const keyedCa = anAuthority({ called: 'Fabrikam with key' });
const contosoRoot = anAuthority({ called: 'Contoso root' });
const contosoIssuing = anAuthority({ called: 'Contoso issuing', issuer: contosoRoot });
const issuedElsewhere = anAuthority({ called: 'kim@example.com', issuer: contosoIssuing, isAuthority: false });

interface Offered {
  readonly kind: string;
  readonly url: string;
}

describe('src/main, killed at every step of the line', () => {
  let stack: RunningTestStack;
  let caller: PatientCaller;
  let killer: StepKiller;

  beforeAll(async () => {
    stack = await startStack({ speed: 4000, noise: 0 });
    caller = createPatientCaller(stack);
    killer = startStepKiller(stack);
    await holdWrites(stack);
  }, 5 * minuteMs);

  afterAll(async () => {
    await stack.stop();
  }, 5 * minuteMs);

  it(
    'ends with one of each resource, one write for each change and one certificate',
    async () => {
      const thumbprint = await walkTheLine();
      await killer.stop();
      await revokeUnderRandomKills(thumbprint);
      await caller.untilQuiet();

      expect(killer.kills().length).toBeGreaterThan(25);
      await expectOneOfEach(stack);
      await expectOneCertificate(stack, thumbprint);
      await expectNothingLeft(stack);
    },
    20 * minuteMs,
  );

  it(
    'takes authorities in, makes a key with its kit, renews, and takes a leaver out: one of each, and all of it',
    async () => {
      killer = startStepKiller(stack);
      const { files, thumbprints } = await giveAccess();
      await killer.stop();
      // Before the person leaves: what waits for them is withdrawn then.
      expect((await openFiles(stack, files)).map(({ kind }) => kind)).toEqual(['pfx', 'openvpn2']);
      killer = startStepKiller(stack);
      await takeOut();
      await killer.stop();
      await caller.untilQuiet();

      expect(killer.kills()).not.toEqual([]);
      await expectAuthorities(stack);
      await expectOut(stack, thumbprints);
      expect(await readTable(stack, 'Claims')).toEqual([]);
      expect(await readTable(stack, 'Unfinished')).toEqual([]);
    },
    20 * minuteMs,
  );

  /** The same with a kill at a random moment: writes to tables are no boundary that can be seen. */
  async function shaken(...call: Parameters<typeof part>): Promise<Record<string, unknown>> {
    const [answer] = await Promise.all([part(...call), killer.killAtRandom(() => shaking.next() / 4, 1)]);
    return answer;
  }

  async function giveAccess(): Promise<{
    readonly files: readonly Offered[];
    readonly thumbprints: readonly string[];
  }> {
    await writeSecret(stack, 'root-pfx-keyed', aPfx(keyedCa).toString('base64'));
    await part('keyed-root', 'POST', '/api/roots', { id: 'keyed', pfxSecret: 'root-pfx-keyed' });
    const chain = toPem(contosoRoot.der) + toPem(contosoIssuing.der);
    await shaken('imported-root', 'POST', '/api/roots', { id: 'contoso', import: chain });
    const deliver = [{ gatewayId, platform: 'openvpn2' }];
    const order = { rootId, owner: 'kim@example.com', key: {}, pfx: { password }, deliver };
    const made = await part('certificate-with-key', 'POST', '/api/certificates', order);
    const renewal = { csr: aKeyAndRequest('kim').csrPem, graceDays: 30 };
    const again = await part('renewal', 'POST', `/api/certificates/${String(made['thumbprint'])}/renew`, renewal);
    const registered = { owner: 'kim@example.com', certificate: toPem(issuedElsewhere.der) };
    await shaken('registration', 'POST', '/api/certificate-imports', registered);
    return {
      files: made['downloads'] as readonly Offered[],
      thumbprints: [made['thumbprint'], again['thumbprint'], thumbprintOf(issuedElsewhere.der)].map(String),
    };
  }

  /** Two looks at the sessions are minutes apart, by the stack's clock. */
  async function takeOut(): Promise<void> {
    killer.enter('leaver', isAzureStep);
    const leave = { method: 'POST', path: '/api/owners/kim-example-com/revoke', body: { reason: 'left' } };
    const { body } = await caller.call({ ...leave, key: 'key-of-leaver' });
    const { id } = body as { readonly id: string };
    killer.watch(id);
    for (let minutes = 0; minutes < 600; minutes += 1) {
      const operation = await caller.call({ method: 'GET', path: `/api/operations/${id}` });
      const { status } = operation.body as { readonly status: string };
      if (status === 'succeeded') return;
      if (status === 'failed') throw new Error(JSON.stringify(operation.body));
      await stack.control('POST', '/clock', { advance: 'PT1M' });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('not out within ten hours of the clock');
  }

  /** Takes a part of the line to its end under fire; answers what its route answered. */
  async function part(name: string, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    killer.enter(name, isAzureStep);
    const answer = await caller.call({ method, path, key: `key-of-${name}`, ...(body === undefined ? {} : { body }) });
    if (answer.status >= 300) throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
    const taken = answer.body as Record<string, unknown>;
    if (answer.status !== 202) return taken;
    killer.watch(String(taken['id']));
    return await caller.follow(String(taken['id']));
  }

  async function walkTheLine(): Promise<string> {
    await part('build', 'POST', '/api/gateways', examplePlan('vnet1-powershell'));
    const subject = { commonName: 'Root under fire' };
    await part('root', 'POST', '/api/roots', { id: rootId, subject, keyType: 'RSA-2048' });
    await part('trust', 'PUT', `/api/gateways/${gatewayId}/roots/${rootId}`, {});
    const order = { rootId, owner: 'ann@example.com', csr: aKeyAndRequest().csrPem };
    const { thumbprint } = await part('certificate', 'POST', '/api/certificates', order);
    await part('revoke', 'POST', `/api/certificates/${String(thumbprint)}/revoke`, { reason: 'left' });
    await part('reinstate', 'POST', `/api/certificates/${String(thumbprint)}/reinstate`);
    return String(thumbprint);
  }

  async function revokeUnderRandomKills(thumbprint: string): Promise<void> {
    const random = new SeededRandom(seed);
    const killing = killer.killAtRandom(() => random.next(), 4);
    const revoke = { method: 'POST', path: `/api/certificates/${thumbprint}/revoke`, body: { reason: 'left' } };
    const { body } = await caller.call({ ...revoke, key: 'key-of-second-revocation' });
    await caller.follow((body as { readonly id: string }).id);
    await killing;
  }
});

/** Azure's writes, and the reads after which a write follows: a kill there falls before the write is taken. */
function isAzureStep({ service, method, path, status }: JournalEntry): boolean {
  if (service !== 'arm' && service !== 'keyvault') return false;
  return method === 'GET' ? status === 404 && !path.includes('.zip') : status < 300;
}

async function holdWrites(stack: RunningTestStack): Promise<void> {
  for (const service of ['arm', 'keyvault']) {
    for (const method of ['PUT', 'POST']) {
      await stack.control('POST', '/faults', { service, method, times: 500, then: { hangMs: holdMs } });
    }
  }
}

async function expectOneOfEach(stack: RunningTestStack): Promise<void> {
  const list = async (type: string): Promise<readonly unknown[]> =>
    (await readResource(stack, networkPath(stack, type)))?.['value'] as readonly unknown[];
  const kinds = ['virtualNetworks', 'publicIPAddresses', 'virtualNetworkGateways'];
  const counts = await Promise.all(kinds.map(async (type) => (await list(type)).length));
  const journal = await readJournal(stack, { service: 'arm' });

  expect(await readResource(stack, groupPath(stack))).toBeDefined();
  expect(counts).toEqual([1, 1, 1]);
  expect({
    group: putCountOf(journal, '/resourcegroups/TestRG1'),
    virtualNetwork: putCountOf(journal, '/virtualNetworks/VNet1'),
    publicIp: putCountOf(journal, '/publicIPAddresses/VNet1GWpip'),
    // Created; root trusted; certificate revoked, reinstated, and revoked again.
    gateway: putCountOf(journal, '/virtualNetworkGateways/VNet1GW'),
  }).toEqual({ group: 1, virtualNetwork: 1, publicIp: 1, gateway: 5 });
}

async function expectOneCertificate(stack: RunningTestStack, thumbprint: string): Promise<void> {
  const certificates = await readTable(stack, 'ClientCertificates');
  const indexes = ['CertificatesByThumbprint', 'CertificatesByOwner', 'CertificatesByRoot', 'CertificatesByCn'];
  const found = await Promise.all(indexes.map((table) => readTable(stack, table)));
  const versions = (await readVault(stack, `/certificates/root-${rootId}/versions`))['value'];
  const enabled = (versions as readonly { readonly attributes: { readonly enabled: boolean } }[])
    .map(({ attributes }) => attributes.enabled)
    .toSorted();
  const keys = await readVault(stack, '/keys');

  expect(certificates.map((row) => row['thumbprint'])).toEqual([thumbprint]);
  // A name is found by what it says and by how it looks, so its index has more than one row.
  expect(found.map((rows) => [...new Set(rows.map((row) => row['serialNumber']))])).toEqual(
    indexes.map(() => [certificates[0]?.['serialNumber']]),
  );
  expect(enabled).toEqual([false, true]);
  expect(keys['value']).toHaveLength(1);
}

async function expectNothingLeft(stack: RunningTestStack): Promise<void> {
  const { properties } = await readGateway(stack);
  const configuration = properties.vpnClientConfiguration;
  const [gateway, ...others] = await readTable(stack, 'Gateways');
  const operations = await readTable(stack, 'Operations');

  expect(operations.map(({ kind, status }) => `${String(kind)} ${String(status)}`).toSorted()).toEqual([
    'buildGateway succeeded',
    'reinstateCertificate succeeded',
    'revokeCertificate succeeded',
    'revokeCertificate succeeded',
    'trustRoot succeeded',
  ]);
  expect(await readTable(stack, 'Claims')).toEqual([]);
  expect(await readTable(stack, 'Unfinished')).toEqual([]);
  expect(others).toEqual([]);
  expect(gateway).toMatchObject({
    state: 'ready',
    applied: gateway?.['desired'],
    profileMade: gateway?.['profileWanted'],
  });
  expect(gateway).not.toHaveProperty('writerJson');
  expect(properties.provisioningState).toBe('Succeeded');
  expect(configuration.vpnClientRootCertificates).toHaveLength(1);
  expect(configuration.vpnClientRevokedCertificates).toHaveLength(1);
}

/** What waits behind links, fetched once: a key opens with its password. */
async function openFiles(stack: RunningTestStack, files: readonly Offered[]): Promise<readonly Offered[]> {
  for (const { kind, url } of files) {
    const answer = await fetch(`${stack.info.app.url}${url}`, { method: 'POST' });
    const content = Buffer.from(await answer.arrayBuffer());
    expect([kind, answer.status, content.length > 0]).toEqual([kind, 200, true]);
    if (kind === 'pfx') createSecureContext({ pfx: content, passphrase: password });
  }
  return files;
}

async function expectAuthorities(stack: RunningTestStack): Promise<void> {
  const roots = await readTable(stack, 'Roots');
  const keys = await readVault(stack, '/keys');
  expect(roots.map(({ state, rowKey, id = rowKey }) => `${String(id)} ${String(state)}`).toSorted()).toEqual([
    'contoso active',
    'contoso-2 active',
    `${rootId} active`,
    'keyed active',
  ]);
  expect(keys['value']).toHaveLength(2);
}

/** Each that was released is revoked on the gateway; a key that a kill took leaves a record that was never released. */
async function expectOut(stack: RunningTestStack, thumbprints: readonly string[]): Promise<void> {
  const records = await readTable(stack, 'ClientCertificates');
  const ofKim = records.filter((row) => row['owner'] === 'kim-example-com');
  const released = ofKim.filter(({ thumbprint }) => thumbprint !== undefined);
  const { body } = await stack.api('GET', '/api/owners/kim-example-com/statement');

  expect(released.map(({ thumbprint }) => String(thumbprint)).toSorted()).toEqual(thumbprints.toSorted());
  expect(new Set(ofKim.map(({ state }) => state))).toEqual(new Set(['revoked']));
  expect(new Set(ofKim.filter((row) => row['thumbprint'] === undefined).map((row) => row['revocationReason']))).toEqual(
    new Set(released.length === ofKim.length ? [] : ['keyNotKept']),
  );
  expect(body).toMatchObject({ isProven: true, reason: 'left' });
}

function thumbprintOf(der: Uint8Array): string {
  return new X509Certificate(der).fingerprint.replaceAll(':', '');
}
