import { type GatewayPlanInput } from '../../../../src/domain/gateway-plan.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import type { ArmAnswer } from '../../../../src/ports/arm.ts';
import { createJudgePlan, type JudgePlan } from '../../../../src/services/gateways/judge-plan.ts';
import { aCompletePlan } from '../../../support/builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId } from '../../../support/builders/a-gateway-plan.ts';
import { describeProblems } from '../../../support/found-problems.ts';
import { aRequest, aRoot, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';

const plan = aCompletePlan(aGatewayPlan(), { subscriptionId: aSubscriptionId });
const ids = plan.resourceIds;
const networkId = ids.virtualNetwork;
/** As the port answers when a connection broke. */
const unreached: ArmAnswer<JsonObject> = {
  outcome: 'unavailable',
  status: 0,
  retryAfterSeconds: 10,
  code: 'noAnswer',
  isOurs: true,
  message: 'Azure could not be reached: ECONNRESET.',
};
const strangerId = ids.gateway.replace('VNet1GW', 'Theirs');

function judgeIn(world: ServicesWorld): JudgePlan {
  return createJudgePlan({
    arm: world.arm,
    stores: world.stores,
    subscriptionId: aSubscriptionId,
    wait: () => Promise.resolve(),
  });
}

async function found(world: ServicesWorld, changes: Partial<GatewayPlanInput> = {}, operationId?: string) {
  const { problems } = await judgeIn(world)(aGatewayPlan(changes), operationId);
  return describeProblems(problems);
}

function aNetwork(properties: JsonObject = {}, gatewayIds: readonly string[] = []): JsonObject {
  return {
    location: 'eastus',
    properties: {
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
      subnets: [
        {
          name: 'GatewaySubnet',
          properties: {
            addressPrefix: '10.1.255.0/27',
            ipConfigurations: gatewayIds.map((id) => ({ id: `${id}/ipConfigurations/default` })),
          },
        },
      ],
      ...properties,
    },
  };
}

describe('src/services/gateways/judge-plan', () => {
  it('finds nothing wrong where nothing is there yet', async () => {
    expect(await found(createServicesWorld())).toEqual([]);
  });

  it.each(['Vpn', 'ExpressRoute'])('sees a %s gateway that nobody registered in the network', async (gatewayType) => {
    const world = createServicesWorld();
    world.arm.resources.set(networkId, aNetwork({}, [strangerId, strangerId]));
    world.arm.resources.set(strangerId, { properties: { gatewayType } });

    expect(await found(world)).toEqual(
      gatewayType === 'Vpn' ? ['error virtualNetworkHasGateway /virtualNetwork/name'] : [],
    );
  });

  it('holds the client pool against the networks that are peered', async () => {
    const world = createServicesWorld();
    const remoteAddressSpace = { addressPrefixes: ['172.16.0.0/16'] };
    world.arm.resources.set(
      networkId,
      aNetwork({ virtualNetworkPeerings: [{ name: 'to-hub', properties: { remoteAddressSpace } }] }),
    );

    expect(await found(world)).toEqual(['error poolOverlapsPeering /clientAddressPool/0']);
  });

  it('sees an address that something else has', async () => {
    const world = createServicesWorld();
    const ipConfiguration = { id: '/subscriptions/s/networkInterfaces/nic/ipConfigurations/1' };
    world.arm.resources.set(ids.publicIps[0] ?? '', {
      sku: { name: 'Standard' },
      properties: { publicIPAllocationMethod: 'Static', ipConfiguration },
    });

    expect(await found(world)).toEqual(['error publicIpInUse /publicIp/name']);
  });

  it('sees a gateway of this name that it did not make', async () => {
    const world = createServicesWorld();
    world.arm.resources.set(ids.gateway, { properties: { gatewayType: 'Vpn' } });

    expect(await found(world)).toEqual(['error gatewayExists /name']);
  });

  it('says that the id is taken, but not to the operation that took it', async () => {
    const world = createServicesWorld();
    const request = aRequest(world, 'build');
    await world.gatewayOperations.build(plan, request);
    world.arm.resources.set(ids.gateway, { properties: { gatewayType: 'Vpn' } });

    expect(await found(world)).toEqual(['error idTaken /id']);
    expect(await found(world, {}, request.operationId)).toEqual([]);
    expect(await found(world, { id: 'another' })).toEqual(['error gatewayRegistered /name']);
  });

  it.each([
    ['refused', { outcome: 'refused', status: 403, code: 'AuthorizationFailed', message: 'no' }],
    ['busy', { outcome: 'busy', code: 'TooManyRequests', message: '', retryAfterSeconds: 9 }],
    ['a subscription that is not shown', { outcome: 'missing', of: 'subscription', code: 'SubscriptionNotFound' }],
    ['a subscription that there is not', { outcome: 'missing', of: 'subscription', code: 'InvalidSubscriptionId' }],
    ['a fault that stays', unreached],
  ])('takes no answer for no absence: %s', async (_what, answer) => {
    const world = createServicesWorld();
    const looks = 'retryAfterSeconds' in answer ? 6 : 3;
    for (let look = 0; look < looks; look += 1) world.arm.answerNext('readRaw', answer);

    expect(await found(world, { virtualNetwork: { resourceId: networkId } })).toEqual([
      'warning notLookedAt /virtualNetwork/resourceId',
      'warning notLookedAt /name',
      'warning notLookedAt /publicIp/name',
    ]);
  });

  it.each([
    ['a connection that broke', unreached, []],
    ['Azure’s fault', { ...unreached, status: 503, retryAfterSeconds: 2 }, [2000]],
    ['being throttled', { outcome: 'busy', code: 'TooManyRequests', message: '', retryAfterSeconds: 9 }, [9000]],
  ])('looks again after %s, no sooner than Azure asks', async (_what, answer, expected) => {
    const world = createServicesWorld();
    const waits: number[] = [];
    const wait = (ms: number): Promise<void> => {
      waits.push(ms);
      return Promise.resolve();
    };
    const judge = createJudgePlan({ arm: world.arm, stores: world.stores, subscriptionId: aSubscriptionId, wait });
    world.arm.answerNext('readRegions', answer);

    expect((await judge(aGatewayPlan())).problems).toEqual([]);
    expect(waits).toEqual(expected);
  });

  it('keeps nobody waiting for longer than ten seconds', async () => {
    const world = createServicesWorld();
    world.arm.answerNext('readRegions', { outcome: 'busy', code: 'Throttled', message: '', retryAfterSeconds: 11 });

    expect(await found(world)).toEqual(['warning notLookedAt /location']);
  });

  it('looks a second time where a connection broke', async () => {
    const world = createServicesWorld();
    for (let look = 0; look < 3; look += 1) world.arm.answerNext('readRaw', unreached);

    expect(await found(world, { virtualNetwork: { resourceId: networkId } })).toEqual([
      'error virtualNetworkMissing /virtualNetwork/resourceId',
    ]);
  });

  describe('at a GatewaySubnet with things attached', () => {
    const tableId = networkId.replace('virtualNetworks/VNet1', 'routeTables/table');
    const attached = {
      subnets: [
        {
          name: 'GatewaySubnet',
          properties: {
            addressPrefix: '10.1.255.0/27',
            networkSecurityGroup: { id: '/subscriptions/s/networkSecurityGroups/nsg' },
            routeTable: { id: tableId },
          },
        },
      ],
    };

    it('reads its route table', async () => {
      const world = createServicesWorld();
      world.arm.resources.set(networkId, aNetwork(attached));
      world.arm.resources.set(tableId, {
        properties: {
          disableBgpRoutePropagation: true,
          routes: [{ name: 'all', properties: { addressPrefix: '0.0.0.0/0', nextHopType: 'None' } }],
        },
      });

      expect(await found(world)).toEqual([
        'error gatewaySubnetSecurityGroup /virtualNetwork/name',
        'error gatewaySubnetWithoutPropagation /virtualNetwork/name',
        'error gatewaySubnetDefaultRoute /virtualNetwork/name',
      ]);
    });

    it('says that it was not let look at the table, and takes it for no empty one', async () => {
      const world = createServicesWorld();
      const refused = { outcome: 'refused', status: 403, code: 'AuthorizationFailed', message: 'no' };
      world.arm.resources.set(networkId, aNetwork(attached));
      world.arm.resources.set(tableId, { properties: {} });
      const arm = {
        ...world.arm,
        readRaw: (id: string) => (id === tableId ? Promise.resolve(refused as never) : world.arm.readRaw(id)),
      };
      const judge = createJudgePlan({
        arm,
        stores: world.stores,
        subscriptionId: aSubscriptionId,
        wait: () => Promise.resolve(),
      });

      expect(describeProblems((await judge(aGatewayPlan())).problems)).toEqual([
        'error gatewaySubnetSecurityGroup /virtualNetwork/name',
        'warning notLookedAt /virtualNetwork/name',
      ]);
    });
  });

  it('refuses a network by its id that is not there', async () => {
    expect(await found(createServicesWorld(), { virtualNetwork: { resourceId: networkId } })).toEqual([
      'error virtualNetworkMissing /virtualNetwork/resourceId',
    ]);
  });

  it('asks Azure for no name that Azure would not take', async () => {
    const world = createServicesWorld();
    world.arm.answerNext('readRaw', { outcome: 'refused', status: 400, code: 'Asked', message: '' });

    expect(await found(world, { resourceGroup: '../x' })).toEqual(['error nameRefused /resourceGroup']);
  });

  describe('at what its subscription offers', () => {
    const refused = { outcome: 'refused', status: 403, code: 'AuthorizationFailed', message: 'no' };
    const done = (value: unknown) => ({ outcome: 'done', value });

    it('says of each look that was refused that it was', async () => {
      const world = createServicesWorld();
      for (const read of ['readRegions', 'readUsages', 'readPermissions'] as const) world.arm.answerNext(read, refused);
      world.arm.answerNext('readPermissions', refused);
      world.arm.resources.set(networkId, aNetwork());

      expect(await found(world, { virtualNetwork: { resourceId: networkId } })).toEqual([
        'warning notLookedAt /location',
        'warning notLookedAt /location',
        'warning notLookedAt /resourceGroup',
        'warning notLookedAt /virtualNetwork/resourceId',
      ]);
    });

    it('takes a 404 of what is always there for no answer', async () => {
      const world = createServicesWorld();
      const missing = { outcome: 'missing', of: 'resource', code: 'NotFound', message: 'No.' };
      const virtualNetwork = { resourceId: networkId };
      const answerSo = (): void => {
        for (const read of ['readRegions', 'readUsages', 'readPermissions'] as const) {
          world.arm.answerNext(read, missing);
        }
        world.arm.answerNext('readPermissions', missing);
      };
      answerSo();
      world.arm.resources.set(networkId, aNetwork());

      const { problems } = await judgeIn(world)(aGatewayPlan({ virtualNetwork }));

      expect(describeProblems(problems)).toEqual([
        'warning notLookedAt /location',
        'warning notLookedAt /location',
        'warning notLookedAt /resourceGroup',
        'warning notLookedAt /virtualNetwork/resourceId',
      ]);
      expect(problems[0]?.message).toContain('(NotFound)');
      answerSo();
      world.arm.resources.delete(networkId);
      expect(await found(world, { virtualNetwork })).toEqual([
        'error virtualNetworkMissing /virtualNetwork/resourceId',
        'warning notLookedAt /location',
        'warning notLookedAt /location',
        'warning notLookedAt /resourceGroup',
      ]);
    });

    it('goes by the rights in the subscription where the group is still to be made', async () => {
      const world = createServicesWorld();
      world.arm.answerNext('readPermissions', {
        outcome: 'missing',
        of: 'resourceGroup',
        code: 'ResourceGroupNotFound',
        message: '',
      });
      world.arm.answerNext('readPermissions', done([{ actions: ['Microsoft.Network/*', '*/read'], notActions: [] }]));

      const { problems } = await judgeIn(world)(aGatewayPlan());

      expect(describeProblems(problems)).toEqual(['error rightsMissing /resourceGroup']);
      expect(problems[0]?.message).toContain(`at /subscriptions/${aSubscriptionId}: Microsoft.Resources/`);
    });

    it('plans the zones that the subscription has in the region', async () => {
      const world = createServicesWorld();
      world.arm.answerNext('readRegions', done([{ name: 'eastus', hasZones: false }]));

      const judged = await judgeIn(world)(aGatewayPlan());

      expect(judged.problems).toEqual([]);
      expect(judged.plan.ipConfigurations[0]?.publicIp.zones).toEqual([]);
    });

    it('refuses a region that the subscription has not', async () => {
      const world = createServicesWorld();
      world.arm.answerNext('readRegions', done([{ name: 'westeurope', hasZones: true }]));

      expect(await found(world)).toEqual(['error locationNotOffered /location']);
    });

    it('counts what the plan makes against what there may be, and not what is there', async () => {
      const world = createServicesWorld();
      const full = done([
        { name: 'VirtualNetworks', used: 50, limit: 50 },
        { name: 'StandardSkuPublicIpAddresses', used: 9, limit: 10 },
      ]);
      world.arm.answerNext('readUsages', full);
      expect(await found(world)).toEqual(['error quotaExceeded /virtualNetwork/name']);

      world.arm.resources.set(networkId, aNetwork());
      world.arm.answerNext('readUsages', full);
      expect(await found(world)).toEqual([]);
    });

    it('refuses a subscription that Azure does not show, once, and only when it says so again', async () => {
      const world = createServicesWorld();
      const unknown = { outcome: 'missing', of: 'subscription', code: 'SubscriptionNotFound', message: '' };
      world.arm.answerNext('readRegions', unknown);
      expect(await found(world)).toEqual([]);

      for (let look = 0; look < 2; look += 1) world.arm.answerNext('readRegions', unknown);
      for (let look = 0; look < 3; look += 1) world.arm.answerNext('readRaw', unknown);
      expect(await found(world)).toEqual(['error subscriptionUnknown /subscriptionId']);
    });

    it('asks for the numbers of no region whose name might be a step of a path', async () => {
      const world = createServicesWorld();
      world.arm.answerNext('readUsages', refused);

      expect(await found(world, { location: '../x' })).toEqual(['error locationRefused /location']);
    });
  });

  it('reads side by side, and some fifteen times at most', async () => {
    const world = createServicesWorld();
    const gateways = Array.from({ length: 9 }, (_, n) => `${strangerId}${n}`);
    world.arm.resources.set(networkId, aNetwork({}, gateways));
    let [open, most, all] = [0, 0, 0];
    const counted = <T extends readonly unknown[], R>(read: (...args: T) => Promise<R>) => {
      return async (...args: T): Promise<R> => {
        all += 1;
        open += 1;
        most = Math.max(most, open);
        await Promise.resolve();
        open -= 1;
        return read(...args);
      };
    };
    const arm = {
      readRaw: counted((id: string) => world.arm.readRaw(id)),
      readPermissions: counted((id: string) => world.arm.readPermissions(id)),
      readRegions: counted((id: string) => world.arm.readRegions(id)),
      readUsages: counted((id: string, location: string) => world.arm.readUsages(id, location)),
    };
    const judge = createJudgePlan({
      arm,
      stores: world.stores,
      subscriptionId: aSubscriptionId,
      wait: () => Promise.resolve(),
    });

    await judge(aGatewayPlan({ activeActive: true, virtualNetwork: { resourceId: networkId } }));

    expect(all).toBeLessThanOrEqual(15);
    expect(most).toBeGreaterThanOrEqual(9);
  });

  it('says which roots there are not', async () => {
    const world = createServicesWorld();
    await aRoot(world, 'root-1');

    expect(await found(world, { rootIds: ['root-1', 'root-2'] })).toEqual(['error rootUnknown /rootIds/1']);
  });
});
