import { aSubscriptionId, aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const network = `/subscriptions/${aSubscriptionId}/resourceGroups/TestRG1/providers/Microsoft.Network`;

describe('src/domain/preflight/rules/client-address-pool', () => {
  it.each([
    [['172.16.201.0/24'], []],
    [['192.168.0.0/24', '172.16.0.0/24'], []],
    [['172.16.201.0/29'], []],
    [['172.16.201.0/30'], ['error poolTooSmall /clientAddressPool/0']],
    [['172.16.201.0/32'], ['error poolTooSmall /clientAddressPool/0']],
    [['100.64.0.0/24'], ['error poolNotPrivate /clientAddressPool/0']],
    [['8.8.8.0/24'], ['error poolNotPrivate /clientAddressPool/0']],
    [['224.0.0.0/24'], ['error poolNotPrivate /clientAddressPool/0']],
    [['10.9.0.0/24'], ['warning poolClassfulRoute /clientAddressPool/0']],
    [
      ['10.1.3.0/24'],
      ['error poolOverlapsVirtualNetwork /clientAddressPool/0', 'warning poolClassfulRoute /clientAddressPool/0'],
    ],
    [
      ['0.0.0.0/0'],
      [
        'error poolNotPrivate /clientAddressPool/0',
        'error poolOverlapsVirtualNetwork /clientAddressPool/0',
        'warning poolClassfulRoute /clientAddressPool/0',
      ],
    ],
    [['172.16.0.0/16', '172.16.201.0/24'], ['error poolsOverlap /clientAddressPool/1']],
    [['172.16.201.0/24', '172.16.201.0/24'], ['error poolsOverlap /clientAddressPool/1']],
    [[], ['error poolMissing /clientAddressPool']],
  ])('finds in %j %j', (clientAddressPool, expected) => {
    expect(foundProblems({ clientAddressPool })).toEqual(expected);
  });

  it.each([
    ['172.16.201.0/28', []],
    ['172.16.201.0/29', ['error poolTooSmall /clientAddressPool/0']],
  ])('wants twice the pool for an active-active gateway: %s gives %j', (pool, expected) => {
    const found = foundProblems({ activeActive: true, clientAddressPool: [pool] });

    expect(found.filter((problem) => problem.startsWith('error'))).toEqual(expected);
  });

  it('refuses a pool that is in use on premises', () => {
    expect(foundProblems({ onPremisesRanges: ['192.168.0.0/16', '172.16.0.0/12'] })).toEqual([
      'error poolOverlapsOnPremises /clientAddressPool/0',
    ]);
  });

  it('warns of a pool that another gateway has, but not of its own', () => {
    const gateway = (name: string) => ({
      id: name,
      resourceId: `${network}/virtualNetworkGateways/${name}`,
      virtualNetworkId: `${network}/virtualNetworks/other`,
      clientAddressPool: ['172.16.200.0/21', 'unreadable'],
    });

    expect(foundProblems({}, { otherGateways: [gateway('north')] })).toEqual([
      'warning poolOverlapsOtherGateway /clientAddressPool/0',
    ]);
    expect(foundProblems({}, { otherGateways: [gateway('vnet1gw')] })).toEqual([]);
  });

  it('proposes a free pool where the usual one is taken', () => {
    const problem = problemNamed('poolMissing', {
      clientAddressPool: undefined,
      virtualNetwork: aVirtualNetwork({ addressSpace: ['10.1.0.0/16', '172.16.0.0/12'] }),
      onPremisesRanges: ['192.168.128.0/17'],
    });

    expect(problem.fix).toContain('["192.168.127.0/24"]');
  });

  it('proposes nothing where no private range is left', () => {
    const problem = problemNamed('poolMissing', {
      clientAddressPool: [],
      onPremisesRanges: ['192.168.0.0/16', '172.16.0.0/12'],
    });

    expect(problem.fix).toBe('Give a private range that nothing else uses.');
  });

  it('judges overlaps with an existing network by what Azure says of it', () => {
    const virtualNetworkFacts = {
      location: 'eastus',
      addressSpace: ['172.16.0.0/16', 'fd00::/48'],
      dnsServers: [],
      subnets: [{ name: 'GatewaySubnet', prefixes: ['172.16.255.0/27'] }],
    };

    expect(
      foundProblems({ virtualNetwork: { resourceId: `${network}/virtualNetworks/Hub` } }, { virtualNetworkFacts }),
    ).toEqual(['error poolOverlapsVirtualNetwork /clientAddressPool/0']);
  });
});
