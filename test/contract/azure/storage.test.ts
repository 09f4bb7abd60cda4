/**
 * The storage clients against a real Azurite: the same promises that the in-memory tables of the unit tests make. Over
 * plain http the SDK takes no tokens, so these tests sign with the emulator's well-known key.
 */
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { AzureNamedKeyCredential } from '@azure/data-tables';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { createBlobStorage } from '../../../src/azure/blob-storage.ts';
import { createTableStorage } from '../../../src/azure/table-storage.ts';
import type { Tables } from '../../../src/ports/tables.ts';
import { type Azurite, startAzurite } from '../../support/azurite.ts';
import { createMemoryTables } from '../../support/memory-tables.ts';

let azurite: Azurite;
let ids = 0;

function setting(name: string): string {
  const match = new RegExp(`(?:^|;)${name}=([^;]+)`).exec(azurite.connectionString);
  if (match?.[1] === undefined) throw new Error(`the connection string has no ${name}`);
  return match[1];
}

function createAzuriteTables(onRequest?: (method: string) => 'lose-answer' | undefined): Tables {
  return createTableStorage({
    url: setting('TableEndpoint'),
    credential: new AzureNamedKeyCredential(setting('AccountName'), setting('AccountKey')),
    newId: () => {
      ids += 1;
      return `write-${ids}`;
    },
    clientOptions: {
      allowInsecureConnection: true,
      retryOptions: { retryDelayInMs: 1 },
      ...(onRequest === undefined
        ? {}
        : { additionalPolicies: [{ policy: losingAnswers(onRequest), position: 'perRetry' }] }),
    },
  });
}

function losingAnswers(onRequest: (method: string) => 'lose-answer' | undefined): PipelinePolicy {
  return {
    name: 'losingAnswers',
    sendRequest: async (request, next) => {
      const response = await next(request);
      return onRequest(request.method) === 'lose-answer' ? { ...response, status: 503 } : response;
    },
  };
}

beforeAll(async () => {
  azurite = await startAzurite();
  await createAzuriteTables().ensure(['Things', 'Things', 'Lists']);
});

afterAll(async () => {
  await azurite.stop();
});

const keys = (rowKey: string) => ({ partitionKey: "it's a partition", rowKey });

