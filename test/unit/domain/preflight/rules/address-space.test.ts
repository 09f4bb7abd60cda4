import { aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

function found(addressSpace: string[], onPremisesRanges: string[] = []): readonly string[] {
  return foundProblems({
    virtualNetwork: aVirtualNetwork({ addressSpace: ['10.1.0.0/16', ...addressSpace] }),
    onPremisesRanges,
  });
}

describe('src/domain/preflight/rules/address-space', () => {
  it.each([
    [['10.2.0.0/16', '192.168.0.0/16'], []],
    [['100.64.0.0/10'], []],
    [['10.1.2.0/24'], ['error addressSpaceOverlap /virtualNetwork/addressSpace/1']],
    [['10.1.0.0/16'], ['error addressSpaceOverlap /virtualNetwork/addressSpace/1']],
    [['10.0.0.0/8'], ['error addressSpaceOverlap /virtualNetwork/addressSpace/0']],
    [['224.0.0.0/8'], ['error addressSpaceRefused /virtualNetwork/addressSpace/1']],
    [['127.0.0.0/16'], ['error addressSpaceRefused /virtualNetwork/addressSpace/1']],
    [['169.254.0.0/16'], ['error addressSpaceRefused /virtualNetwork/addressSpace/1']],
    [['168.63.0.0/16'], ['error addressSpaceRefused /virtualNetwork/addressSpace/1']],
    [['8.8.8.0/24'], ['warning addressSpacePublic /virtualNetwork/addressSpace/1']],
  ])('finds in the further ranges %j %j', (addressSpace, expected) => {
    expect(found(addressSpace)).toEqual(expected);
  });

  it('names every reason for which a range is refused', () => {
    const virtualNetwork = aVirtualNetwork({ addressSpace: ['0.0.0.0/0'] });

    expect(problemNamed('addressSpaceRefused', { virtualNetwork }).message).toMatch(/multicast.*loopback.*link-local/);
  });

  it('warns of ranges that are in use on premises', () => {
    expect(found([], ['10.1.7.0/24', '192.168.1.0/24'])).toEqual([
      'warning onPremisesOverlapsVirtualNetwork /onPremisesRanges/0',
    ]);
  });
});
