import { createExpiries } from '../../../../src/services/operations/expiries.ts';
import { listExpiries } from '../../../../src/services/operations/list-expiries.ts';
import { createMemoryTables } from '../../../support/memory-tables.ts';
import { createTestClock } from '../../../support/test-clock.ts';

describe('src/services/operations/list-expiries', () => {
  it('reads an almost empty store in a few ranges, however far ahead it is asked', async () => {
    const { now } = createTestClock();
    const store = createExpiries({ tables: createMemoryTables() });
    const notAfter = new Date(now().getTime() + 390 * 24 * 3600 * 1000).toISOString();
    await store.put({ kind: 'root', id: 'root-1', notAfter, subject: 'CN=Root' });
    let reads = 0;
    const listBetween: typeof store.listBetween = (from, to) => {
      reads += 1;
      return store.listBetween(from, to);
    };
    const describe = () => Promise.resolve({ state: 'active' });

    const page = await listExpiries({ expiries: { listBetween }, describe, now }, { withinDays: 400, top: 50 });

    expect(page.items).toMatchObject([{ id: 'root-1', notAfter }]);
    expect(reads).toBeLessThan(8);
  });
});
