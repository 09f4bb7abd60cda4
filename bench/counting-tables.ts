import type { Columns, RowKeys, StoredRow, Tables } from '../src/ports/tables.ts';

/** The Tables port in memory, as cheap as can be, with a count of the requests that it stands for. */
export interface CountingTables extends Tables {
  requestCount(): number;
}

export function createCountingTables(): CountingTables {
  const rows = new Map<string, StoredRow>();
  let requests = 0;
  const keyOf = (table: string, { partitionKey, rowKey }: RowKeys): string => `${table}|${partitionKey}|${rowKey}`;

  function put(table: string, keys: RowKeys, columns: Columns): void {
    rows.set(keyOf(table, keys), { ...keys, columns, etag: String(requests) });
  }

  function request<T>(answer: () => T): Promise<T> {
    requests += 1;
    return Promise.resolve(answer());
  }

  return {
    requestCount: () => requests,
    get: (table, keys) => request(() => rows.get(keyOf(table, keys))),
    insert: (table, keys, columns) =>
      request(() => {
        if (rows.has(keyOf(table, keys))) return false;
        put(table, keys, columns);
        return true;
      }),
    replace: (table, keys, columns, etag) =>
      request(() => {
        if (rows.get(keyOf(table, keys))?.etag !== etag) return false;
        put(table, keys, columns);
        return true;
      }),
    upsert: (table, keys, columns) =>
      request(() => {
        put(table, keys, columns);
      }),
    remove: (table, keys) => request(() => rows.delete(keyOf(table, keys))),
    // Rows of one partition are few here: each certificate has a common name of its own.
    list: (table, partitionKey, { from = '', to, top } = {}) =>
      request(() =>
        [...rows.entries()]
          .filter(([key]) => key.startsWith(`${table}|${partitionKey}|`))
          .map(([, row]) => row)
          .filter(({ rowKey }) => rowKey >= from && (to === undefined || rowKey < to))
          .slice(0, top),
      ),
    ensure: () => request(() => undefined),
  };
}
