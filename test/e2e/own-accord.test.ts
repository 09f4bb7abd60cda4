/** What the app does by itself on a gateway that others change, and for receivers that fail. */
import { type RunningTestStack, startStack, waitUntil } from '../support/stack.ts';
import {
  changeGatewayInPortal,
  revokedOnGateway,
  rootsOnGateway,
  withoutEntries,
  writeGatewayAsApp,
} from './support/azure.ts';
import { readDeliveries, runFunction, signatureOf } from './support/host.ts';
import {
  buildGateway,
  createRoot,
  expectStatus,
  issue,
  type IssuedCertificate,
  operationTimeoutMs,
  putCountOf,
  readJournal,
  revoke,
  testSpeed,
  trustRoot,
} from './support/line.ts';
import { readTable } from './support/read-tables.ts';

jest.setTimeout(600_000);

const gatewayId = 'vnet1gw';
let stack: RunningTestStack;
let revoked: IssuedCertificate;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed, noise: 0 });
  await buildGateway(stack);
  await createRoot(stack, 'root-1');
  await trustRoot(stack, gatewayId, 'root-1');
  revoked = await issue(stack, { rootId: 'root-1', owner: 'gone@example.com' });
  await revoke(stack, revoked.thumbprint);
  // Proof of the revocation, and with it the last look that the line itself asks for.
  await stack.advance('PT15M');
});

afterAll(async () => {
  await stack.stop();
});

/** PUTs of the gateway that Azure took, those of other people too. */
async function gatewayWrites(): Promise<number> {
  return putCountOf(await readJournal(stack, { service: 'arm' }), 'virtualNetworkGateways/VNet1GW');
}

describe('src/functions/gateways/on-gateway-changed', () => {
  it.each([
    ['revocation', 'vpnClientRevokedCertificates', revokedOnGateway, (): string => revoked.thumbprint],
    ['root', 'vpnClientRootCertificates', rootsOnGateway, (): string => 'root-1'],
  ] as const)(
    'puts a %s that was removed in the portal back with one write, and rests',
    async (_what, list, read, entry) => {
      const before = await gatewayWrites();

      await changeGatewayInPortal(stack, (gateway) => withoutEntries(gateway, list));

      await waitUntil(async () => (await gatewayWrites()) === before + 2, operationTimeoutMs);
      await stack.advance('PT10M');
      expect(await read(stack)).toEqual([entry()]);
      // Events come twice now and then, and of the write that put it back: none of them starts another.
      expect(await gatewayWrites()).toBe(before + 2);
    },
  );

  it('takes the same event many times for one look that changes nothing', async () => {
    const before = await gatewayWrites();
    const event = {
      id: 'event-1',
      topic: `/subscriptions/${stack.info.arm.subscriptionId}`,
      subject: `/subscriptions/${stack.info.arm.subscriptionId}/resourcegroups/TESTRG1/providers/Microsoft.Network/virtualNetworkGateways/VNet1GW`,
      eventType: 'Microsoft.Resources.ResourceWriteSuccess',
      eventTime: new Date().toISOString(),
      dataVersion: '2',
      metadataVersion: '1',
      data: { operationName: 'Microsoft.Network/virtualNetworkGateways/write', claims: { appid: 'somebody' } },
    };
    const route = `/runtime/webhooks/eventgrid?functionName=onGatewayChanged&code=${stack.info.app.eventGridKey}`;

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => stack.api('POST', route, [event, event], { 'aeg-event-type': 'Notification' })),
    );

    expect(answers.every(({ status }) => status === 202 || status === 200)).toBe(true);
    await stack.advance('PT5M');
    expect(await gatewayWrites()).toBe(before);
  });
});

describe('src/functions/timers/watch-gateways', () => {
  it('finds within the hour what no event told of', async () => {
    await writeGatewayAsApp(stack, (gateway) => withoutEntries(gateway, 'vpnClientRevokedCertificates'));
    await stack.advance('PT2M');
    expect(await revokedOnGateway(stack)).toEqual([]);

    await stack.advance('PT70M');
    await runFunction(stack, 'watchGateways');

    expect(await revokedOnGateway(stack)).toEqual([revoked.thumbprint]);
  });
});

