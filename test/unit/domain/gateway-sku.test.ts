import { gatewaySkus, smallestSkuFor, traitsOf, usualGeneration } from '../../../src/domain/gateway-sku.ts';

describe('src/domain/gateway-sku', () => {
  // The table of Azure's SKU page of 2026-06-08.
  it.each([
    ['VpnGw1AZ', 250, ['Generation1']],
    ['VpnGw2AZ', 500, ['Generation1', 'Generation2']],
    ['VpnGw3AZ', 1000, ['Generation1', 'Generation2']],
    ['VpnGw4AZ', 5000, ['Generation2']],
    ['VpnGw5AZ', 10_000, ['Generation2']],
  ] as const)('knows %s: %d clients, %j', (sku, clientsMax, generations) => {
    expect(traitsOf(sku)).toMatchObject({ standing: 'current', clientsMax, generations, successor: sku });
  });

  it('names a successor that is still built for every SKU', () => {
    for (const sku of gatewaySkus) expect(traitsOf(traitsOf(sku).successor).standing).toBe('current');
  });

  it.each([
    ['VpnGw1AZ', 'Generation1'],
    ['VpnGw2AZ', 'Generation2'],
    ['VpnGw5AZ', 'Generation2'],
  ] as const)('takes for %s %s when nobody says', (sku, generation) => {
    expect(usualGeneration(sku)).toBe(generation);
  });

  it.each([
    [1, 'VpnGw1AZ'],
    [250, 'VpnGw1AZ'],
    [251, 'VpnGw2AZ'],
    [10_000, 'VpnGw5AZ'],
    [10_001, undefined],
  ])('finds for %d clients %s', (clients, sku) => {
    expect(smallestSkuFor(clients)).toBe(sku);
  });
});
