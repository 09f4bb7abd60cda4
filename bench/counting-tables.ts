import type { Columns, RowKeys, StoredRow, Tables } from '../src/ports/tables.ts';

/**
 * The Tables port in memory, as cheap as can be, with counts of the requests that it stands for and of the rows that
 * they read.
 */
export interface CountingTables extends Tables {
  requestCount(): number;
  rowsRead(): number;
}

/** Each request is answered when the wait for it is over; at once without one. */
export function createCountingTables(wait?: () => Promise<void>): CountingTables {
  const partitions = new Map<string, Map<string, StoredRow>>();
  let requests = 0;
  let writes = 0;
  let rows = 0;

  function partitionOf(table: string, partitionKey: string): Map<string, StoredRow> {
    const key = `${table}|${partitionKey}`;
    const rows = partitions.get(key) ?? new Map<string, StoredRow>();
    partitions.set(key, rows);
    return rows;
  }

  function rowOf(table: string, { partitionKey, rowKey }: RowKeys): StoredRow | undefined {
    return partitionOf(table, partitionKey).get(rowKey);
  }

  function put(table: string, keys: RowKeys, columns: Columns): true {
    writes += 1;
    partitionOf(table, keys.partitionKey).set(keys.rowKey, { ...keys, columns, etag: String(writes) });
    return true;
  }

  async function request<T>(answer: () => T): Promise<T> {
    requests += 1;
    await wait?.();
    return answer();
  }

  async function read(answer: () => StoredRow[]): Promise<StoredRow[]> {
    const found = await request(answer);
    rows += found.length;
    return found;
  }

  return {
    requestCount: () => requests,
    rowsRead: () => rows,
    get: async (table, keys) => {
      const [row] = await read(() => [rowOf(table, keys) ?? []].flat());
      return row;
    },
    insert: (table, keys, columns) => request(() => rowOf(table, keys) === undefined && put(table, keys, columns)),
    replace: (table, keys, columns, etag) =>
      request(() => rowOf(table, keys)?.etag === etag && put(table, keys, columns)),
    upsert: (table, keys, columns) =>
      request(() => {
        put(table, keys, columns);
      }),
    remove: (table, { partitionKey, rowKey }) => request(() => partitionOf(table, partitionKey).delete(rowKey)),
    list: (table, partitionKey, { from = '', to, top } = {}) =>
      read(() =>
        [...partitionOf(table, partitionKey).values()]
          .filter(({ rowKey }) => rowKey >= from && (to === undefined || rowKey < to))
          .slice(0, top),
      ),
    // Partitions are found by their name: what many stretches of empty days cost is what the count says.
    listPartitions: (table, { from, to }) =>
      read(() =>
        [...partitions]
          .filter(([key]) => key >= `${table}|${from}` && key < `${table}|${to}`)
          .flatMap(([, rows]) => [...rows.values()]),
      ),
    ensure: () => request(() => undefined),
  };
}
