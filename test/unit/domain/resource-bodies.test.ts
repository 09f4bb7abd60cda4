import type { GatewayPlanInput } from '../../../src/domain/gateway-plan.ts';
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

  describe('in a network that was there before', () => {
    const resourceId = `/subscriptions/${aSubscriptionId}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v1`;
    const gatewaySubnet = { name: 'GatewaySubnet', prefix: '10.9.255.0/27' };
    const current = {
      properties: {
        addressSpace: { addressPrefixes: ['10.9.0.0/16', '10.8.0.0/16'] },
        dhcpOptions: { dnsServers: ['10.9.0.4'], future: 1 },
        subnets: [{ name: 'theirs', properties: { addressPrefix: '10.9.7.0/24', nsg: 'x' } }],
      },
    };
    const planFor = (changes: Partial<GatewayPlanInput['virtualNetwork']>) =>
      aCompletePlan(aGatewayPlan({ virtualNetwork: { resourceId, subnets: [gatewaySubnet], ...changes } }), {
        subscriptionId: aSubscriptionId,
      });

    it('adds the subnets of the plan, and nothing else', () => {
      expect(mergeVirtualNetwork(planFor({}), current)).toEqual({
        outcome: 'write',
        body: {
          properties: {
            ...current.properties,
            subnets: [
              ...current.properties.subnets,
              { name: 'GatewaySubnet', properties: { addressPrefix: '10.9.255.0/27' } },
            ],
          },
        },
      });
    });

    it.each([
      [{}, 'equal'],
      [{ addressPrefix: '', addressPrefixes: [] }, 'equal'],
      [{ addressPrefix: '10.9.254.0/27' }, 'conflict'],
      [{ addressPrefixes: ['10.9.254.0/27', '10.9.255.0/27'] }, 'equal'],
    ])('goes by the ranges that a subnet of it shows: %j', (properties, outcome) => {
      const there = { properties: { ...current.properties, subnets: [{ name: 'GatewaySubnet', properties }] } };

      expect(mergeVirtualNetwork(planFor({}), there)).toMatchObject({ outcome });
    });

    it('leaves its DNS servers to a person, unless the plan lets them be changed', () => {
      expect(mergeVirtualNetwork(planFor({ dnsServers: ['10.9.0.5'] }), current)).toMatchObject({
        outcome: 'conflict',
        message: expect.stringContaining('allowForeignVnet') as unknown,
      });
      expect(mergeVirtualNetwork(planFor({ dnsServers: ['10.9.0.5'], allowForeignVnet: true }), current)).toMatchObject(
        {
          outcome: 'write',
          body: { properties: { dhcpOptions: { dnsServers: ['10.9.0.5'], future: 1 } } },
        },
      );
    });

    it('keeps them in mind for a network that is there under the name of a new one', () => {
      const named = aCompletePlan(aGatewayPlan({ virtualNetwork: aVirtualNetwork({ dnsServers: ['10.1.0.4'] }) }), {
        subscriptionId: aSubscriptionId,
      });

      expect(mergeVirtualNetwork(named, newVirtualNetwork(named))).toEqual({ outcome: 'equal' });
      expect(mergeVirtualNetwork(named, newVirtualNetwork(plan))).toMatchObject({ outcome: 'conflict' });
      // Who names none, wants none changed.
      expect(mergeVirtualNetwork(plan, newVirtualNetwork(named))).toEqual({ outcome: 'equal' });
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
      aGatewayPlan({
        sku: 'VpnGw2AZ',
        clientAddressPool: ['172.20.0.0/24'],
        activeActive: true,
        customRoutes: ['192.168.7.0/24'],
      }),
      { subscriptionId: aSubscriptionId },
    );

    expect(differencesFromPlan(plan, newGateway(other, []))).toEqual([
      expect.stringContaining('VpnGw2AZ'),
      expect.stringContaining('active-active'),
      expect.stringContaining('172.20.0.0/24'),
      expect.stringContaining('192.168.7.0/24'),
    ]);
  });
});
