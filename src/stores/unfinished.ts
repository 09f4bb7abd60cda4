import { z } from 'zod';
import type { Tables } from '../ports/tables.ts';
import { createStore } from './store.ts';

const unfinishedSchema = z.object({ kind: z.string(), id: z.string(), since: z.iso.datetime(), note: z.string() });
export type UnfinishedThing = z.infer<typeof unfinishedSchema>;

/**
 * What was begun and has not ended, by kind: a sweep reads this list, never the records of everything that ever was.
 */
export interface Unfinished {
  /** Notes that work on `id` has begun; once noted, `since` and `note` stay as they were. */
  add(kind: string, id: string, options?: { readonly note?: string }): Promise<void>;
  /** Notes that work on `id` begins now, also where that was noted before. */
  renew(kind: string, id: string): Promise<void>;
  done(kind: string, id: string): Promise<void>;
  list(kind: string): Promise<readonly UnfinishedThing[]>;
  /** Of every kind, in one request unless there are more than a thousand. */
  listAll(): Promise<readonly UnfinishedThing[]>;
}

/** Kinds are words that begin with a small letter. */
const everyKind = { from: 'a', to: '{' };

export function createUnfinished({ tables, now }: { readonly tables: Tables; readonly now: () => Date }): Unfinished {
  const store = createStore(tables, {
    table: 'Unfinished',
    schema: unfinishedSchema,
    keys: ({ kind, id }) => ({ partitionKey: kind, rowKey: id }),
  });

  return {
    add: async (kind, id, { note = '' } = {}) => {
      await store.insert({ kind, id, note, since: now().toISOString() });
    },
    renew: async (kind, id) => {
      await store.upsert({ kind, id, note: '', since: now().toISOString() });
    },
    done: async (kind, id) => {
      await tables.remove('Unfinished', { partitionKey: kind, rowKey: id });
    },
    list: async (kind) => (await store.list(kind)).map(({ record }) => record),
    listAll: async () => (await store.listPartitions(everyKind)).map(({ record }) => record),
  };
}
