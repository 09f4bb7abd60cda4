import { aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

function networkOf(count: number) {
  return aVirtualNetwork({ addressSpace: Array.from({ length: count }, (_, n) => `10.${n + 1}.0.0/16`) });
}

describe('src/domain/preflight/rules/routes', () => {
  it('takes as many ranges as Windows clients have routes for', () => {
    expect(foundProblems({ virtualNetwork: networkOf(25) })).toEqual([]);
  });

  it('warns of more over IKEv2, but not over OpenVPN alone', () => {
    expect(problemNamed('routesBeyondWindows', { virtualNetwork: networkOf(26) })).toMatchObject({
      severity: 'warning',
      path: '/virtualNetwork/addressSpace',
    });
    expect(foundProblems({ virtualNetwork: networkOf(26), protocols: ['OpenVPN'] })).toEqual([]);
    expect(foundProblems({ virtualNetwork: networkOf(25), customRoutes: ['192.168.7.0/24'] })).toEqual([
      'warning routesBeyondWindows /virtualNetwork/addressSpace',
    ]);
  });
});
