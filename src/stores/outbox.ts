import { z } from 'zod';
import { dayMs } from '../domain/days.ts';
import type { EventType } from '../domain/event-types.ts';
import type { RowKeys, Tables } from '../ports/tables.ts';
import { sha256Hex } from './digest.ts';
import { createRetentionDues, type RemoveOld, type RetentionLook } from './retention-dues.ts';
import { createStore, type Stored } from './store.ts';

/** A CloudEvents 1.0 record (structured JSON). */
const cloudEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.literal('/gatehouse'),
  type: z.string().regex(/^gatehouse\.[a-z0-9.-]+\.v\d+$/),
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: z.unknown(),
});
type CloudEvent = z.infer<typeof cloudEventSchema>;

/**
 * `delivered`: the receiver said 2xx. `undeliverable`: tried to the end, see `lastStatus`. `kept`: nobody to deliver to
 * for a week; the event stays readable here.
 */
const outboxStates = ['pending', 'delivered', 'undeliverable', 'kept'] as const;
type OutboxEnd = Exclude<(typeof outboxStates)[number], 'pending'>;

const outboxRecordSchema = z.object({
  id: z.string(),
  event: cloudEventSchema,
  state: z.enum(outboxStates),
  attempts: z.int(),
  endedAt: z.iso.datetime().optional(),
  /** When it was appended again after its end: as long as that happens its id has to be known here. */
  askedAt: z.iso.datetime().optional(),
  /** HTTP status of the last try; absent when no answer came. */
  lastStatus: z.int().optional(),
  /** Why the last try got no answer, in words without the webhook's address. */
  lastProblem: z.string().optional(),
});
export type OutboxRecord = z.infer<typeof outboxRecordSchema>;

const pendingSchema = z.object({
  shard: z.string(),
  id: z.string(),
  appendedAt: z.iso.datetime(),
  nextAttemptAt: z.iso.datetime(),
  attempts: z.int(),
  lastStatus: z.int().optional(),
  lastProblem: z.string().optional(),
});
/** The delivery state of one event that has not ended. Its etag is the lease: who replaces the row may send. */
export type PendingDelivery = z.infer<typeof pendingSchema>;

export interface NewEvent {
  /** Names the event for ever: appending the same id again is nothing new. */
  readonly id: string;
  readonly type: EventType;
  /** What it is about, such as `certificates/<thumbprint>`. */
  readonly subject: string;
  /** JSON, no secrets. */
  readonly data: unknown;
}

/**
 * Events to deliver, written with the change that they tell of. `append` records first and lists as pending second;
 * whoever repeats an append after a crash in between completes it.
 */
export interface Outbox {
  append(event: NewEvent): Promise<void>;
  get(id: string): Promise<OutboxRecord | undefined>;
  /** What has not ended, due or not. Reads only the pending rows. */
  listPending(): Promise<readonly Stored<PendingDelivery>[]>;
  /** Moves a pending row on if nobody else has since it was read; answers what is stored then. */
  reschedule(pending: Stored<PendingDelivery>, next: PendingDelivery): Promise<Stored<PendingDelivery> | undefined>;
  /** Writes the end state (the first one stays) and takes the event off the pending list. */
  end(pending: PendingDelivery, state: OutboxEnd): Promise<void>;
  /**
   * Removes an event that was delivered, and not appended again, for as long as it is to be kept; one that nobody took
   * stays a year longer.
   */
  readonly removeOld: RemoveOld;
}

export interface OutboxOptions {
  readonly tables: Tables;
  readonly now: () => Date;
  /** Days from the end of a delivery. */
  readonly keptDays: number;
}

const pendingShards = ['0', '1', '2', '3'];
/** All of them, in one request. */
const pendingPartitions = { from: '0', to: '4' };

/** An event that nobody took is news to whoever looks for it. */
const untakenDays = 365;

