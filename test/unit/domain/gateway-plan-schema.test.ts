import { z } from 'zod';
import { type GatewayPlanInput, gatewayPlanSchema } from '../../../src/domain/gateway-plan.ts';
import { aGatewayPlan, aSubscriptionId, aVirtualNetwork } from '../../support/builders/a-gateway-plan.ts';

const virtualNetworkId = `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/VNet1`;

function faultPaths(plan: unknown): readonly string[] {
  const parsed = gatewayPlanSchema.safeParse(plan);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('src/domain/gateway-plan-schema', () => {
  it('takes a plan with the four required fields alone', () => {
    const { name, location, resourceGroup, virtualNetwork } = aGatewayPlan();

    expect(faultPaths({ name, location, resourceGroup, virtualNetwork })).toEqual([]);
  });

  it.each<GatewayPlanInput['virtualNetwork']>([
    { resourceId: virtualNetworkId },
    {
      resourceId: virtualNetworkId,
      subnets: [{ name: 'GatewaySubnet', prefix: '10.1.255.0/27' }],
      dnsServers: [],
      allowForeignVnet: true,
    },
  ])('takes an existing virtual network by its id, alone or with what it is to get: %j', (virtualNetwork) => {
    expect(faultPaths(aGatewayPlan({ virtualNetwork }))).toEqual([]);
  });

  it.each([
    { sku: 'VpnGw1' },
    { sku: 'VpnGw5' },
    { sku: 'Basic' },
    { sku: 'Standard' },
    { sku: 'HighPerformance' },
    { protocols: ['SSTP'] },
    { publicIp: { name: 'pip', allocationMethod: 'Dynamic', sku: 'Basic' } },
    { vpnType: 'PolicyBased' },
    { name: 'a name with spaces' },
    { clientAddressPool: ['010.0.0.0/8'] },
  ])('leaves %j to the rules, which can say why', (changes) => {
    expect(faultPaths({ ...aGatewayPlan(), ...changes })).toEqual([]);
  });

  it.each([
    [{ sku: 'VpnGw9' }, 'sku'],
    [{ sku: 'VpnGw1AZ ' }, 'sku'],
    [{ gatewayType: 'ExpressRoute' }, 'gatewayType'],
    [{ generation: 'Generation3' }, 'generation'],
    [{ protocols: ['IKE'] }, 'protocols.0'],
    [{ protocols: 'IkeV2' }, 'protocols'],
    [{ authentication: ['Password'] }, 'authentication.0'],
    [{ activeActive: 'yes' }, 'activeActive'],
    [{ expectedUsers: 0 }, 'expectedUsers'],
    [{ expectedUsers: 1.5 }, 'expectedUsers'],
    [{ expectedUsers: Number.MAX_VALUE }, 'expectedUsers'],
    [{ subscriptionId: 'mine' }, 'subscriptionId'],
    [{ id: 'Not A Slug' }, 'id'],
    [{ rootIds: ['../x'] }, 'rootIds.0'],
    [{ tags: { cost: 1 } }, 'tags.cost'],
    [{ tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, ''])) }, 'tags'],
    [{ clientAddressPool: Array.from({ length: 10_000 }, () => '172.16.0.0/24') }, 'clientAddressPool'],
    [{ onPremisesRanges: Array.from({ length: 601 }, () => '172.16.0.0/24') }, 'onPremisesRanges'],
    [{ name: 'x'.repeat(257) }, 'name'],
    [{ publicIp: { zones: ['4'] } }, 'publicIp.zones.0'],
    [{ surprise: true }, ''],
    [{ publicIp: { address: '1.2.3.4' } }, 'publicIp'],
    [{ virtualNetwork: null }, 'virtualNetwork'],
    [{ virtualNetwork: [] }, 'virtualNetwork'],
    [{ virtualNetwork: aVirtualNetwork({ addressSpace: [] }) }, 'virtualNetwork.addressSpace'],
    [{ virtualNetwork: { resourceId: 'VNet1' } }, 'virtualNetwork.resourceId'],
    [{ virtualNetwork: { resourceId: virtualNetworkId, name: 'Hub' } }, 'virtualNetwork.resourceId'],
    [{ virtualNetwork: aVirtualNetwork({ resourceId: virtualNetworkId }) }, 'virtualNetwork.resourceId'],
  ])('refuses %j', (changes, path) => {
    expect(faultPaths({ ...aGatewayPlan(), ...changes })).toContain(path);
  });

  it('takes Azure’s words in any letter case, and writes them as Azure does', () => {
    const written = {
      gatewayType: 'vpn',
      sku: 'vpngw2az',
      generation: 'generation2',
      vpnType: 'routebased',
      protocols: ['IKEv2', 'openvpn'],
      authentication: ['certificate'],
      publicIp: { allocationMethod: 'static', sku: 'standard' },
    };

    expect(gatewayPlanSchema.parse({ ...aGatewayPlan(), ...written })).toMatchObject({
      gatewayType: 'Vpn',
      sku: 'VpnGw2AZ',
      generation: 'Generation2',
      vpnType: 'RouteBased',
      protocols: ['IkeV2', 'OpenVPN'],
      authentication: ['Certificate'],
      publicIp: { allocationMethod: 'Static', sku: 'Standard' },
    });
  });

  it('reports what is missing from the virtual network together with everything else', () => {
    const paths = faultPaths({
      name: 1,
      location: 'eastus',
      virtualNetwork: { subnets: [{ name: 'x' }], extra: 1 },
      more: 2,
    });

    expect(paths.toSorted()).toEqual([
      '',
      'name',
      'resourceGroup',
      'virtualNetwork',
      'virtualNetwork.addressSpace',
      'virtualNetwork.name',
      'virtualNetwork.subnets.0.prefix',
    ]);
  });

  it('describes every field in its JSON Schema, and that a network is made or named', () => {
    const schema = z.toJSONSchema(gatewayPlanSchema, { io: 'input' });
    const properties = schema.properties ?? {};

    for (const [name, property] of Object.entries(properties)) {
      expect([name, typeof property === 'object' && property.description !== undefined]).toEqual([name, true]);
    }
    expect(schema.required).toEqual(['name', 'location', 'resourceGroup', 'virtualNetwork']);
    expect(properties['virtualNetwork']).toMatchObject({
      oneOf: [{ required: ['name', 'addressSpace'] }, { required: ['resourceId'] }],
    });
    expect(properties['tags']).toMatchObject({ maxProperties: 49 });
  });
});