describe('src/functions/timers/deliver-outbox', () => {
  it('delivers what happened, signed, each under an id of its own', async () => {
    const ofCertificate = (await readDeliveries(stack)).filter(
      ({ event }) => event.subject === `certificates/${revoked.thumbprint}`,
    );

    expect(ofCertificate.map(({ event }) => event.type)).toEqual([
      'gatehouse.certificate.issued.v1',
      'gatehouse.certificate.revoked.v1',
    ]);
    for (const delivery of await readDeliveries(stack)) {
      expect(delivery.headers['webhook-signature']).toBe(signatureOf(stack, delivery));
      expect(delivery.event).toMatchObject({ specversion: '1.0', id: delivery.headers['webhook-id'] });
    }
  });

  it('tries a failing receiver again, and names what cannot be delivered', async () => {
    const endedAs = async (subject: string): Promise<unknown> =>
      (await readTable(stack, 'Outbox')).find((row) => String(row['eventJson']).includes(subject))?.['state'];
    const refuse = { service: 'webhook', then: { status: 400, code: 'BadRequest' } };

    await stack.control('POST', '/faults', { ...refuse, times: 2 });
    const late = await issue(stack, { rootId: 'root-1', owner: 'late@example.com' });
    await stack.advance('PT10M');
    expect(await endedAs(late.thumbprint)).toBe('delivered');

    await stack.control('POST', '/faults', { ...refuse, times: 3 });
    const never = await issue(stack, { rootId: 'root-1', owner: 'never@example.com' });
    await stack.advance('PT10M');
    expect(await endedAs(never.thumbprint)).toBe('undeliverable');
    const subjects = (await readDeliveries(stack)).map(({ event }) => event.subject);
    expect(subjects).toContain(`certificates/${late.thumbprint}`);
    expect(subjects).not.toContain(`certificates/${never.thumbprint}`);
  });
});

describe('src/services/requests/audit', () => {
  it('has a row for a change with its intent, for a refusal, and seals the hours that have closed', async () => {
    await stack.api('PUT', '/api/owners/audited', { email: 'audited@example.com' });
    await stack.api('POST', '/api/roots', { id: 'refused' });
    await stack.api('GET', '/api/roots', undefined, { 'x-api-key': 'nobody' });

    // By action: what the app does by itself writes rows at any time.
    const rowsOf = async (action: string): Promise<readonly unknown[]> =>
      expectStatus(await stack.api('GET', `/api/audit?action=${action}`), 200)['items'] as readonly unknown[];
    expect(await rowsOf('owner.put')).toMatchObject([
      { phase: 'outcome', status: 200, who: 'administrator', target: { id: 'audited' } },
      { phase: 'intent' },
    ]);
    expect((await rowsOf('root.create'))[0]).toMatchObject({
      phase: 'outcome',
      status: 400,
      code: 'ERR_REQUEST_INVALID',
    });
    expect(await rowsOf('root.list')).toMatchObject([{ phase: 'outcome', status: 401, who: 'unknown' }]);

    await stack.advance('PT130M');
    const seals = (await readTable(stack, 'AuditSeals')).filter((row) => row['partitionKey'] === 'seal');
    expect(seals.length).toBeGreaterThanOrEqual(2);
    expect(seals.some((row) => Number(row['rowCount']) > 0)).toBe(true);
    seals.slice(1).forEach((seal, index) => {
      expect(seal['previous']).toBe(seals[index]?.['hash']);
    });
  });
});

describe('src/functions/requests/openapi', () => {
  it('lists every route of the host, in OpenAPI 3.1, with every reference resolved', async () => {
    const document = expectStatus(await stack.api('GET', '/api/openapi.json'), 200);
    const functions = (
      await stack.api('GET', '/admin/functions', undefined, { 'x-functions-key': stack.info.app.masterKey })
    ).body as readonly { readonly config: { readonly bindings: readonly Readonly<Record<string, unknown>>[] } }[];
    const routes = functions.flatMap(({ config }) =>
      config.bindings
        // What has no route is answered by one of the functions too, which is no route of the document.
        .filter(({ type, route }) => type === 'httpTrigger' && route !== '{*path}')
        .map(({ methods, route }) => `${String((methods as readonly string[])[0])} /${String(route)}`.toLowerCase()),
    );

    expect(document['openapi']).toMatch(/^3\.1\./);
    const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path.replace(/^\/api/, '')}`.toLowerCase()),
    );
    expect(described.toSorted()).toEqual(routes.toSorted());
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(0);
    const resolve = (reference: string): unknown =>
      reference
        .split('/')
        .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document);
    expect(references.filter((reference) => resolve(reference) === undefined)).toEqual([]);
  });
});
