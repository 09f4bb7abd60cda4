import {
  differencesFromPlan,
  mergeVirtualNetwork,
  newGateway,
  newVirtualNetwork,
} from '../../../src/domain/resource-bodies.ts';
import { aCompletePlan } from '../../support/builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId, aVirtualNetwork } from '../../support/builders/a-gateway-plan.ts';

const plan = aCompletePlan(aGatewayPlan(), { subscriptionId: aSubscriptionId });

describe('src/domain/resource-bodies', () => {
  it('creates a network with the subnets of the plan', () => {
    expect(newVirtualNetwork(plan)).toMatchObject({
      location: 'eastus',
      properties: {
        addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
        subnets: [
          { name: 'FrontEnd', properties: { addressPrefix: '10.1.0.0/24' } },
          { name: 'GatewaySubnet', properties: { addressPrefix: '10.1.255.0/27' } },
        ],
      },
    });
  });

  it('never leaves out a subnet or a field that it read', () => {
    const current = {
      etag: 'W/"1"',
      future: true,
      properties: {
        addressSpace: { addressPrefixes: ['10.1.0.0/16'], ipam: [] },
        subnets: [{ name: 'theirs', properties: { addressPrefix: '10.1.7.0/24', nsg: 'x' } }],
      },
    };

    const merge = mergeVirtualNetwork(plan, current);

    expect(merge).toMatchObject({ outcome: 'write', body: { etag: 'W/"1"', future: true } });
    expect(merge).toHaveProperty('body.properties.subnets.0', current.properties.subnets[0]);
    expect(merge).toHaveProperty('body.properties.subnets.length', 3);
    expect(merge).toHaveProperty('body.properties.addressSpace.ipam', []);
  });

  it('has nothing to write when everything planned is there', () => {
    expect(mergeVirtualNetwork(plan, newVirtualNetwork(plan))).toEqual({ outcome: 'equal' });
  });

  it('leaves a subnet of another size to a person', () => {
    const current = {
      properties: {
        addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
        subnets: [{ name: 'gatewaysubnet', properties: { addressPrefix: '10.1.200.0/27' } }],
      },
    };

    expect(mergeVirtualNetwork(plan, current)).toMatchObject({
      outcome: 'conflict',
      message: expect.stringContaining('GatewaySubnet') as unknown,
    });
  });

  it('asks for a gateway subnet in a network that it may not change', () => {
    const existing = aCompletePlan(
      aGatewayPlan({
        virtualNetwork: {
          resourceId: `/subscriptions/${aSubscriptionId}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v1`,
        },
      }),
      { subscriptionId: aSubscriptionId },
    );

    expect(mergeVirtualNetwork(existing, { properties: { subnets: [{ name: 'other' }] } })).toMatchObject({
      outcome: 'conflict',
    });
    expect(mergeVirtualNetwork(existing, { properties: { subnets: [{ name: 'GatewaySubnet' }] } })).toEqual({
      outcome: 'equal',
    });
  });

  it('gives an active-active gateway three addresses, each its own', () => {
    const active = aCompletePlan(aGatewayPlan({ activeActive: true }), { subscriptionId: aSubscriptionId });

    const body = newGateway(active, []) as unknown as {
      properties: { ipConfigurations: { properties: { publicIPAddress: { id: string } } }[] };
    };

    expect(new Set(body.properties.ipConfigurations.map(({ properties }) => properties.publicIPAddress.id)).size).toBe(
      3,
    );
  });

  it('trusts the roots of the plan from the first moment, in the shape that Azure takes', () => {
    expect(newGateway(plan, [{ entryName: 'r1', publicCertData: 'MII' }])).toMatchObject({
      properties: {
        vpnClientConfiguration: { vpnClientRootCertificates: [{ name: 'r1', properties: { publicCertData: 'MII' } }] },
      },
    });
  });

  it('says in which respects a gateway of the same name is another one', () => {
    expect(differencesFromPlan(plan, newGateway(plan, []))).toEqual([]);
    const other = aCompletePlan(
      aGatewayPlan({ sku: 'VpnGw2AZ', clientAddressPool: ['172.20.0.0/24'], virtualNetwork: aVirtualNetwork() }),
      { subscriptionId: aSubscriptionId },
    );

    expect(differencesFromPlan(plan, newGateway(other, []))).toEqual([
      expect.stringContaining('VpnGw2AZ'),
      expect.stringContaining('172.20.0.0/24'),
    ]);
  });
});
