import { aSubscriptionId, aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const resourceId = `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/Hub`;
const facts = {
  location: 'eastus',
  addressSpace: ['10.1.0.0/16'],
  dnsServers: ['10.1.0.4'],
  subnets: [{ name: 'FrontEnd', prefixes: ['10.1.0.0/24'] }],
};
const around = { virtualNetworkFacts: facts };
const gatewaySubnet = { name: 'GatewaySubnet', prefix: '10.1.255.0/27' };
const forwarding = 'warning customDnsMustForward /virtualNetwork/dnsServers';

describe('src/domain/preflight/rules/network-there', () => {
  it('lets a network by its id get the gateway’s subnet', () => {
    const virtualNetwork = { resourceId, subnets: [gatewaySubnet], dnsServers: ['10.1.0.4'] };

    expect(foundProblems({ virtualNetwork }, around)).toEqual([forwarding]);
  });

  it.each([[{ resourceId, subnets: [gatewaySubnet] }], [aVirtualNetwork()]])(
    'keeps DNS servers that are there without permission, whichever way the network is named: %j',
    (network) => {
      const changed = { virtualNetwork: { ...network, dnsServers: ['10.1.0.5'] } };

      expect(foundProblems(changed, around)).toEqual([forwarding, 'error foreignDnsKept /virtualNetwork/dnsServers']);
      expect(problemNamed('foreignDnsKept', changed, around).message).toMatch(/10\.1\.0\.4.*10\.1\.0\.5/);
      const allowed = { virtualNetwork: { ...changed.virtualNetwork, allowForeignVnet: true } };
      expect(foundProblems(allowed, around)).toEqual([
        forwarding,
        'warning foreignDnsChanges /virtualNetwork/dnsServers',
      ]);
    },
  );

  it('takes an empty list for Azure’s own servers where the network is named by its id', () => {
    const virtualNetwork = { resourceId, subnets: [gatewaySubnet], dnsServers: [] };

    expect(foundProblems({ virtualNetwork }, around)).toEqual(['error foreignDnsKept /virtualNetwork/dnsServers']);
  });

  it.each([
    [{ name: 'frontend', prefix: '10.1.7.0/24' }, ['error subnetDiffers /virtualNetwork/subnets/1/prefix']],
    [{ name: 'BackEnd', prefix: '10.1.0.128/25' }, ['error subnetOverlap /virtualNetwork/subnets/1/prefix']],
    [{ name: 'BackEnd', prefix: '10.2.0.0/24' }, ['error subnetOutsideAddressSpace /virtualNetwork/subnets/1/prefix']],
    [{ name: 'frontend', prefix: '10.1.0.0/24' }, []],
    [{ name: 'BackEnd', prefix: '10.1.2/24' }, ['error rangeNotCanonical /virtualNetwork/subnets/1/prefix']],
  ])('holds the subnet %j against those that are there: %j', (subnet, expected) => {
    const without = { virtualNetworkFacts: { ...facts, dnsServers: [] } };

    expect(foundProblems({ virtualNetwork: { resourceId, subnets: [gatewaySubnet, subnet] } }, without)).toEqual(
      expected,
    );
  });

  it('takes a subnet that shows no range for none of another range', () => {
    const managed = {
      virtualNetworkFacts: { ...facts, dnsServers: [], subnets: [{ name: 'GatewaySubnet', prefixes: [] }] },
    };
    const virtualNetwork = { resourceId, subnets: [gatewaySubnet] };

    expect(foundProblems({ virtualNetwork }, managed)).toEqual([
      'warning notLookedAt /virtualNetwork/subnets/0/prefix',
    ]);
    expect(problemNamed('notLookedAt', { virtualNetwork }, managed).message).toContain('10.1.255.0/27');
  });

  it('sees before the build what a network of the plan’s name has', () => {
    const other = {
      virtualNetworkFacts: { ...facts, dnsServers: [], subnets: [{ name: 'FrontEnd', prefixes: ['10.1.4.0/24'] }] },
    };

    expect(foundProblems({}, other)).toEqual(['error subnetDiffers /virtualNetwork/subnets/0/prefix']);
  });
});
