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
  return createJudgePlan({ arm: world.arm, stores: world.stores, subscriptionId: aSubscriptionId });
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
    const looks = answer === unreached ? 6 : 3;
    for (let look = 0; look < looks; look += 1) world.arm.answerNext('readRaw', answer);

    expect(await found(world, { virtualNetwork: { resourceId: networkId } })).toEqual([
      'warning notLookedAt /virtualNetwork/resourceId',
      'warning notLookedAt /name',
      'warning notLookedAt /publicIp/name',
    ]);
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
        readRaw: (id: string) => (id === tableId ? Promise.resolve(refused as never) : world.arm.readRaw(id)),
      };
      const judge = createJudgePlan({ arm, stores: world.stores, subscriptionId: aSubscriptionId });

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

  it('says which roots there are not', async () => {
    const world = createServicesWorld();
    await aRoot(world, 'root-1');

    expect(await found(world, { rootIds: ['root-1', 'root-2'] })).toEqual(['error rootUnknown /rootIds/1']);
  });
});
