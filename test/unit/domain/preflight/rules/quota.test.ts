import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const toMake = { virtualNetworks: 1, publicIps: 3 };

function used(name: string, count: number, limit = 10) {
  return { toMake, usages: [{ name, used: count, limit }] };
}

describe('src/domain/preflight/rules/quota', () => {
  it.each([
    ['VirtualNetworks', 9, []],
    ['VirtualNetworks', 10, ['error quotaExceeded /virtualNetwork/name']],
    ['StandardSkuPublicIpAddresses', 7, []],
    ['StandardSkuPublicIpAddresses', 8, ['error quotaExceeded /publicIp/name']],
    ['IPv4StandardSkuPublicIpAddresses', 8, ['error quotaExceeded /publicIp/name']],
    ['LoadBalancers', 10, []],
  ])('of %s, of which there are %i of 10, says %j', (name, count, expected) => {
    expect(foundProblems({}, used(name, count))).toEqual(expected);
  });

  it.each(['PublicIPAddresses', 'StaticPublicIPAddresses'])(
    'takes %s for the number of Basic addresses, of which a gateway has none',
    (name) => {
      expect(foundProblems({}, used(name, 0, 0))).toEqual([]);
    },
  );

  it('counts what is there already as made', () => {
    const full = used('VirtualNetworks', 10);

    expect(foundProblems({}, { ...full, toMake: { virtualNetworks: 0, publicIps: 3 } })).toEqual([]);
    expect(foundProblems({}, { usages: full.usages })).toEqual([]);
  });

  it('says how many there are, may be and would be', () => {
    expect(problemNamed('quotaExceeded', {}, used('StandardSkuPublicIpAddresses', 9)).message).toMatch(
      /9 of the 10 .* 3 more/,
    );
  });
});
