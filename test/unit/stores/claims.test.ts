import { createClaims } from '../../../src/stores/claims.ts';
import { createMemoryTables } from '../../support/memory-tables.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const resourceId = '/subscriptions/S/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/VNet1';

describe('src/stores/claims', () => {
  it('gives a resource to the first operation and names it to the second, whatever the letter case', async () => {
    const claims = createClaims({ tables: createMemoryTables() });

    const first = await claims.take({ resourceId, instanceId: 'op-a-1', operationId: 'op-a', now });
    const second = await claims.take({
      resourceId: resourceId.toUpperCase(),
      instanceId: 'op-b-1',
      operationId: 'op-b',
      now,
    });

    expect(first).toEqual({ outcome: 'taken' });
    expect(second).toEqual({
      outcome: 'held',
      by: { operationId: 'op-a', instanceId: 'op-a-1', since: now.toISOString() },
    });
  });

  it('gives an operation its own claim again and follows it to its later attempt', async () => {
    const claims = createClaims({ tables: createMemoryTables() });
    await claims.take({ resourceId, instanceId: 'op-a-1', operationId: 'op-a', now });

    const again = await claims.take({ resourceId, instanceId: 'op-a-2', operationId: 'op-a', now });

    expect(again).toEqual({ outcome: 'taken' });
    expect(await claims.holder(resourceId)).toMatchObject({ instanceId: 'op-a-2' });
  });

  it('gives one of many that ask at once the resource', async () => {
    const claims = createClaims({ tables: createMemoryTables() });
    const ids = Array.from({ length: 20 }, (_, position) => `op-${position}`);

    const answers = await Promise.all(
      ids.map((operationId) => claims.take({ resourceId, instanceId: `${operationId}-1`, operationId, now })),
    );

    expect(answers.filter(({ outcome }) => outcome === 'taken')).toHaveLength(1);
  });

  it('releases a claim for its holder only', async () => {
    const claims = createClaims({ tables: createMemoryTables() });
    await claims.take({ resourceId, instanceId: 'op-a-1', operationId: 'op-a', now });

    await claims.release(resourceId, 'op-b');
    expect(await claims.holder(resourceId)).toMatchObject({ operationId: 'op-a' });

    await claims.release(resourceId, 'op-a');
    expect(await claims.holder(resourceId)).toBeUndefined();
  });
});
