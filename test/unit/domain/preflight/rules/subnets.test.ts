import { aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const gatewaySubnet = { name: 'GatewaySubnet', prefix: '10.1.255.0/27' };

function found(...subnets: { name: string; prefix: string }[]): readonly string[] {
  return foundProblems({ virtualNetwork: aVirtualNetwork({ subnets: [gatewaySubnet, ...subnets] }) });
}

describe('src/domain/preflight/rules/subnets', () => {
  it('takes subnets side by side', () => {
    expect(found({ name: 'A', prefix: '10.1.0.0/24' }, { name: 'B', prefix: '10.1.1.0/24' })).toEqual([]);
  });

  it.each([
    [{ name: 'A', prefix: '10.2.0.0/24' }, ['error subnetOutsideAddressSpace /virtualNetwork/subnets/1/prefix']],
    [
      { name: 'A', prefix: '10.0.0.0/15' },
      [
        'error subnetOutsideAddressSpace /virtualNetwork/subnets/1/prefix',
        'error subnetOverlap /virtualNetwork/subnets/0/prefix',
      ],
    ],
    [{ name: 'A', prefix: '10.1.255.16/28' }, ['error subnetOverlap /virtualNetwork/subnets/1/prefix']],
    [{ name: 'A', prefix: '10.1.0.0/29' }, []],
    [{ name: 'A', prefix: '10.1.0.0/30' }, ['error subnetTooSmall /virtualNetwork/subnets/1/prefix']],
    [{ name: 'GatewaySubnet', prefix: '10.1.0.0/24' }, ['error subnetNameRepeated /virtualNetwork/subnets/1/name']],
  ])('finds in the further subnet %j %j', (subnet, expected) => {
    expect(found(subnet)).toEqual(expected);
  });

  it('tells no names apart by case', () => {
    expect(found({ name: 'app', prefix: '10.1.0.0/24' }, { name: 'APP', prefix: '10.1.1.0/24' })).toEqual([
      'error subnetNameRepeated /virtualNetwork/subnets/2/name',
    ]);
  });

  it('says nothing of containment while a range of the address space cannot be read', () => {
    const virtualNetwork = aVirtualNetwork({
      addressSpace: ['10.1.0.0/16', '10.2.0.0/33'],
      subnets: [gatewaySubnet, { name: 'A', prefix: '10.2.0.0/24' }],
    });

    expect(foundProblems({ virtualNetwork })).toEqual(['error rangeNotCanonical /virtualNetwork/addressSpace/1']);
  });

  it('shows some of the address space, however long it is', () => {
    const addressSpace = Array.from({ length: 12 }, (_, n) => `10.${n + 1}.0.0/16`);
    const virtualNetwork = aVirtualNetwork({
      addressSpace,
      subnets: [gatewaySubnet, { name: 'A', prefix: '10.99.0.0/24' }],
    });

    expect(problemNamed('subnetOutsideAddressSpace', { virtualNetwork }).message).toContain('and 7 more');
  });
});
