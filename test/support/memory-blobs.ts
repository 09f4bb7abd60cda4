/**
 * The Blobs port on memory tables, as rows of the table `blobs`: a fault at the nth write then hits tables and blobs
 * alike, in the order in which they are written.
 */
import type { Blobs } from '../../src/ports/blobs.ts';
import type { RowKeys, Tables } from '../../src/ports/tables.ts';

export const blobTable = 'blobs';

export function createMemoryBlobs(tables: Tables): Blobs {
  return {
    put: (container, name, content, contentType) =>
      tables.upsert(blobTable, keysOf(container, name), {
        content: Buffer.from(content).toString('base64'),
        contentType,
      }),
    get: async (container, name) => {
      const row = await tables.get(blobTable, keysOf(container, name));
      return row === undefined ? undefined : new Uint8Array(Buffer.from(String(row.columns['content']), 'base64'));
    },
    remove: async (container, name) => {
      await tables.remove(blobTable, keysOf(container, name));
    },
    ensure: () => Promise.resolve(),
  };
}

function keysOf(container: string, name: string): RowKeys {
  return { partitionKey: container, rowKey: encodeURIComponent(name) };
}
