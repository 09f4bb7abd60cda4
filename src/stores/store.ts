import type { z } from 'zod';
import type { Columns, PartitionRange, RowKeys, RowRange, StoredRow, Tables } from '../ports/tables.ts';

/** Which table a kind of record lives in, what it looks like and where its row is. */
export interface RecordKind<T extends object> {
  readonly table: string;
  readonly schema: z.ZodType<T>;
  readonly keys: (record: T) => RowKeys;
}

export interface Stored<T> {
  readonly record: T;
  readonly etag: string;
}

/** Typed access to one table: point reads, bounded range reads, etag-guarded changes. */
export interface Store<T extends object> {
  get(keys: RowKeys): Promise<Stored<T> | undefined>;
  insert(record: T): Promise<boolean>;
  replace(stored: Stored<T>, record: T): Promise<boolean>;
  upsert(record: T): Promise<void>;
  remove(record: T, etag?: string): Promise<boolean>;
  list(partitionKey: string, range?: RowRange): Promise<Stored<T>[]>;
  listPartitions(range: PartitionRange): Promise<Stored<T>[]>;
  /**
   * Reads, changes and writes until nobody wrote in between. `change` answers the new record, or undefined to leave the
   * row as it is. Answers what is stored in the end, or undefined when there is no such row. `seen`, the row as it was
   * read before, spares the first read.
   */
  update(keys: RowKeys, change: (record: T) => T | undefined, seen?: Stored<T>): Promise<T | undefined>;
}

/** Rounds of read-change-write before a row counts as contended beyond reason; with the pauses, some ten seconds. */
const updateRoundsMax = 50;
const pauseMaxMs = 250;

export function createStore<T extends object>(tables: Tables, kind: RecordKind<T>): Store<T> {
  const { table } = kind;
  const decode = (row: StoredRow): Stored<T> => ({
    record: kind.schema.parse(fromColumns(row.columns)),
    etag: row.etag,
  });

  async function get(keys: RowKeys): Promise<Stored<T> | undefined> {
    const row = await tables.get(table, keys);
    return row === undefined ? undefined : decode(row);
  }

  async function update(keys: RowKeys, change: (record: T) => T | undefined, seen?: Stored<T>): Promise<T | undefined> {
    for (let round = 0; round < updateRoundsMax; round += 1) {
      const stored = round === 0 && seen !== undefined ? seen : await get(keys);
      if (stored === undefined) return undefined;
      const changed = change(stored.record);
      if (changed === undefined) return stored.record;
      if (await tables.replace(table, keys, toColumns(changed), stored.etag)) return changed;
      await pause(round);
    }
    throw new Error(`Row ${keys.rowKey} of table ${table} kept changing; gave up after ${updateRoundsMax} rounds.`);
  }

  return {
    get,
    update,
    insert: (record) => tables.insert(table, kind.keys(record), toColumns(record)),
    replace: (stored, record) => tables.replace(table, kind.keys(record), toColumns(record), stored.etag),
    upsert: (record) => tables.upsert(table, kind.keys(record), toColumns(record)),
    remove: (record, etag) => tables.remove(table, kind.keys(record), etag),
    list: async (partitionKey, range) => (await tables.list(table, partitionKey, range)).map(decode),
    listPartitions: async (range) => (await tables.listPartitions(table, range)).map(decode),
  };
}

/** Many that write one row at once come apart by random pauses, which grow. */
function pause(round: number): Promise<void> {
  const longestMs = Math.min(2 ** round, pauseMaxMs);
  return new Promise((resolve) => setTimeout(resolve, longestMs * (0.5 + Math.random() / 2)));
}

/** The table service takes 32,768 characters in one column. */
const columnLengthMax = 30_000;

/**
 * Nested values become JSON text in a column whose name ends in `Json`, so that a person can still read the table; a
 * long one goes on in columns `…Json2`, `…Json3`.
 */
function toColumns(record: object): Columns {
  const entries = Object.entries(record as Record<string, unknown>).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.flatMap(([name, value]): [string, string | number | boolean][] =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[name, value]]
        : pieces(JSON.stringify(value)).map((piece, index) => [`${name}Json${index === 0 ? '' : index + 1}`, piece]),
    ),
  );
}

/** Never cuts a character in two: half of one does not survive the way to the service. */
function pieces(text: string): readonly string[] {
  const cut: string[] = [];
  for (let from = 0; from < text.length;) {
    const to = from + columnLengthMax;
    const isCharacterCut = /[\ud800-\udbff]/.test(text.charAt(to - 1));
    cut.push(text.slice(from, isCharacterCut ? to - 1 : to));
    from = isCharacterCut ? to - 1 : to;
  }
  return cut;
}

function fromColumns(columns: Columns): Record<string, unknown> {
  const names = Object.keys(columns).filter((name) => !/Json\d+$/.test(name));
  return Object.fromEntries(
    names.map((name) =>
      name.endsWith('Json')
        ? [name.slice(0, -'Json'.length), JSON.parse(joined(columns, name)) as unknown]
        : [name, columns[name]],
    ),
  );
}

function joined(columns: Columns, name: string): string {
  let text = '';
  for (let part = 1; ; part += 1) {
    const piece = columns[part === 1 ? name : `${name}${part}`];
    if (piece === undefined) return text;
    text += String(piece);
  }
}
