import fc from 'fast-check';
import { z } from 'zod';
import { createStore } from '../../../src/stores/store.ts';
import { createMemoryTables } from '../../support/memory-tables.ts';

const keys = { partitionKey: 'p', rowKey: 'r' };
/** What the table service takes in one column. */
const serviceMax = 32_768;

function createWorld() {
  const tables = createMemoryTables();
  const store = createStore(tables, {
    table: 'Things',
    schema: z.object({ name: z.string(), list: z.array(z.string()), nested: z.unknown().optional() }),
    keys: () => keys,
  });
  return { tables, store };
}

describe('src/stores/store', () => {
  it.each([0, 1, 29_990, 30_000, 60_000, 130_000])('keeps a nested value of %i characters whole', async (length) => {
    const { tables, store } = createWorld();
    const record = { name: 'n', list: ['é'.repeat(length)] };

    await store.insert(record);

    expect((await store.get(keys))?.record).toEqual(record);
    const columns = Object.values(tables.rows('Things')[0]?.columns ?? {});
    for (const column of columns) expect(String(column).length).toBeLessThanOrEqual(serviceMax);
  });

  it('leaves nothing of a long value behind when it becomes short', async () => {
    const { tables, store } = createWorld();
    await store.insert({ name: 'n', list: ['x'.repeat(100_000)] });

    await store.update(keys, (record) => ({ ...record, list: ['short'] }));

    expect((await store.get(keys))?.record.list).toEqual(['short']);
    expect(Object.keys(tables.rows('Things')[0]?.columns ?? {}).sort()).toEqual(['listJson', 'name']);
  });

  it.each([0, 1])('cuts no character in two, and keeps them all, from place %i on', async (place) => {
    const { tables, store } = createWorld();
    const record = { name: 'n', list: ['x'.repeat(place) + '\u{1f510}'.repeat(40_000)] };

    await store.insert(record);

    expect((await store.get(keys))?.record).toEqual(record);
    for (const column of Object.values(tables.rows('Things')[0]?.columns ?? {})) {
      expect(String(column)).toBe(Buffer.from(String(column)).toString());
    }
  });

  it('keeps whatever there is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(5_000)), { maxLength: 3 }),
        fc.jsonValue(),
        async (name, parts, nested) => {
          const { store } = createWorld();
          const record = throughJson({ name, list: parts.map(([text, count]) => text.repeat(count)), nested });

          await store.insert(record);

          expect((await store.get(keys))?.record).toEqual(record);
        },
      ),
      { numRuns: 50 },
    );
  });
});

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
