import { applyPlanDefaults } from '../../../../../src/domain/gateway-plan.ts';
import { aGatewayPlan, aSubscriptionId } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const gateway = `/subscriptions/${aSubscriptionId}/resourceGroups/TestRG1/providers/Microsoft.Network/virtualNetworkGateways/VNet1GW`;

function zonesOf(location: string): readonly string[] {
  const plan = applyPlanDefaults(aGatewayPlan({ location }), { subscriptionId: aSubscriptionId });
  return plan.ipConfigurations[0]?.publicIp.zones ?? ['none planned'];
}

describe('src/domain/preflight/rules/public-ip', () => {
  it.each([
    [{}, []],
    [{ allocationMethod: 'Static', sku: 'Standard' }, []],
    [{ allocationMethod: 'Dynamic' }, ['error publicIpDynamic /publicIp/allocationMethod']],
    [{ sku: 'Basic' }, ['error publicIpBasic /publicIp/sku']],
    [
      { allocationMethod: 'Dynamic', sku: 'Basic' },
      ['error publicIpDynamic /publicIp/allocationMethod', 'error publicIpBasic /publicIp/sku'],
    ],
    [{ zones: [] }, ['warning publicIpWithoutZones /publicIp/zones']],
    [{ zones: ['1', '1'] }, ['error publicIpZoneRepeated /publicIp/zones']],
  ] as const)('finds in %j %j', (publicIp, expected) => {
    expect(
      foundProblems({ publicIp: { ...publicIp, zones: 'zones' in publicIp ? [...publicIp.zones] : undefined } }),
    ).toEqual(expected);
  });

  it.each([
    ['publicIpDynamic', '2023-12-01'],
    ['publicIpBasic', 'end of June 2026'],
  ])('says when Azure changed: %s, %s', (code, date) => {
    const problem = problemNamed(code, { publicIp: { allocationMethod: 'Dynamic', sku: 'Basic' } });

    expect(problem.message).toContain(date);
    expect(problem.source).toMatch(/^https:\/\/learn\.microsoft\.com\//);
  });

  it('refuses zones in a region that has none, and plans none there by itself', () => {
    expect(foundProblems({ location: 'ukwest', publicIp: { zones: ['1', '2', '3'] } })).toEqual([
      'error zonesNotInRegion /publicIp/zones',
    ]);
    expect(foundProblems({ location: 'ukwest', publicIp: { zones: [] } })).toEqual([]);
    expect(foundProblems({ location: 'ukwest' })).toEqual([]);
    expect(zonesOf('ukwest')).toEqual([]);
    expect(zonesOf('eastus')).toEqual(['1', '2', '3']);
  });

  it('goes by the zones that the subscription has in the region, where Azure says', () => {
    const without = { region: { isOffered: true, hasZones: false } };
    const within = { region: { isOffered: true, hasZones: true } };

    expect(foundProblems({ location: 'eastus', publicIp: { zones: ['1'] } }, without)).toEqual([
      'error zonesNotInRegion /publicIp/zones',
    ]);
    expect(foundProblems({ location: 'eastus' }, without)).toEqual([]);
    expect(foundProblems({ location: 'ukwest', publicIp: { zones: ['1'] } }, within)).toEqual([]);
    expect(foundProblems({ location: 'ukwest' }, within)).toEqual([]);
  });

  const there = { resourceId: `${gateway}pip`, sku: 'Standard', allocationMethod: 'Static' };

  it.each([
    [{}, []],
    [
      { attachedTo: '/subscriptions/s/networkInterfaces/nic/ipConfigurations/1' },
      ['error publicIpInUse /publicIp/name'],
    ],
    [{ attachedTo: `${gateway.toUpperCase()}/ipConfigurations/gwipconf` }, []],
    [{ sku: 'Basic' }, ['error publicIpUnfit /publicIp/name']],
    [{ allocationMethod: 'Dynamic' }, ['error publicIpUnfit /publicIp/name']],
  ])('judges an address that is there already: %j gives %j', (changes, expected) => {
    expect(foundProblems({}, { publicIps: [{ ...there, ...changes }] })).toEqual(expected);
  });

  it('tells who plans active-active of all three addresses, once', () => {
    const problem = problemNamed('activeActiveThreeAddresses', { activeActive: true, publicIp: { name: 'pip' } });

    expect(problem).toMatchObject({ severity: 'warning', path: '/activeActive' });
    expect(problem.message).toContain('pip, pip2, pip3');
    expect(foundProblems({ activeActive: true, publicIp: { sku: 'Basic' } })).toEqual([
      'error publicIpBasic /publicIp/sku',
      'warning activeActiveThreeAddresses /activeActive',
    ]);
  });
});
