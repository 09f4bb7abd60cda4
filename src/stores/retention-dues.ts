import { z } from 'zod';
import { dayOf } from '../domain/days.ts';
import type { Tables } from '../ports/tables.ts';
import { sha256Hex } from './digest.ts';
import { createStore } from './store.ts';

/** What is removed once it is old enough. */
export const retainedKinds = ['idempotency', 'event', 'operation', 'profile'] as const;
export type RetainedKind = (typeof retainedKinds)[number];

const dueSchema = z.object({
  kind: z.enum(retainedKinds),
  id: z.string(),
  /** The UTC day on which it becomes due: it is looked at once that day is over. */
  day: z.iso.date(),
});
export type RetentionDue = z.infer<typeof dueSchema>;

/** What a look at a due thing came to. `none`: it is not there, or its next end lists it anew. */
export type RetentionLook = 'removed' | 'none' | { readonly keptUntil: Date };

/**
 * Removes the thing if it is still there, old enough, and nothing needs it. May be called twice, and by two at once.
 */
export type RemoveOld = (id: string) => Promise<RetentionLook>;

/**
 * On which day to look whether something may go. A row is written before the end of what it is about, so that nothing
 * is ever old without being listed; the thing itself says whether its time has come.
 */
export interface RetentionDues {
  put(kind: RetainedKind, id: string, dueAt: Date): Promise<void>;
  /** What was due on any day before today, the oldest first, at most `top` rows. Reads no others. */
  listDue(today: string, top: number): Promise<readonly RetentionDue[]>;
  done(due: RetentionDue): Promise<void>;
}

const shards = ['0', '1', '2', '3'];

export function createRetentionDues({ tables }: { readonly tables: Tables }): RetentionDues {
  const store = createStore(tables, {
    table: 'RetentionDues',
    schema: dueSchema,
    keys: ({ kind, id, day }) => {
      const hash = sha256Hex(id);
      return { partitionKey: `${day}-${shardOf(hash)}`, rowKey: `${kind}-${hash}` };
    },
  });

  return {
    put: (kind, id, dueAt) => store.upsert({ kind, id, day: dayOf(dueAt) }),
    // The keys of a day's partitions begin with the day, and sort between it and the next.
    listDue: async (today, top) =>
      (await store.listPartitions({ from: '0', to: today, top })).map(({ record }) => record),
    done: async (due) => {
      await store.remove(due);
    },
  };
}

function shardOf(hash: string): string {
  return shards[Number.parseInt(hash.slice(0, 2), 16) % shards.length] ?? '0';
}
