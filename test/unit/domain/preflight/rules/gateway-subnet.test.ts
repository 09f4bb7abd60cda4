import { aSubscriptionId, aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const resourceId = `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/Hub`;

function withSubnets(...subnets: { name: string; prefix: string }[]) {
  return { virtualNetwork: aVirtualNetwork({ subnets }) };
}

describe('src/domain/preflight/rules/gateway-subnet', () => {
  it.each([
    ['10.1.255.0/24', []],
    ['10.1.255.0/27', []],
    ['10.1.255.0/28', ['warning gatewaySubnetSmall /virtualNetwork/subnets/0/prefix']],
    ['10.1.255.0/29', ['warning gatewaySubnetSmall /virtualNetwork/subnets/0/prefix']],
    [
      '10.1.255.0/30',
      [
        'error subnetTooSmall /virtualNetwork/subnets/0/prefix',
        'error gatewaySubnetTooSmall /virtualNetwork/subnets/0/prefix',
      ],
    ],
  ])('finds in the prefix %s %j', (prefix, expected) => {
    expect(foundProblems(withSubnets({ name: 'GatewaySubnet', prefix }))).toEqual(expected);
  });

  it.each(['gatewaysubnet', 'GATEWAYSUBNET', 'Gatewaysubnet'])(
    'takes %j for the gateway’s subnet, as Azure does',
    (name) => {
      expect(foundProblems(withSubnets({ name, prefix: '10.1.255.0/27' }))).toEqual([]);
      expect(
        foundProblems(
          { virtualNetwork: { resourceId } },
          {
            virtualNetworkFacts: {
              location: 'eastus',
              addressSpace: ['10.1.0.0/16'],
              dnsServers: [],
              subnets: [{ name, prefixes: ['10.1.255.0/27'] }],
            },
          },
        ),
      ).toEqual([]);
    },
  );

  it.each(['Gateway-Subnet', 'gateway_subnet', 'GatewaySubnets', 'GWSubnet'])('refuses the near miss %j', (name) => {
    expect(foundProblems(withSubnets({ name, prefix: '10.1.255.0/27' }))).toEqual([
      'error gatewaySubnetMisspelled /virtualNetwork/subnets/0/name',
    ]);
  });

  it('proposes a free range where the subnet is missing, and makes none itself', () => {
    const problem = problemNamed('gatewaySubnetMissing', withSubnets({ name: 'App', prefix: '10.1.255.128/25' }));

    expect(problem).toMatchObject({ path: '/virtualNetwork/subnets', severity: 'error' });
    expect(problem.fix).toContain('{ "name": "GatewaySubnet", "prefix": "10.1.255.96/27" }');
  });

  it('says so where the address space has no room left', () => {
    const problem = problemNamed('gatewaySubnetMissing', withSubnets({ name: 'App', prefix: '10.1.0.0/16' }));

    expect(problem.fix).toContain('no /27 left');
  });

  it.each([
    [[{ name: 'GatewaySubnet', prefixes: ['10.1.255.0/27', 'fd00::/64'] }], []],
    [[{ name: 'GatewaySubnet', prefixes: [] }], []],
    [[{ name: 'App', prefixes: ['10.1.0.0/24'] }], ['error gatewaySubnetMissing /virtualNetwork/resourceId']],
    [
      [{ name: 'GatewaySubnet', prefixes: ['10.1.255.0/28'] }],
      ['warning gatewaySubnetSmall /virtualNetwork/resourceId'],
    ],
  ])('judges an existing network by what Azure says of it: %j gives %j', (subnets, expected) => {
    const virtualNetworkFacts = { location: 'eastus', addressSpace: ['10.1.0.0/16'], dnsServers: [], subnets };

    expect(foundProblems({ virtualNetwork: { resourceId } }, { virtualNetworkFacts })).toEqual(expected);
  });

  it('says nothing of an existing network that nobody has read', () => {
    expect(foundProblems({ virtualNetwork: { resourceId } })).toEqual([]);
  });
});
