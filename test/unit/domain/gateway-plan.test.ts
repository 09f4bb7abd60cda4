import { applyPlanDefaults, type GatewayPlanInput } from '../../../src/domain/gateway-plan.ts';
import { aCompletePlan } from '../../support/builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId, aVirtualNetwork } from '../../support/builders/a-gateway-plan.ts';

const defaults = { subscriptionId: aSubscriptionId };
const group = `/subscriptions/${aSubscriptionId}/resourceGroups/TestRG1`;
const network = `${group}/providers/Microsoft.Network`;

function bareMinimum(changes: Partial<GatewayPlanInput> = {}): GatewayPlanInput {
  return {
    name: 'VNet1GW',
    location: 'East US',
    resourceGroup: 'TestRG1',
    virtualNetwork: { name: 'VNet1', addressSpace: ['10.1.0.0/16'] },
    ...changes,
  };
}

describe('src/domain/gateway-plan', () => {
  it('fills in everything that only four fields leave open', () => {
    expect(aCompletePlan(bareMinimum(), defaults)).toEqual({
      id: 'vnet1gw',
      subscriptionId: aSubscriptionId,
      name: 'VNet1GW',
      location: 'eastus',
      resourceGroup: 'TestRG1',
      virtualNetwork: { kind: 'new', name: 'VNet1', addressSpace: ['10.1.0.0/16'], dnsServers: [], subnets: [] },
      ipConfigurations: [
        {
          name: 'gwipconf',
          publicIp: { name: 'VNet1GW-pip', allocationMethod: 'Static', sku: 'Standard', zones: ['1', '2', '3'] },
        },
      ],
      sku: 'VpnGw1AZ',
      generation: 'Generation1',
      vpnType: 'RouteBased',
      activeActive: false,
      clientAddressPool: ['172.16.201.0/24'],
      protocols: ['IkeV2', 'OpenVPN'],
      authentication: ['Certificate'],
      rootIds: [],
      onPremisesRanges: [],
      tags: {},
      resourceIds: {
        resourceGroup: group,
        virtualNetwork: `${network}/virtualNetworks/VNet1`,
        gatewaySubnet: `${network}/virtualNetworks/VNet1/subnets/GatewaySubnet`,
        publicIps: [`${network}/publicIPAddresses/VNet1GW-pip`],
        gateway: `${network}/virtualNetworkGateways/VNet1GW`,
      },
    });
  });

  it('keeps what the plan says over every default', () => {
    const plan = aCompletePlan(
      bareMinimum({
        subscriptionId: '00000000-0000-4000-8000-000000000001',
        id: 'north',
        sku: 'VpnGw2AZ',
        generation: 'Generation1',
        publicIp: { name: 'VNet1GWpip', zones: [] },
        ipConfigurationName: 'default',
        expectedUsers: 50,
      }),
      defaults,
    );

    expect(plan).toMatchObject({
      subscriptionId: '00000000-0000-4000-8000-000000000001',
      id: 'north',
      generation: 'Generation1',
      expectedUsers: 50,
      ipConfigurations: [{ name: 'default', publicIp: { name: 'VNet1GWpip', zones: [] } }],
    });
    expect(plan.resourceIds.gateway).toContain('/subscriptions/00000000-0000-4000-8000-000000000001/');
  });

  it('plans three addresses for an active-active gateway', () => {
    const plan = aCompletePlan(bareMinimum({ activeActive: true, publicIp: { name: 'pip' } }), defaults);

    expect(plan.ipConfigurations.map(({ name, publicIp }) => [name, publicIp.name])).toEqual([
      ['gwipconf', 'pip'],
      ['gwipconf2', 'pip2'],
      ['gwipconf3', 'pip3'],
    ]);
    expect(plan.resourceIds.publicIps).toEqual(
      ['pip', 'pip2', 'pip3'].map((name) => `${network}/publicIPAddresses/${name}`),
    );
  });

  it('uses an existing virtual network under the id it was given by', () => {
    const resourceId = `/subscriptions/${aSubscriptionId}/resourceGroups/other/providers/Microsoft.Network/virtualNetworks/Hub`;
    const plan = aCompletePlan(bareMinimum({ virtualNetwork: { resourceId } }), defaults);

    expect(plan.virtualNetwork).toEqual({ kind: 'existing', resourceId });
    expect(plan.resourceIds).toMatchObject({
      virtualNetwork: resourceId,
      gatewaySubnet: `${resourceId}/subnets/GatewaySubnet`,
      gateway: `${network}/virtualNetworkGateways/VNet1GW`,
    });
  });

  it.each([
    [
      'the address space',
      bareMinimum({ virtualNetwork: { name: 'VNet1', addressSpace: ['172.16.0.0/12'] } }),
      undefined,
    ],
    ['a range on premises', bareMinimum({ onPremisesRanges: ['172.16.201.128/25'] }), undefined],
    [
      'the existing network',
      bareMinimum({
        virtualNetwork: {
          resourceId: `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/Hub`,
        },
      }),
      ['172.16.0.0/16'],
    ],
  ])('makes up no pool when the usual one overlaps %s', (_, input, existingAddressSpace) => {
    const known = existingAddressSpace === undefined ? defaults : { ...defaults, existingAddressSpace };

    expect(aCompletePlan(input, known).clientAddressPool).toEqual([]);
  });

  it('makes equal plans equal, in whatever order they were written', () => {
    const subnets = [
      { name: 'FrontEnd', prefix: '10.1.0.0/24' },
      { name: 'GatewaySubnet', prefix: '10.1.255.0/27' },
    ];
    const addressSpace = ['10.1.0.0/16', '10.20.0.0/16'];
    const one = aGatewayPlan({
      virtualNetwork: aVirtualNetwork({ addressSpace, subnets }),
      clientAddressPool: ['172.16.9.0/24', '172.16.201.0/24'],
      protocols: ['IkeV2', 'OpenVPN'],
      tags: { a: '1', b: '2' },
    });
    const other = aGatewayPlan({
      virtualNetwork: aVirtualNetwork({ addressSpace: addressSpace.toReversed(), subnets: subnets.toReversed() }),
      clientAddressPool: ['172.16.201.0/24', '172.16.9.0/24'],
      protocols: ['OpenVPN', 'IkeV2'],
      tags: { b: '2', a: '1' },
    });

    expect(JSON.stringify(aCompletePlan(one, defaults))).toBe(JSON.stringify(aCompletePlan(other, defaults)));
  });

  it('keeps the order of DNS servers and roots, which means something', () => {
    const plan = aCompletePlan(
      aGatewayPlan({
        virtualNetwork: aVirtualNetwork({ dnsServers: ['10.1.0.9', '10.1.0.4'] }),
        rootIds: ['root', 'intermediate'],
      }),
      defaults,
    );

    expect(plan.virtualNetwork).toMatchObject({ dnsServers: ['10.1.0.9', '10.1.0.4'] });
    expect(plan.rootIds).toEqual(['root', 'intermediate']);
  });

  it('sorts ranges it cannot read last, so that the order is still one', () => {
    const pool = ['x', '172.16.9.0/24', 'a', '172.16.8.0/24'];

    const plan = aCompletePlan(aGatewayPlan({ clientAddressPool: pool }), defaults);

    expect(plan.clientAddressPool).toEqual(['172.16.8.0/24', '172.16.9.0/24', 'a', 'x']);
  });

  it('leaves lists in the order they were given when only the defaults are wanted', () => {
    const pool = ['172.16.9.0/24', '172.16.8.0/24'];

    expect(applyPlanDefaults(aGatewayPlan({ clientAddressPool: pool }), defaults).clientAddressPool).toEqual(pool);
  });
});
