import { scanSteps } from '../../../../src/contracts/gateways/scan-inventory.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import type { ScanOrder } from '../../../../src/services/gateways/inventory-scans.ts';
import type { Inventory } from '../../../../src/services/gateways/inventory-view.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  anOperationId,
  aRequest,
  createServicesWorld,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const one = '11111111-1111-1111-1111-111111111111';
const two = '22222222-2222-2222-2222-222222222222';
const forbidden = { outcome: 'refused', status: 403, aboutBody: false, code: 'AuthorizationFailed', message: 'No.' };
const throttled = { outcome: 'busy', retryAfterSeconds: 47, code: 'SubscriptionRequestsThrottled', message: 'Slow.' };
const down = { outcome: 'unavailable', status: 503, retryAfterSeconds: 10, code: 'Http503', message: 'Down.' };

function gatewayId(subscription: string, name: string): string {
  return `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworkGateways/${name}`;
}

function put(world: ServicesWorld, subscription: string, name: string, properties: JsonObject = {}): string {
  const id = gatewayId(subscription, name);
  world.arm.resources.set(id, {
    id,
    location: 'eastus',
    properties: {
      gatewayType: 'Vpn',
      provisioningState: 'Succeeded',
      sku: { name: 'VpnGw1AZ' },
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: ['172.16.201.0/24'] },
        vpnClientProtocols: ['OpenVPN'],
        vpnAuthenticationTypes: ['Certificate'],
      },
      ...properties,
    },
  });
  return id;
}

/** Runs the steps as the orchestration does; answers the pauses in seconds that it was told to make. */
async function run(world: ServicesWorld, scanId: string): Promise<readonly number[]> {
  const pauses: number[] = [];
  for (const { name: step } of scanSteps) {
    const begunAt = world.now().toISOString();
    for (;;) {
      const progress = await world.inventoryScans.advance(scanId, step, begunAt);
      if (progress.outcome === 'done') break;
      if (progress.outcome !== 'more') {
        const end =
          progress.outcome === 'canceled'
            ? ({ status: 'canceled' } as const)
            : ({ ...progress, status: 'failed', step } as const);
        await world.inventoryScans.finish(scanId, end);
        return pauses;
      }
      pauses.push(progress.seconds);
      world.clock.advance(progress.seconds * 1000);
    }
  }
  await world.inventoryScans.finish(scanId, { status: 'succeeded' });
  return pauses;
}

async function scan(world: ServicesWorld, order: Partial<ScanOrder> = {}, seed = 'scan'): Promise<readonly number[]> {
  const { id } = await world.inventoryScans.begin({ sessions: false, ...order }, aRequest(world, seed));
  return run(world, id);
}

async function report(world: ServicesWorld): Promise<Inventory> {
  return given(await world.reportInventory());
}