describe('src/azure/table-storage', () => {
  const kinds: readonly (readonly [string, () => Tables])[] = [
    ['Azurite', () => createAzuriteTables()],
    ['memory', () => createMemoryTables()],
  ];

  describe.each(kinds)('on %s', (_name, create) => {
    it('keeps scalars, long text and large numbers as they were', async () => {
      const tables = create();
      const columns = {
        text: "it's «text»\n😀",
        long: `${'a'.repeat(31_999)}😀${'ü'.repeat(100_000)}`,
        empty: '',
        count: 7,
        large: Number.MAX_SAFE_INTEGER,
        share: 0.25,
        whole: 5,
        negative: -3_000_000_000,
        isTrue: true,
        isFalse: false,
      };

      await tables.upsert('Things', keys('scalars'), columns);

      const stored = (await tables.get('Things', keys('scalars')))?.columns ?? {};
      expect(stored['long'] === columns.long).toBe(true);
      expect({ ...stored, long: '' }).toEqual({ ...columns, long: '' });
    });

    it('inserts once', async () => {
      const tables = create();

      const answers = await Promise.all(
        [1, 2, 3, 4].map((number) => tables.insert('Things', keys('once'), { number })),
      );

      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('replaces the whole row under its etag only', async () => {
      const tables = create();
      await tables.insert('Things', keys('etag'), { a: 1, b: 2 });
      const first = await tables.get('Things', keys('etag'));

      expect(await tables.replace('Things', keys('etag'), { a: 3 }, first?.etag ?? '')).toBe(true);
      expect(await tables.replace('Things', keys('etag'), { a: 4 }, first?.etag ?? '')).toBe(false);
      expect(await tables.replace('Things', keys('absent'), { a: 4 }, first?.etag ?? '')).toBe(false);
      expect((await tables.get('Things', keys('etag')))?.columns).toEqual({ a: 3 });
    });

    it('removes a row once, and under an etag only that row', async () => {
      const tables = create();
      await tables.insert('Things', keys('gone'), { a: 1 });
      const stale = await tables.get('Things', keys('gone'));
      await tables.upsert('Things', keys('gone'), { a: 2 });

      expect(await tables.remove('Things', keys('gone'), stale?.etag)).toBe(false);
      expect(await tables.remove('Things', keys('gone'))).toBe(true);
      expect(await tables.remove('Things', keys('gone'))).toBe(false);
      expect(await tables.get('Things', keys('gone'))).toBeUndefined();
    });

    it('takes an empty row key', async () => {
      const tables = create();

      expect(await tables.insert('Things', keys(''), { a: 1 })).toBe(true);
      expect(await tables.get('Things', keys(''))).toMatchObject({ rowKey: '', columns: { a: 1 } });
    });

    it("lists one partition's range in order", async () => {
      const tables = create();
      for (const rowKey of ['d', 'b', 'a', 'c', "b'"]) await tables.upsert('Lists', keys(rowKey), { rowName: rowKey });
      await tables.upsert('Lists', { partitionKey: 'other', rowKey: 'b' }, { rowName: 'other' });
      const list = async (range?: Parameters<Tables['list']>[2]) =>
        (await tables.list('Lists', "it's a partition", range)).map(({ rowKey }) => rowKey);

      expect(await list()).toEqual(['a', 'b', "b'", 'c', 'd']);
      expect(await list({ from: 'b', to: 'd' })).toEqual(['b', "b'", 'c']);
      expect(await list({ from: "b'", top: 2 })).toEqual(["b'", 'c']);
      expect(await tables.list('Lists', 'absent')).toEqual([]);
    });

    it('lists a range of partitions in order, and nothing beside it', async () => {
      const tables = create();
      for (const [partitionKey, rowKey] of [
        ['2026-03-01-3', 'b'],
        ['2026-03-02-0', 'a'],
        ['2026-03-01-0', 'z'],
        ['2026-02-28-3', 'a'],
        ['2026-03-03-0', 'a'],
      ] as const) {
        await tables.upsert('Lists', { partitionKey, rowKey }, {});
      }

      const rows = await tables.listPartitions('Lists', { from: '2026-03-01', to: '2026-03-03' });

      expect(rows.map(({ partitionKey, rowKey }) => `${partitionKey} ${rowKey}`)).toEqual([
        '2026-03-01-0 z',
        '2026-03-01-3 b',
        '2026-03-02-0 a',
      ]);
      expect(await tables.listPartitions('Lists', { from: '2027', to: '2028' })).toEqual([]);
    });

    it('refuses a column name that is its own', async () => {
      await expect(async () => create().insert('Things', keys('own'), { etag: 'x' })).rejects.toThrow(/etag/);
    });
  });

  it('follows the pages of a long list', async () => {
    const tables = createAzuriteTables();
    const rowKeys = Array.from({ length: 1100 }, (_, number) => String(number).padStart(4, '0'));
    for (let start = 0; start < rowKeys.length; start += 50) {
      const part = rowKeys.slice(start, start + 50);
      await Promise.all(part.map((rowKey) => tables.insert('Lists', { partitionKey: 'long', rowKey }, { a: 1 })));
    }

    expect((await tables.list('Lists', 'long')).map(({ rowKey }) => rowKey)).toEqual(rowKeys);
    expect(await tables.list('Lists', 'long', { top: 1050 })).toHaveLength(1050);
  });

  it.each(['POST', 'PUT'])('takes its own %s for a success when the answer was lost', async (method) => {
    let losses = 0;
    const tables = createAzuriteTables((used) => {
      if (used !== method || losses > 0) return undefined;
      losses += 1;
      return 'lose-answer';
    });

    const isInserted = await tables.insert('Things', keys(`lost-${method}`), { a: 1 });
    const row = await tables.get('Things', keys(`lost-${method}`));
    const isReplaced = await tables.replace('Things', keys(`lost-${method}`), { a: 2 }, row?.etag ?? '');

    expect({ isInserted, isReplaced, losses }).toEqual({ isInserted: true, isReplaced: true, losses: 1 });
  });
});

describe('src/azure/blob-storage', () => {
  it('keeps bytes under names with slashes, and answers undefined for what is not there', async () => {
    const blobs = createBlobStorage({
      url: setting('BlobEndpoint'),
      credential: new StorageSharedKeyCredential(setting('AccountName'), setting('AccountKey')),
    });
    const content = Uint8Array.from([0, 1, 255]);

    await blobs.ensure(['profiles', 'profiles']);
    await blobs.put('profiles', 'gw1/profile.zip', content, 'application/zip');
    await blobs.put('profiles', 'gw1/empty', new Uint8Array(), 'application/zip');

    expect(await blobs.get('profiles', 'gw1/profile.zip')).toEqual(content);
    expect(await blobs.get('profiles', 'gw1/empty')).toEqual(new Uint8Array());
    expect(await blobs.get('profiles', 'gw2/profile.zip')).toBeUndefined();
  });

  it('removes a blob, also one that is not there', async () => {
    const blobs = createBlobStorage({
      url: setting('BlobEndpoint'),
      credential: new StorageSharedKeyCredential(setting('AccountName'), setting('AccountKey')),
    });
    await blobs.ensure(['downloads']);
    await blobs.put('downloads', 'kit', Uint8Array.from([1]), 'application/octet-stream');

    await blobs.remove('downloads', 'kit');
    await blobs.remove('downloads', 'kit');

    expect(await blobs.get('downloads', 'kit')).toBeUndefined();
  });
});
