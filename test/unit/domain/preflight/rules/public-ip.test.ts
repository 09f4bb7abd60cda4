import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

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