export function createOutbox({ tables, now, keptDays }: OutboxOptions): Outbox {
  const dues = createRetentionDues({ tables });
  const records = createStore(tables, {
    table: 'Outbox',
    schema: outboxRecordSchema,
    keys: ({ id }) => outboxKeys(id),
  });
  const pendings = createStore(tables, {
    table: 'OutboxPending',
    schema: pendingSchema,
    keys: ({ shard, id }) => ({ partitionKey: shard, rowKey: id }),
  });

  async function append(newEvent: NewEvent): Promise<void> {
    const at = now().toISOString();
    const record: OutboxRecord = { id: newEvent.id, event: toCloudEvent(newEvent, at), state: 'pending', attempts: 0 };
    if (!(await records.insert(record))) {
      const earlier = await records.get(outboxKeys(newEvent.id));
      if (earlier !== undefined && earlier.record.state !== 'pending') await noteAsked(earlier);
      if (earlier?.record.state !== 'pending') return;
    }
    const { id } = newEvent;
    await pendings.insert({ shard: shardOf(id), id, appendedAt: at, nextAttemptAt: at, attempts: 0 });
  }

  /** Once a day is enough; where somebody else writes the row, it is no older than that. */
  async function noteAsked(stored: Stored<OutboxRecord>): Promise<void> {
    if (now().getTime() - lastUseMs(stored.record) < dayMs) return;
    await records.replace(stored, { ...stored.record, askedAt: now().toISOString() });
  }

  function keptUntilOf(record: OutboxRecord): Date {
    const days = record.state === 'delivered' ? keptDays : keptDays + untakenDays;
    return new Date(lastUseMs(record) + days * dayMs);
  }

  async function removeOld(id: string): Promise<RetentionLook> {
    const stored = await records.get(outboxKeys(id));
    // The end of a delivery lists its event before it writes it.
    if (stored === undefined || stored.record.state === 'pending') return 'none';
    const keptUntil = keptUntilOf(stored.record);
    if (keptUntil > now()) return { keptUntil };
    return (await records.remove(stored.record, stored.etag)) ? 'removed' : { keptUntil: now() };
  }

  async function end(pending: PendingDelivery, state: OutboxEnd): Promise<void> {
    const { attempts, lastStatus, lastProblem } = pending;
    // Before the end is written: an ended event that no day lists would stay for ever.
    await dues.put('event', pending.id, new Date(now().getTime() + keptDays * dayMs));
    await records.update(outboxKeys(pending.id), (record) =>
      record.state === 'pending'
        ? {
            ...record,
            state,
            attempts,
            endedAt: now().toISOString(),
            ...(lastStatus === undefined ? {} : { lastStatus }),
            ...(lastProblem === undefined ? {} : { lastProblem }),
          }
        : undefined,
    );
    await pendings.remove(pending);
  }

  return {
    append,
    end,
    removeOld,
    get: async (id) => (await records.get(outboxKeys(id)))?.record,
    listPending: () => pendings.listPartitions(pendingPartitions),
    reschedule: async (pending, next) => {
      if (!(await pendings.replace(pending, next))) return undefined;
      return pendings.get({ partitionKey: next.shard, rowKey: next.id });
    },
  };
}

function outboxKeys(id: string): RowKeys {
  return { partitionKey: sha256Hex(id).slice(0, 2), rowKey: id };
}

function lastUseMs({ endedAt, askedAt }: OutboxRecord): number {
  return Math.max(...[endedAt, askedAt].map((time) => (time === undefined ? 0 : Date.parse(time))));
}

function shardOf(id: string): string {
  return pendingShards[Number.parseInt(sha256Hex(id).slice(0, 2), 16) % pendingShards.length] ?? '0';
}

function toCloudEvent({ id, type, subject, data }: NewEvent, time: string): CloudEvent {
  const datacontenttype = 'application/json';
  return { specversion: '1.0', id, source: '/gatehouse', type, subject, time, datacontenttype, data };
}
