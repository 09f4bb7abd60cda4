import { aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/canonical-ranges', () => {
  it.each([
    ['010.0.0.0/8', 'octal', 'Write "10.0.0.0/8", if that is what is meant.'],
    ['172.16.201.7/24', 'behind its prefix length', 'Write "172.16.201.0/24", if that is what is meant.'],
    [' 172.16.201.0/24', 'white space', 'Write "172.16.201.0/24", if that is what is meant.'],
    ['172.16.201.0/33', 'from 0 to 32', 'Write it as for example "10.1.0.0/16".'],
    ['172.16.201.0', 'no prefix length', 'Write "172.16.201.0/32", if that is what is meant.'],
    ['fd00::/64', 'IPv6', 'Write it as for example "10.1.0.0/16".'],
    ['any', 'not an IPv4 range', 'Write it as for example "10.1.0.0/16".'],
  ])('refuses the pool %j with the reason and the fix', (text, reason, fix) => {
    const problem = problemNamed('rangeNotCanonical', { clientAddressPool: [text] });

    expect(problem).toMatchObject({ path: '/clientAddressPool/0', severity: 'error', fix });
    expect(problem.message).toContain(reason);
  });

  it('points at every place that has a range', () => {
    const found = foundProblems({
      virtualNetwork: aVirtualNetwork({
        addressSpace: ['10.1.0.0/16', '10.2.0.1/16'],
        subnets: [
          { name: 'GatewaySubnet', prefix: '10.1.255.0/27' },
          { name: 'FrontEnd', prefix: 'x' },
        ],
      }),
      clientAddressPool: ['172.16.201.0/24', '172.16.202.1/24'],
      onPremisesRanges: ['192.168.1.1/24'],
    });

    expect(found).toEqual([
      'error rangeNotCanonical /virtualNetwork/addressSpace/1',
      'error rangeNotCanonical /virtualNetwork/subnets/1/prefix',
      'error rangeNotCanonical /clientAddressPool/1',
      'error rangeNotCanonical /onPremisesRanges/0',
    ]);
  });
});
