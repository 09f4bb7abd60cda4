import type { TableEntity, TableEntityResult, TransactionAction } from '@azure/data-tables';
import { odata, TableClient } from '@azure/data-tables';
import type { HistoryEvent } from './history.ts';
import {
  executionOfOutgoing,
  fromPartition,
  historyPrefix,
  historyRowKey,
  inboxPrefix,
  outgoingPrefix,
} from './keys.ts';
import { outgoingRowKey, recordRowKey, toPartition } from './keys.ts';
import { LargeValues } from './large-values.ts';
import type { Commit, InstanceRecord, InstanceState, Message, Outgoing, Stored } from './records.ts';
import { isConflict, isNotFound } from './storage-errors.ts';
import { toBatches } from './table-batches.ts';

interface ValueRow {
  readonly value?: string;
  readonly valueBlobName?: string;
}

type Row = TableEntityResult<ValueRow & { readonly eventIndex?: number }>;

const unfinishedPartition = 'unfinished';

/**
 * One hub's instances in storage. The partition is the instance; its rows are the record (whose etag guards every commit),
 * history, inbox (messages not yet consumed) and outgoing work (not yet done). A second table lists the instances that have
 * something left to do, so that a start finds them without reading what is finished.
 */
export class InstanceStore {
  private readonly table: TableClient;
  private readonly unfinished: TableClient;
  private readonly largeValues: LargeValues;

  constructor(connectionString: string, hubName: string) {
    // Azurite in tests speaks plain http; an https connection string is not weakened by this.
    const options = { allowInsecureConnection: true };
    this.table = TableClient.fromConnectionString(connectionString, `${hubName}Orchestrations`, options);
    this.unfinished = TableClient.fromConnectionString(connectionString, `${hubName}Unfinished`, options);
    this.largeValues = new LargeValues(connectionString, hubName);
  }

  async prepare(): Promise<void> {
    await Promise.all([this.table.createTable(), this.unfinished.createTable(), this.largeValues.prepare()]);
  }

  /** Ids of the instances that have something left to do. */
  async listUnfinished(): Promise<readonly string[]> {
    const ids: string[] = [];
    for await (const row of this.unfinished.listEntities()) {
      ids.push(fromPartition(row.rowKey ?? ''));
    }
    return ids;
  }

  /** Notes that an instance has something to do; always done before the first row that says what. */
  async markUnfinished(instanceId: string): Promise<string> {
    const entity = { partitionKey: unfinishedPartition, rowKey: toPartition(instanceId) };
    return (await this.unfinished.upsertEntity(entity, 'Replace')).etag ?? '*';
  }

  /** Takes the note back, unless somebody has renewed it since. */
  async unmarkUnfinished(instanceId: string, etag: string): Promise<void> {
    try {
      await this.unfinished.deleteEntity(unfinishedPartition, toPartition(instanceId), { etag });
    } catch (error: unknown) {
      if (!isNotFound(error) && !isConflict(error)) {
        throw error;
      }
    }
  }

  /** Reads an instance with all that is needed to go on with it; undefined when there is none of this id. */
  async load(instanceId: string): Promise<InstanceState | undefined> {
    const partition = toPartition(instanceId);
    const rows: Row[] = [];
    for await (const row of this.table.listEntities<Row>({
      queryOptions: { filter: odata`PartitionKey eq ${partition}` },
    })) {
      rows.push(row);
    }
    rows.sort((a, b) => ((a.rowKey ?? '') < (b.rowKey ?? '') ? -1 : 1));
    const recordRow = rows.find(({ rowKey }) => rowKey === recordRowKey);
    if (recordRow === undefined) {
      return undefined;
    }
    const record = await this.readValue<InstanceRecord>(recordRow);
    return {
      record,
      etag: recordRow.etag,
      history: await this.readAll<HistoryEvent>(committedHistory(rows, record)),
      inbox: await this.readStored<Message>(rows.filter((row) => isWaiting(row, record))),
      outgoing: await this.readStored<Outgoing>(rows.filter((row) => isOwed(row, record))),
    };
  }

