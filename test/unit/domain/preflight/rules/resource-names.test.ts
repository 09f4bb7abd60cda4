import { aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/resource-names', () => {
  it.each([
    [{ name: '' }, ['error nameRefused /name', 'error nameRefused /publicIp/name']],
    [{ name: 'V'.repeat(80), publicIp: { name: 'pip' } }, []],
    [{ name: 'V'.repeat(81), publicIp: { name: 'pip' } }, ['error nameRefused /name']],
    [{ name: 'VNet1 GW', publicIp: { name: 'pip' } }, ['error nameRefused /name']],
    [{ resourceGroup: 'rg.' }, ['error nameRefused /resourceGroup']],
    [{ publicIp: { name: 'my pip' } }, ['error nameRefused /publicIp/name']],
    [{ publicIp: { name: 'p'.repeat(80) } }, []],
    [{ ipConfigurationName: 'gw ipconf' }, ['error nameRefused /ipConfigurationName']],
    [{ virtualNetwork: aVirtualNetwork({ name: 'V' }) }, ['error nameRefused /virtualNetwork/name']],
  ])('finds in %j %j', (changes, expected) => {
    expect(foundProblems(changes)).toEqual(expected);
  });

  it('refuses a subnet name where it stands', () => {
    const virtualNetwork = aVirtualNetwork({
      subnets: [
        { name: 'GatewaySubnet', prefix: '10.1.255.0/27' },
        { name: 'Front End', prefix: '10.1.0.0/24' },
      ],
    });

    expect(foundProblems({ virtualNetwork })).toEqual(['error nameRefused /virtualNetwork/subnets/1/name']);
  });

  it('refuses a public IP name that leaves no room for the digit of an active-active gateway', () => {
    expect(foundProblems({ activeActive: true, publicIp: { name: 'p'.repeat(80) } })).toContain(
      'error nameRefused /publicIp/name',
    );
  });

  it("refuses the first of an active-active gateway's names where only the digit behind it makes the others right", () => {
    expect(foundProblems({ activeActive: true, publicIp: { name: 'pip-' }, ipConfigurationName: 'ip-' })).toEqual(
      expect.arrayContaining(['error nameRefused /publicIp/name', 'error nameRefused /ipConfigurationName']),
    );
  });

  it('says once what is wrong with all of them', () => {
    const found = foundProblems({ activeActive: true, publicIp: { name: 'my pip' } });

    expect(found.filter((problem) => problem.endsWith('/publicIp/name'))).toHaveLength(1);
  });
});
