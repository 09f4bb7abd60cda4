import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const widePool = ['172.16.0.0/16'];

describe('src/domain/preflight/rules/capacity', () => {
  it.each([
    ['VpnGw1AZ', 250, []],
    ['VpnGw1AZ', 251, ['error usersBeyondSku /expectedUsers']],
    ['VpnGw2AZ', 500, []],
    ['VpnGw2AZ', 501, ['error usersBeyondSku /expectedUsers']],
    ['VpnGw5AZ', 10_000, []],
    ['VpnGw5AZ', 10_001, ['error usersBeyondSku /expectedUsers']],
  ] as const)('finds for %s and %d users %j', (sku, expectedUsers, expected) => {
    expect(foundProblems({ sku, expectedUsers, clientAddressPool: widePool })).toEqual(expected);
  });

  it.each([
    [400, 'Set sku to "VpnGw2AZ", which takes 500.'],
    [20_000, 'No SKU takes that many: spread them over several gateways.'],
  ])('names the way out for %d users', (expectedUsers, fix) => {
    expect(problemNamed('usersBeyondSku', { expectedUsers, clientAddressPool: widePool }).fix).toBe(fix);
  });

  it.each([
    [['172.16.201.0/26'], 64, []],
    [['172.16.201.0/26'], 65, ['error poolTooSmallForUsers /clientAddressPool']],
    [['172.16.201.0/26', '172.16.202.0/26'], 128, []],
    [['172.16.201.0/26', 'unreadable'], 128, ['error rangeNotCanonical /clientAddressPool/1']],
  ])('finds for the pool %j and %d users %j', (clientAddressPool, expectedUsers, expected) => {
    expect(foundProblems({ clientAddressPool, expectedUsers })).toEqual(expected);
  });

  it('proposes a pool that is large enough', () => {
    expect(
      problemNamed('poolTooSmallForUsers', { clientAddressPool: ['172.16.201.0/28'], expectedUsers: 200 }).fix,
    ).toBe('Take a pool of /24 or larger.');
  });

  it('warns when one instance of an active-active gateway cannot serve everybody', () => {
    const problem = problemNamed('poolHalfTooSmallForUsers', { activeActive: true, expectedUsers: 200 });

    expect(problem).toMatchObject({ severity: 'warning', fix: 'Take a pool of /23 or larger.' });
  });
});