describe('src/services/gateways/inventory-scans', () => {
  let world: ServicesWorld;

  beforeEach(() => {
    world = createServicesWorld();
  });

  it('has nothing to show before the first scan', async () => {
    expect(await world.reportInventory()).toBeUndefined();
  });

  it('sees every gateway of every subscription, and knows those that are registered here', async () => {
    const { resourceId, plan } = await aGateway(world);
    const [address = ''] = plan.resourceIds.publicIps;
    world.armInventory.addresses.push({ id: address, gatewayId: resourceId, sku: 'Standard' });
    put(world, one, 'a');
    put(world, two, 'b');
    put(world, two, 'express', { gatewayType: 'ExpressRoute' });

    await scan(world);

    const { gateways, scan: shown, subscriptions, notSeen, expressRouteGateways, running } = await report(world);
    expect(gateways.map(({ name, gatewayId: id }) => [name, id])).toEqual(
      expect.arrayContaining([
        ['a', undefined],
        ['b', undefined],
        [resourceId.split('/').at(-1), 'vnet1gw'],
      ]),
    );
    expect(gateways).toHaveLength(3);
    expect(expressRouteGateways).toBe(1);
    expect(subscriptions.map(({ gateways: count }) => count).toSorted()).toEqual([1, 1, 2]);
    expect(notSeen).toEqual([]);
    expect(running).toBeUndefined();
    expect(shown).toMatchObject({ operationId: anOperationId('scan'), requestedBy: 'tester', sessions: false });
    expect(await world.operations.get(anOperationId('scan'))).toMatchObject({
      status: 'succeeded',
      result: { subscriptions: 3, gateways: 3, notLookedAt: 0 },
    });
  });

  it('looks at the named subscriptions alone, and says so', async () => {
    put(world, one, 'a');
    put(world, two, 'b');

    await scan(world);
    expect(await report(world)).toMatchObject({ scan: { onlyNamed: false }, notSeen: [] });
    await scan(world, { subscriptions: [two] }, 'named');

    const { gateways, scan: shown, notSeen } = await report(world);
    expect(gateways.map(({ name }) => name)).toEqual(['b']);
    expect(shown?.onlyNamed).toBe(true);
    expect(notSeen).toEqual([{ id: '/subscriptions', why: expect.stringContaining('others are not in it') as string }]);
  });

  it.each([
    [{}, 'properties'],
    [{ properties: { gatewayType: 'Vpn', vpnClientConfiguration: 'redacted' } }, 'vpnClientConfiguration'],
    [{ properties: { gatewayType: 'Hologram' } }, 'gatewayType'],
  ])('says of a gateway that Azure shows as %j that it was not looked at', async (body, part) => {
    world.arm.resources.set(gatewayId(one, 'odd'), body);

    await scan(world, { sessions: true });

    const why = expect.stringMatching(new RegExp(`cannot be read: \\S*${part} `)) as string;
    expect(await report(world)).toMatchObject({
      gateways: [{ name: 'odd', notLookedAt: why, findings: [] }],
      notSeen: [{ id: gatewayId(one, 'odd'), why }],
    });
  });

  it('says of what it was refused that it was not looked at, and why, and goes on', async () => {
    put(world, one, 'a');
    put(world, two, 'b');
    world.armInventory.answerNext('listGatewayIds', forbidden);
    world.arm.answerNext('readRaw', { ...forbidden, correlationId: 'c-1' });

    await scan(world);

    const { gateways, notSeen, subscriptions } = await report(world);
    const [gateway] = gateways;
    expect(gateways).toHaveLength(1);
    expect(gateway?.notLookedAt).toBe('AuthorizationFailed: No. (correlation id c-1)');
    expect(gateway?.findings).toEqual([]);
    expect(subscriptions.filter(({ notLookedAt }) => notLookedAt !== undefined)).toHaveLength(1);
    expect(notSeen.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^\/subscriptions\/[12-]+$/),
      gateway?.resourceId,
    ]);
  });

  it('says of a subscription in which it may not read everything that it may hide some', async () => {
    world.armInventory.subscriptions.add(one);
    world.armInventory.answerNext('maySeeGateways', { outcome: 'done', value: false });

    await scan(world);

    expect(await report(world)).toMatchObject({
      subscriptions: [{ id: one, gateways: 0 }],
      notSeen: [{ id: `/subscriptions/${one}`, why: expect.stringContaining('may not read') as string }],
      gateways: [],
    });
  });

  it('waits as long as Azure asks when it is throttled, asks nothing meanwhile, and misses nothing', async () => {
    for (let index = 0; index < 30; index += 1) put(world, one, `gw${index}`);
    for (let index = 0; index < 4; index += 1) world.arm.answerNext('readRaw', throttled);

    const pauses = await scan(world);

    expect(pauses).toContain(47);
    const { gateways, notSeen } = await report(world);
    expect(gateways).toHaveLength(30);
    expect(notSeen).toEqual([]);
  });

  it('gives a gateway up that cannot be looked at for ten minutes, and says so', async () => {
    put(world, one, 'a');
    for (let index = 0; index < 100; index += 1) world.arm.answerNext('readRaw', down);
    const begun = world.now().getTime();

    await scan(world);

    expect((await report(world)).gateways).toMatchObject([{ name: 'a', notLookedAt: 'Http503: Down.' }]);
    const minutes = (world.now().getTime() - begun) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(10);
    expect(minutes).toBeLessThan(12);
  });

  it('looks once more for a gateway that is listed and not shown', async () => {
    put(world, one, 'a');
    world.arm.answerNext('readRaw', { outcome: 'missing', of: 'resource', code: 'ResourceNotFound', message: 'Gone.' });

    await scan(world);

    expect((await report(world)).gateways[0]?.notLookedAt).toBeUndefined();
  });

  it('takes the SKU of public addresses from the list, also where the gateway no longer names them', async () => {
    const [named, unnamed] = [put(world, one, 'named', addressOf('pip1')), put(world, one, 'unnamed')];
    const address = (name: string) =>
      `/subscriptions/${one}/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/${name}`;
    world.armInventory.addresses.push({ id: address('pip2'), gatewayId: unnamed.toUpperCase(), sku: 'Basic' });

    await scan(world);

    const { gateways, notSeen } = await report(world);
    expect(gateways.find(({ resourceId }) => resourceId === unnamed)).toMatchObject({
      publicIpAddresses: [{ id: address('pip2'), sku: 'Basic' }],
      findings: expect.arrayContaining([expect.objectContaining({ code: 'publicIpBasic' })]) as unknown,
    });
    expect(gateways.find(({ resourceId }) => resourceId === named)?.publicIpAddresses).toEqual([
      { id: address('pip1') },
    ]);
    expect(notSeen).toEqual([{ id: address('pip1'), why: expect.stringContaining('SKU is not known') as string }]);
  });

  it('says of a public address whose SKU the list does not show that it was not seen', async () => {
    const resourceId = put(world, one, 'named', addressOf('pip1'));
    const id = `/subscriptions/${one}/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/pip1`;
    world.armInventory.addresses.push({ id, gatewayId: resourceId });

    await scan(world);

    const { gateways, notSeen } = await report(world);
    expect(gateways[0]?.publicIpAddresses).toEqual([{ id }]);
    expect(notSeen.map(({ id: unseen }) => unseen)).toEqual([id]);
  });

  it('counts sessions by name where it is asked to, and says where Azure would not', async () => {
    put(world, one, 'a');
    put(world, one, 'b', { vpnClientConfiguration: null });
    world.arm.answerNext('startSessions', { outcome: 'done', value: 'state', retryAfterSeconds: 10 });
    world.arm.answerNext('pollSessions', { outcome: 'running', state: 'state2', retryAfterSeconds: 10 });
    const session = (commonName: string) => ({
      commonName,
      connectionId: 'x',
      publicIpAddress: '',
      privateIpAddress: '',
    });
    world.arm.answerNext('pollSessions', {
      outcome: 'succeeded',
      value: { sessions: [session('kim'), session('lee'), session('kim')], unreadable: 1 },
    });

    await scan(world, { sessions: true });

    const { gateways, scan: shown } = await report(world);
    expect(shown?.sessions).toBe(true);
    expect(gateways.map(({ sessions }) => sessions)).toMatchObject([
      {
        total: 3,
        byName: [
          { name: 'kim', count: 2 },
          { name: 'lee', count: 1 },
        ],
        furtherNames: 0,
        unreadable: 1,
      },
      undefined,
    ]);

    world.arm.answerNext('startSessions', forbidden);
    await scan(world, { sessions: true }, 'again');

    const later = await report(world);
    expect(later.gateways[0]?.sessions).toMatchObject({ notLookedAt: 'AuthorizationFailed: No.' });
    expect(later.notSeen).toEqual([{ id: gatewayId(one, 'a'), why: 'Sessions: AuthorizationFailed: No.' }]);
  });

  it('says of a gateway that is registered here and was not in Azure’s list that it was not seen', async () => {
    const { resourceId } = await aGateway(world);
    world.armInventory.answerNext('listGatewayIds', { outcome: 'done', value: [] });
    await aGateway(world, 'removedgw', { state: 'removed' });

    await scan(world);

    const why = 'It is registered here as vnet1gw, and Azure did not list it.';
    expect(await report(world)).toMatchObject({ gateways: [], notSeen: [{ id: resourceId, why }] });

    await scan(world, { subscriptions: [two] }, 'elsewhere');
    expect((await report(world)).notSeen.map(({ id }) => id)).not.toContain(resourceId);
  });

  it('says of a gateway with more on it than can be kept that it was not looked at, and sees the others', async () => {
    put(world, one, 'a');
    const addressPrefixes = Array.from({ length: 60_000 }, (_, index) => `10.0.${index >> 8}.${index % 256}/32`);
    put(world, one, 'vast', { vpnClientConfiguration: { vpnClientAddressPool: { addressPrefixes } } });

    await scan(world);

    const { gateways, notSeen } = await report(world);
    expect(gateways.map(({ name, notLookedAt }) => [name, notLookedAt])).toEqual([
      ['a', undefined],
      ['vast', expect.stringMatching(/^What Azure shows of it is more than can be kept: \d+ characters\.$/)],
    ]);
    expect(notSeen.map(({ id }) => id)).toEqual([gatewayId(one, 'vast')]);
  });

  it('keeps all of a gateway at Azure’s limits, and of ten thousand names what a row takes, the others counted', async () => {
    const entries = (count: number, properties: (index: number) => JsonObject): JsonObject[] =>
      Array.from({ length: count }, (_, index) => ({
        name: `${index}-${'n'.repeat(80)}`,
        properties: properties(index),
      }));
    put(world, one, 'full', {
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24'] },
        vpnClientRootCertificates: entries(20, () => ({ publicCertData: 'AAAA' })),
        vpnClientRevokedCertificates: entries(300, (index) => ({
          thumbprint: index.toString(16).toUpperCase().padStart(40, '0'),
        })),
      },
    });
    world.arm.answerNext('startSessions', { outcome: 'done', value: 'state', retryAfterSeconds: 10 });
    const sessions = Array.from({ length: 10_000 }, (_, index) => ({ commonName: `${index}${'\u0001'.repeat(100)}` }));
    world.arm.answerNext('pollSessions', { outcome: 'succeeded', value: { sessions, unreadable: 0 } });

    await scan(world, { sessions: true });

    const [gateway] = (await report(world)).gateways;
    expect(gateway?.pointToSite).toMatchObject({ rootSlots: { used: 20 }, revocationSlots: { used: 300 } });
    const { total, byName = [], furtherNames = 0 } = gateway?.sessions ?? {};
    expect([total, byName.length + furtherNames]).toEqual([10_000, 10_000]);
    expect(byName.length).toBeGreaterThan(100);
  });

  it('knows thousands of public addresses of one subscription', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `gw${index}`);
    for (const name of names) {
      const resourceId = put(world, one, name, { vpnClientConfiguration: null });
      for (let index = 0; index < 100; index += 1) {
        const id = resourceId.replace('virtualNetworkGateways/', `publicIPAddresses/${index}-`);
        world.armInventory.addresses.push({ id, gatewayId: resourceId, sku: 'Standard' });
      }
    }

    await scan(world);

    const counts = (await report(world)).gateways.map(({ publicIpAddresses = [] }) => publicIpAddresses.length);
    expect(counts).toEqual(names.map(() => 100));
  });

  it('asks nobody for sessions unless it is told to', async () => {
    put(world, one, 'a');

    await scan(world);

    const steps = (await world.operations.get(anOperationId('scan')))?.steps ?? [];
    expect(steps.map(({ name }) => name)).toEqual(scanSteps.map(({ name }) => name));
    expect((await report(world)).gateways[0]).not.toHaveProperty('sessions');
  });

  it('runs one scan at a time, and shows the last one while the next is under way', async () => {
    put(world, one, 'a');
    await scan(world);
    put(world, one, 'b');
    const { id } = await world.inventoryScans.begin({ sessions: false }, aRequest(world, 'second'));

    await expect(world.inventoryScans.begin({ sessions: false }, aRequest(world, 'third'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringContaining(id) as string,
    });
    const meanwhile = await report(world);
    expect(meanwhile.running).toMatchObject({ id, kind: 'scanInventory' });
    expect(meanwhile.gateways.map(({ name }) => name)).toEqual(['a']);

    await run(world, id);
    const after = await report(world);
    expect(after.running).toBeUndefined();
    expect(after.gateways.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await world.stores.scannedGateways.list(anOperationId('scan'))).toEqual([]);
    expect(await world.stores.scannedSubscriptions.list(anOperationId('scan'))).toEqual([]);
    await expect(scan(world, {}, 'third')).resolves.toBeDefined();
  });

  it('shows the scan before when one fails, and lets the next begin', async () => {
    put(world, one, 'a');
    await scan(world);
    world.armInventory.answerNext('listSubscriptions', { ...forbidden, correlationId: 'c-2' });

    await scan(world, {}, 'failing');

    expect(await world.operations.get(anOperationId('failing'))).toMatchObject({
      status: 'failed',
      problem: { azure: { code: 'AuthorizationFailed', message: 'No.', correlationId: 'c-2' } },
    });
    expect((await report(world)).scan?.operationId).toBe(anOperationId('scan'));
    await expect(scan(world, {}, 'next')).resolves.toBeDefined();
  });

  it('stops when it is canceled, and keeps nothing of it', async () => {
    put(world, one, 'a');
    const { id } = await world.inventoryScans.begin({ sessions: false }, aRequest(world, 'scan'));
    await world.operations.requestCancel(id);

    await run(world, id);

    expect((await world.operations.get(id))?.status).toBe('canceled');
    expect(await world.reportInventory()).toBeUndefined();
  });

  it('sees the same when every call is made twice, as after a crash', async () => {
    for (let index = 0; index < 25; index += 1) put(world, one, `gw${index}`);
    const { id } = await world.inventoryScans.begin({ sessions: false }, aRequest(world, 'scan'));
    for (const { name: step } of scanSteps) {
      for (let calls = 0; calls < 6; calls += 1) {
        await world.inventoryScans.advance(id, step, world.now().toISOString());
      }
    }
    await world.inventoryScans.finish(id, { status: 'succeeded' });
    await world.inventoryScans.finish(id, { status: 'succeeded' });

    expect((await report(world)).gateways).toHaveLength(25);
  });

  it('keeps no secret of a gateway anywhere', async () => {
    const client = {
      vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24'] },
      vpnAuthenticationTypes: ['Radius'],
      radiusServerAddress: '10.0.0.4',
      radiusServerSecret: 'hush-hush',
    };
    put(world, one, 'a', { vpnClientConfiguration: client });

    await scan(world);

    expect(JSON.stringify(await report(world))).not.toContain('hush-hush');
    expect(JSON.stringify(await world.stores.scannedGateways.list(anOperationId('scan')))).not.toContain('hush-hush');
  });
});

function addressOf(name: string): JsonObject {
  const id = `/subscriptions/${one}/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/${name}`;
  return { ipConfigurations: [{ properties: { publicIPAddress: { id } } }] };
}
