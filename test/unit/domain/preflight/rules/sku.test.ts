import { gatewaySkus } from '../../../../../src/domain/gateway-sku.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/sku', () => {
  it.each(gatewaySkus.filter((sku) => sku.endsWith('AZ')))('takes %s', (sku) => {
    expect(foundProblems({ sku })).toEqual([]);
  });

  it.each([
    ['VpnGw1', 'skuClosedNonZonal', ['2025-01-01', 'May 2025', '2026-09-30'], 'VpnGw1AZ'],
    ['VpnGw2', 'skuClosedNonZonal', ['2025-01-01', '2026-09-30'], 'VpnGw2AZ'],
    ['VpnGw3', 'skuClosedNonZonal', ['2025-01-01', '2026-09-30'], 'VpnGw3AZ'],
    ['VpnGw4', 'skuClosedNonZonal', ['2025-01-01', '2026-09-30'], 'VpnGw4AZ'],
    ['VpnGw5', 'skuClosedNonZonal', ['2025-01-01', '2026-09-30'], 'VpnGw5AZ'],
    ['Standard', 'skuClosedLegacy', ['November 2023', 'March 2026'], 'VpnGw1AZ'],
    ['HighPerformance', 'skuClosedLegacy', ['November 2023', 'March 2026'], 'VpnGw2AZ'],
    ['Basic', 'skuBasicUnfit', ['2026-03-31', 'November 2025'], 'VpnGw1AZ'],
  ] as const)('refuses %s with %s, the dates and the way out', (sku, code, dates, successor) => {
    const problem = problemNamed(code, { sku });

    expect(problem).toMatchObject({ path: '/sku', severity: 'error', fix: `Set sku to "${successor}".` });
    for (const date of dates) expect(problem.message).toContain(date);
    expect(problem.source).toMatch(/^https:/);
  });

  it.each([
    ['VpnGw1AZ', 'Generation1', []],
    ['VpnGw1AZ', 'Generation2', ['error skuGenerationMismatch /generation']],
    ['VpnGw2AZ', 'Generation1', []],
    ['VpnGw2AZ', 'Generation2', []],
    ['VpnGw4AZ', 'Generation1', ['error skuGenerationMismatch /generation']],
    ['VpnGw5AZ', 'Generation2', []],
    ['VpnGw1', 'Generation2', ['error skuClosedNonZonal /sku', 'error skuGenerationMismatch /generation']],
  ] as const)('finds in %s of %s %j', (sku, generation, expected) => {
    expect(foundProblems({ sku, generation })).toEqual(expected);
  });

  it('refuses a policy-based gateway', () => {
    expect(foundProblems({ vpnType: 'PolicyBased' })).toEqual(['error vpnTypePolicyBased /vpnType']);
  });
});
