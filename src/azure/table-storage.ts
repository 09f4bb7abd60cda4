import type { TokenCredential } from '@azure/core-auth';
import {
  AzureNamedKeyCredential,
  odata,
  TableClient,
  type TableEntityResult,
  TableServiceClient,
  type TableServiceClientOptions,
} from '@azure/data-tables';
import type { PartitionRange, RowKeys, RowRange, StoredRow, Tables } from '../ports/tables.ts';
import { asciiJsonPolicy } from './ascii-json-policy.ts';
import { statusOf } from './status-of.ts';
import { fromEntity, toEntity, writeIdOf } from './table-entity.ts';

export interface TableStorageOptions {
  /** `https://<account>.table.core.windows.net`, or the emulator's with the account in its path. */
  readonly url: string;
  readonly credential: TokenCredential | AzureNamedKeyCredential;
  /** Names each write, so that a write whose answer was lost can be told from somebody else's. */
  readonly newId: () => string;
  /** For tests: a CA to trust. */
  readonly clientOptions?: TableServiceClientOptions;
}

type Entity = TableEntityResult<Record<string, unknown>>;

const pageSizeMax = 1000;
/**
 * With the SDK's back-off (doubling from a second, Retry-After honoured) this waits out about a minute of throttling.
 */
const retriesMax = 6;

/**
 * Azure Table Storage. The SDK resends a request whose answer was lost, and then the resent one meets its own effect as
 * a conflict: every write carries an id by which that is recognised as success.
 */
export function createTableStorage({ url, credential, newId, clientOptions }: TableStorageOptions): Tables {
  const options: TableServiceClientOptions = {
    retryOptions: { maxRetries: retriesMax, maxRetryDelayInMs: 20_000 },
    ...clientOptions,
    additionalPolicies: [
      { policy: asciiJsonPolicy, position: 'perCall' },
      ...(clientOptions?.additionalPolicies ?? []),
    ],
  };
  const clients = new Map<string, TableClient>();

  function clientOf(table: string): TableClient {
    const client = clients.get(table) ?? createClient(url, table, credential, options);
    clients.set(table, client);
    return client;
  }

  async function read(table: string, { partitionKey, rowKey }: RowKeys): Promise<Entity | undefined> {
    return unless([404], undefined, () => clientOf(table).getEntity(partitionKey, rowKey));
  }

  async function isOwnWrite(table: string, keys: RowKeys, writeId: string): Promise<boolean> {
    const entity = await read(table, keys);
    return entity !== undefined && writeIdOf(entity) === writeId;
  }

  return {
    get: async (table, keys) => {
      const entity = await read(table, keys);
      return entity === undefined ? undefined : toRow(entity);
    },
    insert: async (table, keys, columns) => {
      const writeId = newId();
      const isDone = await unless([409], false, async () => {
        await clientOf(table).createEntity(toEntity(keys, columns, writeId));
        return true;
      });
      return isDone || isOwnWrite(table, keys, writeId);
    },
    replace: async (table, keys, columns, etag) => {
      const writeId = newId();
      const isDone = await unless([404, 412], false, async () => {
        await clientOf(table).updateEntity(toEntity(keys, columns, writeId), 'Replace', { etag });
        return true;
      });
      return isDone || isOwnWrite(table, keys, writeId);
    },
    upsert: async (table, keys, columns) => {
      await clientOf(table).upsertEntity(toEntity(keys, columns, newId()), 'Replace');
    },
    remove: (table, { partitionKey, rowKey }, etag) =>
      unless([404, 412], false, async () => {
        await clientOf(table).deleteEntity(partitionKey, rowKey, etag === undefined ? {} : { etag });
        return true;
      }),
    list: (table, partitionKey, range) => listRows(clientOf(table), inPartition(partitionKey, range), range?.top),
    listPartitions: (table, range) => listRows(clientOf(table), inPartitions(range), range.top),
    ensure: async (tables) => {
      const service = createServiceClient(url, credential, options);
      await Promise.all(tables.map((table) => service.createTable(table)));
    },
  };
}

function inPartition(partitionKey: string, { from, to }: RowRange = {}): string {
  return [
    odata`PartitionKey eq ${partitionKey}`,
    ...(from === undefined ? [] : [odata`RowKey ge ${from}`]),
    ...(to === undefined ? [] : [odata`RowKey lt ${to}`]),
  ].join(' and ');
}

function inPartitions({ from, to }: PartitionRange): string {
  return odata`PartitionKey ge ${from} and PartitionKey lt ${to}`;
}

async function listRows(client: TableClient, filter: string, top = Number.POSITIVE_INFINITY): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  const entities = client.listEntities({ queryOptions: { filter } });
  // A page may be short or empty and still not be the last one.
  for await (const page of entities.byPage({ maxPageSize: Math.min(top, pageSizeMax) })) {
    for (const entity of page) {
      if (rows.length < top) rows.push(toRow(entity));
    }
    if (rows.length >= top) break;
  }
  return rows;
}

function toRow(entity: Entity): StoredRow {
  const { partitionKey, rowKey, etag } = entity;
  if (partitionKey === undefined || rowKey === undefined) throw new Error('Table Storage answered a row without keys.');
  return { partitionKey, rowKey, etag, columns: fromEntity(entity) };
}

/** Runs a call, and answers `otherwise` when the service refuses it with one of these statuses. */
async function unless<T>(statuses: readonly number[], otherwise: T, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error: unknown) {
    if (statuses.includes(statusOf(error) ?? 0)) return otherwise;
    throw error;
  }
}

function createClient(
  url: string,
  table: string,
  credential: TableStorageOptions['credential'],
  options: TableServiceClientOptions,
): TableClient {
  return credential instanceof AzureNamedKeyCredential
    ? new TableClient(url, table, credential, options)
    : new TableClient(url, table, credential, options);
}

function createServiceClient(
  url: string,
  credential: TableStorageOptions['credential'],
  options: TableServiceClientOptions,
): TableServiceClient {
  return credential instanceof AzureNamedKeyCredential
    ? new TableServiceClient(url, credential, options)
    : new TableServiceClient(url, credential, options);
}
