/** Roots, certificates and revocations on a bad day of Azure's, and with others at work on the same gateway. */
import type { OperationView } from '../../src/domain/operation.ts';
import { createRootData } from '../support/root-certificates.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import {
  changeGatewayInPortal,
  changeInPortal,
  type GatewayResource,
  networkPath,
  readGateway,
  readVault,
  revokedOnGateway,
  rootsOnGateway,
} from './support/azure.ts';
import { endByClock, followByClock } from './support/by-clock.ts';
import { askForFault, type FaultAction, throttled } from './support/faults.ts';
import {
  acceptedOperation,
  aKeyAndRequest,
  createRoot,
  examplePlan,
  expectStatus,
  issue,
  type IssuedCertificate,
  type JsonObject,
  putCountOf,
  readJournal,
} from './support/line.ts';
import { createPatientCaller, type PatientCaller } from './support/patient-caller.ts';
import { readTable } from './support/read-tables.ts';

const timeoutMs = 600_000;
const gatewayId = 'vnet1gw';
const gatewayPut = { service: 'arm', method: 'PUT', path: '/virtualNetworkGateways/VNet1GW' } as const;
const failed: FaultAction = { failOperation: 'InternalServerError' };

describe('src/services and src/orchestrations/gateways/apply-gateway, against faults', () => {
  let stack: RunningTestStack;
  let caller: PatientCaller;

  beforeAll(async () => {
    stack = await startStack({ speed: 600, noise: 0 });
    caller = createPatientCaller(stack);
    await followByClock(stack, await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell')));
  }, timeoutMs);

  afterAll(async () => {
    await stack.stop();
  }, timeoutMs);

  async function gatewayPuts(): Promise<number> {
    return putCountOf(await readJournal(stack, { service: 'arm' }), '/virtualNetworkGateways/VNet1GW');
  }

  async function trust(rootId: string): Promise<string> {
    return acceptedOperation(await stack.api('PUT', `/api/gateways/${gatewayId}/roots/${rootId}`, {})).id;
  }

  async function revoke({ thumbprint }: IssuedCertificate): Promise<string> {
    return acceptedOperation(await stack.api('POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'left' })).id;
  }

  /** One after the other: the clock is moved by one at a time. */
  async function endAll(ids: readonly string[]): Promise<readonly OperationView[]> {
    const ends: OperationView[] = [];
    for (const id of ids) ends.push(await endByClock(stack, id));
    return ends;
  }

  function certificateOf(rootId: string): Promise<IssuedCertificate> {
    return issue(stack, { rootId });
  }

  it(
    'makes one root when Key Vault loses every answer to a write',
    async () => {
      for (const path of ['/create', '/sign', '/merge', '/certificates/root-main/']) {
        const method = path.startsWith('/certificates') ? 'PATCH' : 'POST';
        await askForFault(stack, { service: 'keyvault', method, path, times: 1 }, { applyThenDrop: true });
      }

      const order = { id: 'main', subject: { commonName: 'Main root' }, keyType: 'RSA-2048' };
      const answer = await caller.call({ method: 'POST', path: '/api/roots', body: order, key: 'main-root' });

      expectStatus(answer, 201);
      const versions = (await readVault(stack, '/certificates/root-main/versions'))['value'];
      expect(versions).toHaveLength(2);
    },
    timeoutMs,
  );

  it(
    'waits out a storm of Key Vault’s during a root',
    async () => {
      await askForFault(stack, { service: 'keyvault', times: 20 }, { ...throttled, retryAfter: 0 });

      const order = { id: 'stormy', subject: { commonName: 'Stormy root' }, keyType: 'RSA-2048' };
      const answer = await caller.call({ method: 'POST', path: '/api/roots', body: order, key: 'stormy-root' });

      expectStatus(answer, 201);
      expect((await readVault(stack, '/certificates/root-stormy/versions'))['value']).toHaveLength(2);
    },
    timeoutMs,
  );

  it(
    'writes once more, and no more, what Azure took and then failed',
    async () => {
      const before = await gatewayPuts();
      await askForFault(stack, { ...gatewayPut, times: 1 }, failed);

      const operation = await endByClock(stack, await trust('main'));

      expect(operation.problem).toBeUndefined();
      expect(operation.status).toBe('succeeded');
      expect(await rootsOnGateway(stack)).toEqual(['main']);
      expect((await gatewayPuts()) - before).toBe(2);
    },
    timeoutMs,
  );

  it(
    'answers 503 when Key Vault is busy beyond patience, and the same request later gets one certificate',
    async () => {
      const before = (await readTable(stack, 'ClientCertificates')).length;
      await askForFault(stack, { service: 'keyvault', method: 'POST', path: '/sign', times: 6 }, throttled);
      const order = { rootId: 'main', owner: 'late@example.com', csr: aKeyAndRequest().csrPem };
      const headers = { 'idempotency-key': 'busy-vault' };

      const refused = await stack.api('POST', '/api/certificates', order, headers);
      const answer = await caller.call({ method: 'POST', path: '/api/certificates', body: order, key: 'busy-vault' });

      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expectStatus(answer, 201);
      expect(await readTable(stack, 'ClientCertificates')).toHaveLength(before + 1);
    },
    timeoutMs,
  );

  it(
    'issues one certificate to a hundred identical requests at once',
    async () => {
      const before = (await readTable(stack, 'ClientCertificates')).length;
      const order = { rootId: 'main', owner: 'many@example.com', csr: aKeyAndRequest().csrPem };
      const request = { method: 'POST', path: '/api/certificates', body: order, key: 'hundred' };

      const first = await Promise.all(
        Array.from({ length: 100 }, () =>
          stack.api(request.method, request.path, order, { 'idempotency-key': request.key }),
        ),
      );
      const after = await caller.call(request);

      const { thumbprint } = expectStatus(after, 201);
      const issued = first.filter(({ status }) => status === 201);
      expect(issued.length).toBeGreaterThan(0);
      expect(new Set(issued.map(({ body }) => (body as JsonObject)['thumbprint']))).toEqual(new Set([thumbprint]));
      expect(new Set(first.map(({ status }) => status))).toEqual(new Set(issued.length === 100 ? [201] : [201, 409]));
      expect(await readTable(stack, 'ClientCertificates')).toHaveLength(before + 1);
    },
    timeoutMs,
  );

  it(
    'loses neither when certificates are issued and revoked at once',
    async () => {
      const old = await Promise.all([1, 2, 3].map(() => certificateOf('main')));

      const [issued, operations] = await Promise.all([
        Promise.all([1, 2, 3].map(() => certificateOf('main'))),
        Promise.all(old.map(revoke)),
      ]);
      const ends = await endAll(operations);

      expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 'succeeded'));
      expect([...(await revokedOnGateway(stack))].toSorted()).toEqual(
        old.map(({ thumbprint }) => thumbprint).toSorted(),
      );
      expect(new Set(issued.map(({ serialNumber }) => serialNumber)).size).toBe(3);
    },
    timeoutMs,
  );

  it(
    'writes once for a revocation although every answer is lost',
    async () => {
      const certificate = await certificateOf('main');
      const before = await gatewayPuts();
      await askForFault(stack, { ...gatewayPut, times: 1 }, { applyThenDrop: true });
      const post = { service: 'arm', method: 'POST', path: 'getVpnClientConnectionHealth', times: 1 } as const;
      await askForFault(stack, post, { applyThenDrop: true });

      const operation = await endByClock(stack, await revoke(certificate));

      expect(operation.status).toBe('succeeded');
      expect(await revokedOnGateway(stack)).toContain(certificate.thumbprint);
      expect((await gatewayPuts()) - before).toBe(1);
    },
    timeoutMs,
  );

  it(
    'waits while somebody else writes the gateway, and keeps what they wrote',
    async () => {
      const certificate = await certificateOf('main');
      await changeGatewayInPortal(stack, (gateway) => ({ ...gateway, tags: { owner: 'portal' } }));
      await askForFault(
        stack,
        { ...gatewayPut, times: 1 },
        { status: 429, code: 'AnotherOperationInProgress', retryAfter: 1 },
      );

      const operation = await endByClock(stack, await revoke(certificate));

      expect(operation.status).toBe('succeeded');
      expect(await revokedOnGateway(stack)).toContain(certificate.thumbprint);
      expect((await readGateway(stack))['tags']).toEqual({ owner: 'portal' });
    },
    timeoutMs,
  );

  it(
    'leaves out only the root that Azure has no room for, and gets a revocation through beside it',
    async () => {
      const certificate = await certificateOf('main');
      await Promise.all(['fits', 'too-many'].map((id) => createRoot(stack, id)));
      const foreign = await Promise.all(
        Array.from({ length: 18 }, async (_, index) => ({
          name: `foreign-${index}`,
          properties: { publicCertData: await createRootData(`Foreign ${index}`) },
        })),
      );
      await changeGatewayInPortal(stack, (gateway) => withRoots(gateway, foreign));

      const operations = [await revoke(certificate), await trust('fits'), await trust('too-many')];
      const [revoked, ...trusted] = await endAll(operations);

      expect(revoked?.status).toBe('succeeded');
      expect(await revokedOnGateway(stack)).toContain(certificate.thumbprint);
      expect(trusted.map(({ status }) => status).toSorted()).toEqual(['failed', 'succeeded']);
      const refused = trusted.find(({ status }) => status === 'failed');
      expect(refused?.problem).toMatchObject({
        code: 'ERR_LIMIT_REACHED',
        detail: expect.stringContaining('20 roots') as unknown,
      });
      const shown = expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/roots`), 200);
      expect(shown['others']).toHaveLength(18);
      const names = await rootsOnGateway(stack);
      expect(names).toHaveLength(20);
      expect(names).toEqual(expect.arrayContaining(['main', ...foreign.map(({ name }) => name)]));
    },
    timeoutMs,
  );

  it(
    'ends what is wanted of a gateway that somebody has deleted, and says so',
    async () => {
      const certificate = await certificateOf('main');
      await changeInPortal(stack, 'DELETE', networkPath(stack));
      await stack.advance('PT1M');

      const revoked = await endByClock(stack, await revoke(certificate));
      const answer = await stack.api('PUT', `/api/gateways/${gatewayId}/roots/stormy`, {});

      expect(revoked).toMatchObject({
        steps: [{ status: 'skipped', detail: expect.stringContaining('not in Azure') as unknown }],
      });
      expect(answer.status).toBe(409);
      expect(expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}`), 200)).toMatchObject({
        state: 'missing',
        observed: { provisioningState: 'Missing' },
      });
    },
    timeoutMs,
  );
});

function withRoots(gateway: GatewayResource, roots: readonly JsonObject[]): JsonObject {
  const { properties } = gateway;
  const { vpnClientConfiguration: configuration } = properties;
  const { vpnClientRootCertificates: present = [] } = configuration;
  return {
    ...gateway,
    properties: {
      ...properties,
      vpnClientConfiguration: { ...configuration, vpnClientRootCertificates: [...present, ...roots] },
    },
  };
}