  /** Reads the record alone. */
  async readRecord(instanceId: string): Promise<InstanceRecord | undefined> {
    try {
      return await this.readValue<InstanceRecord>(
        await this.table.getEntity<Row>(toPartition(instanceId), recordRowKey),
      );
    } catch (error: unknown) {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Reads every record of the hub, for the lists of the management API. */
  async *listRecords(): AsyncGenerator<InstanceRecord> {
    const filter = odata`RowKey eq ${recordRowKey}`;
    for await (const row of this.table.listEntities<Row>({ queryOptions: { filter } })) {
      yield await this.readValue<InstanceRecord>(row);
    }
  }

  /** Writes a new execution over what stood there (if anything), with the messages that start it, in one transaction. */
  async create(
    record: InstanceRecord,
    messages: readonly Stored<Message>[],
    previous: InstanceState | undefined,
  ): Promise<InstanceState> {
    const partition = toPartition(record.instanceId);
    const row = await this.valueRow(partition, recordRowKey, record);
    const recordAction: TransactionAction =
      previous === undefined ? ['create', row] : ['update', row, 'Replace', { etag: previous.etag }];
    const etag = await this.submit([recordAction, ...(await this.inboxActions(partition, messages))]);
    const outgoing = (previous?.outgoing ?? []).filter(
      ({ value }) => value.kind === 'start' || value.kind === 'report',
    );
    if (previous !== undefined) {
      await this.removeStale(partition, previous);
    }
    return { record, etag, history: [], inbox: messages, outgoing };
  }

  /**
   * Adds messages to the inbox and takes away the outgoing work they complete, in one transaction.
   *
   * @throws RestError with status 404 when some of that work is gone: its completion has been recorded before.
   */
  async deliver(
    state: InstanceState,
    messages: readonly Stored<Message>[],
    completed: readonly string[],
  ): Promise<InstanceState> {
    const partition = toPartition(state.record.instanceId);
    const removals = completed.map((rowKey) => deletion(partition, rowKey));
    await this.submit([...(await this.inboxActions(partition, messages)), ...removals]);
    return {
      ...state,
      inbox: [...state.inbox, ...messages],
      outgoing: state.outgoing.filter(({ key }) => !completed.includes(key)),
    };
  }

  /**
   * Commits one turn: history, record, new outgoing work and consumed messages. What does not fit one transaction goes in
   * several, the record's new content last among the writes, and each of them guarded by the record's etag.
   *
   * @throws RestError with status 412 when another process has written meanwhile; nothing visible is changed then.
   */
  async commit({ previous, record, newEvents, newOutgoing, removedOutgoing }: Commit): Promise<InstanceState> {
    const partition = toPartition(record.instanceId);
    const isNewExecution = record.executionId !== previous.record.executionId;
    const firstIndex = isNewExecution ? 0 : previous.history.length;
    const stored = newOutgoing.map((value) => ({ key: outgoingRowKey(record.executionId, value), value }));
    const writes = [
      ...(await this.historyActions(record.executionId, partition, newEvents, firstIndex)),
      ...(await this.outgoingActions(partition, stored, firstIndex)),
    ];
    const row = await this.valueRow(partition, recordRowKey, record);
    const removals = [...previous.inbox.map(({ key }) => key), ...removedOutgoing].map((key) =>
      deletion(partition, key),
    );
    const stale = isNewExecution ? staleHistory(previous).map((key) => deletion(partition, key)) : [];
    const etag = await this.submitGuarded(partition, previous, writes, row, [...removals, ...stale]);
    return {
      record,
      etag,
      history: isNewExecution ? newEvents : [...previous.history, ...newEvents],
      inbox: [],
      outgoing: [...previous.outgoing.filter(({ key }) => !removedOutgoing.includes(key)), ...stored],
    };
  }

  /** Deletes an instance with its blobs; the record goes last, so that a purge cut short can be repeated. */
  async purge(instanceId: string): Promise<void> {
    const partition = toPartition(instanceId);
    const keys: string[] = [];
    const query = { queryOptions: { filter: odata`PartitionKey eq ${partition}`, select: ['rowKey'] } };
    for await (const { rowKey } of this.table.listEntities(query)) {
      if (rowKey !== undefined && rowKey !== recordRowKey) {
        keys.push(rowKey);
      }
    }
    await this.largeValues.purge(partition);
    for (const batch of toBatches([...keys, recordRowKey].map((key) => deletion(partition, key)))) {
      await this.submit(batch);
    }
  }

  /** The rows of a replaced execution no longer count; they are taken away for tidiness. */
  private async removeStale(partition: string, previous: InstanceState): Promise<void> {
    const dead = previous.outgoing.filter(({ value }) => value.kind === 'activity' || value.kind === 'timer');
    const keys = [...staleHistory(previous), ...[...previous.inbox, ...dead].map(({ key }) => key)];
    for (const batch of toBatches(keys.map((key) => deletion(partition, key)))) {
      await this.submit(batch);
    }
  }

  /** Gives the new etag of the record. */
  private async submitGuarded(
    partition: string,
    previous: InstanceState,
    writes: readonly TransactionAction[],
    recordRow: TableEntity,
    removals: readonly TransactionAction[],
  ): Promise<string> {
    const guard = (etag: string): TransactionAction => ['update', recordRow, 'Replace', { etag }];
    // The guard stands first, so that a stale writer is told so and not of some row that is gone.
    const [only, ...more] = toBatches([guard(previous.etag), ...writes, ...removals]);
    if (only !== undefined && more.length === 0) {
      return this.submit(only);
    }
    let { etag } = previous;
    for (const batch of toBatches(writes)) {
      etag = await this.submit([touch(partition, etag), ...batch]);
    }
    etag = await this.submit([guard(etag)]);
    for (const batch of toBatches(removals)) {
      await this.submit(batch);
    }
    return etag;
  }

  /** Submits one transaction; gives the etag that its first action made. */
  private async submit(actions: readonly TransactionAction[]): Promise<string> {
    const { subResponses } = await this.table.submitTransaction([...actions]);
    return subResponses[0]?.etag ?? '*';
  }

  private async historyActions(
    executionId: string,
    partition: string,
    events: readonly HistoryEvent[],
    firstIndex: number,
  ): Promise<readonly TransactionAction[]> {
    return Promise.all(
      events.map(async (event, offset): Promise<TransactionAction> => {
        const rowKey = historyRowKey(executionId, firstIndex + offset);
        return ['upsert', await this.valueRow(partition, rowKey, event), 'Replace'];
      }),
    );
  }

  private async outgoingActions(
    partition: string,
    outgoing: readonly Stored<Outgoing>[],
    eventIndex: number,
  ): Promise<readonly TransactionAction[]> {
    return Promise.all(
      outgoing.map(async ({ key, value }): Promise<TransactionAction> => {
        return ['upsert', { ...(await this.valueRow(partition, key, value)), eventIndex }, 'Replace'];
      }),
    );
  }

  private async inboxActions(
    partition: string,
    messages: readonly Stored<Message>[],
  ): Promise<readonly TransactionAction[]> {
    return Promise.all(
      messages.map(async ({ key, value }): Promise<TransactionAction> => [
        'create',
        await this.valueRow(partition, key, value),
      ]),
    );
  }

  private async valueRow(partition: string, rowKey: string, value: unknown): Promise<TableEntity> {
    return {
      partitionKey: partition,
      rowKey,
      ...(await this.largeValues.store(partition, rowKey, JSON.stringify(value))),
    };
  }

  private async readValue<T>(row: Row): Promise<T> {
    return JSON.parse(await this.largeValues.read(row)) as T;
  }

  private async readAll<T>(rows: readonly Row[]): Promise<readonly T[]> {
    return Promise.all(rows.map((row) => this.readValue<T>(row)));
  }

  private async readStored<T>(rows: readonly Row[]): Promise<readonly Stored<T>[]> {
    return Promise.all(rows.map(async (row) => ({ key: row.rowKey ?? '', value: await this.readValue<T>(row) })));
  }
}

function committedHistory(rows: readonly Row[], record: InstanceRecord): readonly Row[] {
  const end = historyRowKey(record.executionId, record.historyCount);
  const prefix = `${historyPrefix}${record.executionId}-`;
  return rows.filter(({ rowKey = '' }) => rowKey.startsWith(prefix) && rowKey < end);
}

function isWaiting({ rowKey = '' }: Row, record: InstanceRecord): boolean {
  return rowKey.startsWith(inboxPrefix) && rowKey > record.consumedKey;
}

/**
 * Outgoing work of the current execution counts when its turn was committed. That of an earlier execution was committed in
 * any case; only its messages to others still matter.
 */
function isOwed({ rowKey = '', eventIndex = 0 }: Row, record: InstanceRecord): boolean {
  if (!rowKey.startsWith(outgoingPrefix)) {
    return false;
  }
  if (executionOfOutgoing(rowKey) === record.executionId) {
    return eventIndex < record.historyCount;
  }
  return /-(start|report)-/.test(rowKey);
}

function staleHistory({ record, history }: InstanceState): readonly string[] {
  return history.map((_event, index) => historyRowKey(record.executionId, index));
}

function deletion(partitionKey: string, rowKey: string): TransactionAction {
  return ['delete', { partitionKey, rowKey }];
}

/** A write to the record that changes nothing but its etag: it makes a batch fail when somebody else was faster. */
function touch(partitionKey: string, etag: string): TransactionAction {
  return ['update', { partitionKey, rowKey: recordRowKey }, 'Merge', { etag }];
}
