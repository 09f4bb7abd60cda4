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

  it('takes a gateway beside others in other networks, and its own earlier record', () => {
    const elsewhere = { ...other, virtualNetworkId: `${group}/virtualNetworks/vnet2` };
    const itself = { ...other, resourceId: `${group}/virtualNetworkGateways/vnet1gw` };

    expect(foundProblems({}, { otherGateways: [elsewhere, itself] })).toEqual([]);
  });
});
