/**
 * The Tables port in memory, as strict about keys, etags and sizes as the real service, with a hook that makes the nth
 * write fail: before it took effect, or after it, as when only the answer was lost.
 */
import type { Columns, RowKeys, RowRange, StoredRow, Tables } from '../../src/ports/tables.ts';

export type WriteFault = 'before' | 'after' | undefined;

export interface MemoryTables extends Tables {
  /** Called before each write with its number, counted from 1; what it answers happens to that write. */
  setFault(fault: ((writeNumber: number) => WriteFault) | undefined): void;
  /** Every row of a table, in key order: for what a test expects of the whole. */
  rows(table: string): readonly StoredRow[];
  /** How many writes were asked for since the last `setFault`. */
  writeCount(): number;
}

export class InjectedFault extends Error {}

const forbiddenInKeys = /[/\\#?\u0000-\u001f\u007f-\u009f]/u; // eslint-disable-line no-control-regex -- the characters that Table Storage refuses in keys
const rowCharactersMax = 512 * 1024;
const reservedColumns = ['partitionKey', 'rowKey', 'etag', 'timestamp'];

export function createMemoryTables(): MemoryTables {
  const tables = new Map<string, Map<string, StoredRow>>();
  let fault: ((writeNumber: number) => WriteFault) | undefined;
  let writes = 0;
  let etags = 0;

  function tableOf(table: string): Map<string, StoredRow> {
    const rows = tables.get(table) ?? new Map<string, StoredRow>();
    tables.set(table, rows);
    return rows;
  }

  async function write<T>(effect: () => T): Promise<T> {
    await Promise.resolve();
    writes += 1;
    const what = fault?.(writes);
    if (what === 'before') throw new InjectedFault(`write ${writes} failed before it took effect`);
    const result = effect();
    if (what === 'after') throw new InjectedFault(`write ${writes} took effect, its answer was lost`);
    return result;
  }

  function put(table: string, keys: RowKeys, columns: Columns): void {
    checkRow(keys, columns);
    etags += 1;
    tableOf(table).set(keyOf(keys), { ...keys, columns: { ...columns }, etag: `W/"${etags}"` });
  }

  return {
    setFault: (next) => {
      fault = next;
      writes = 0;
    },
    rows: (table) => inKeyOrder([...tableOf(table).values()]),
    writeCount: () => writes,
    get: async (table, keys) => {
      checkKeys(keys);
      await Promise.resolve();
      return tableOf(table).get(keyOf(keys));
    },
    insert: (table, keys, columns) =>
      write(() => {
        if (tableOf(table).has(keyOf(keys))) return false;
        put(table, keys, columns);
        return true;
      }),
    replace: (table, keys, columns, etag) =>
      write(() => {
        if (tableOf(table).get(keyOf(keys))?.etag !== etag) return false;
        put(table, keys, columns);
        return true;
      }),
    upsert: (table, keys, columns) =>
      write(() => {
        put(table, keys, columns);
      }),
    remove: (table, keys, etag) =>
      write(() => {
        const row = tableOf(table).get(keyOf(keys));
        if (row === undefined || (etag !== undefined && row.etag !== etag)) return false;
        return tableOf(table).delete(keyOf(keys));
      }),
    list: async (table, partitionKey, range = {}) => {
      await Promise.resolve();
      const rows = [...tableOf(table).values()].filter((row) => row.partitionKey === partitionKey && isIn(range, row));
      return inKeyOrder(rows).slice(0, range.top);
    },
    listPartitions: async (table, { from, to, top }) => {
      await Promise.resolve();
      const rows = [...tableOf(table).values()];
      return inKeyOrder(rows.filter(({ partitionKey }) => partitionKey >= from && partitionKey < to)).slice(0, top);
    },
    ensure: (names) => {
      for (const name of names) tableOf(name);
      return Promise.resolve();
    },
  };
}

function keyOf(keys: RowKeys): string {
  return `${keys.partitionKey}\n${keys.rowKey}`;
}

function isIn(range: RowRange, row: StoredRow): boolean {
  return (range.from === undefined || row.rowKey >= range.from) && (range.to === undefined || row.rowKey < range.to);
}

function inKeyOrder(rows: StoredRow[]): StoredRow[] {
  return rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function checkRow(keys: RowKeys, columns: Columns): void {
  checkKeys(keys);
  for (const name of reservedColumns) {
    if (name in columns) throw new Error(`column name ${name} is the service's own`);
  }
  if (JSON.stringify(columns).length > rowCharactersMax) throw new Error('EntityTooLarge');
}

function checkKeys(keys: RowKeys): void {
  for (const key of [keys.partitionKey, keys.rowKey]) {
    if (forbiddenInKeys.test(key) || key.length > 512) throw new Error(`not a key for Table Storage: ${key}`);
  }
}
