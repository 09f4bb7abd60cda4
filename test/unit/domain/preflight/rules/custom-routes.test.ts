import { foundProblems } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/custom-routes', () => {
  it.each<[readonly string[], readonly string[]]>([
    [['192.168.7.0/24', '203.0.113.0/24'], []],
    [['10.1.0.0/33'], ['error rangeNotCanonical /customRoutes/0']],
    [['192.168.7.0/24', '172.16.201.0/24'], ['error customRouteOverlapsPool /customRoutes/1']],
    [['172.16.201.128/25'], ['error customRouteOverlapsPool /customRoutes/0']],
    // The pool is the longer prefix.
    [['172.16.0.0/12', '172.16.200.0/23'], []],
    [
      ['0.0.0.0/1', '128.0.0.0/1'],
      ['warning customRouteTakesInternet /customRoutes/0', 'warning customRouteTakesInternet /customRoutes/1'],
    ],
  ])('finds in %j %j', (customRoutes, expected) => {
    expect(foundProblems({ customRoutes: [...customRoutes] })).toEqual(expected);
  });

  it('keeps the usual pool out of them', () => {
    expect(foundProblems({ customRoutes: ['172.16.201.0/24'], clientAddressPool: undefined })).toEqual([
      'error poolMissing /clientAddressPool',
    ]);
  });
});
