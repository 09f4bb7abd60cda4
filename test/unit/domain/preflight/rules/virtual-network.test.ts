import { aSubscriptionId } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems } from '../../../../support/found-problems.ts';

const group = `/subscriptions/${aSubscriptionId}/resourceGroups/testrg1/providers/Microsoft.Network`;
const other = {
  id: 'north',
  resourceId: `${group}/virtualNetworkGateways/North`,
  virtualNetworkId: `${group}/virtualNetworks/vnet1`,
  clientAddressPool: ['172.16.5.0/24'],
};

describe('src/domain/preflight/rules/virtual-network', () => {
  it('refuses a second gateway in one virtual network, in whatever case its id is written', () => {
    expect(foundProblems({}, { otherGateways: [other] })).toEqual([
      'error virtualNetworkHasGateway /virtualNetwork/name',
    ]);
    expect(
      foundProblems({ virtualNetwork: { resourceId: other.virtualNetworkId } }, { otherGateways: [other] }),
    ).toEqual(['error virtualNetworkHasGateway /virtualNetwork/resourceId']);
  });

  const facts = {
    location: 'eastus',
    addressSpace: ['10.1.0.0/16'],
    dnsServers: [],
    subnets: [{ name: 'GatewaySubnet', prefixes: ['10.1.255.0/27'] }],
  };
  const stranger = `${group}/virtualNetworkGateways/Theirs`;

  it.each([
    [{ resourceId: stranger, gatewayType: 'Vpn' }, ['error virtualNetworkHasGateway /virtualNetwork/name']],
    [{ resourceId: stranger }, ['warning virtualNetworkMayHaveGateway /virtualNetwork/name']],
    [{ resourceId: stranger, gatewayType: 'ExpressRoute' }, []],
    [{ resourceId: `${group}/virtualNetworkGateways/vnet1gw`, gatewayType: 'Vpn' }, []],
  ])('goes by what Azure shows in the network: %j gives %j', (gateway, expected) => {
    expect(foundProblems({}, { virtualNetworkFacts: { ...facts, gateways: [gateway] } })).toEqual(expected);
  });

  it('refuses a network that uses the gateway of a peer', () => {
    const peerings = [{ name: 'to-hub', addressSpace: ['10.9.0.0/16'], usesRemoteGateways: true }];

    expect(foundProblems({}, { virtualNetworkFacts: { ...facts, peerings } })).toEqual([
      'error virtualNetworkUsesRemoteGateway /virtualNetwork/name',
    ]);
  });

  it('takes a gateway beside others in other networks, and its own earlier record', () => {
    const elsewhere = { ...other, virtualNetworkId: `${group}/virtualNetworks/vnet2` };
    const itself = { ...other, resourceId: `${group}/virtualNetworkGateways/vnet1gw` };

    expect(foundProblems({}, { otherGateways: [elsewhere, itself] })).toEqual([]);
  });
});
