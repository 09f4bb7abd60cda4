import { z } from 'zod';
import type { Tables } from '../ports/tables.ts';
import { createStore, type Stored } from './store.ts';

const unfinishedSchema = z.object({ kind: z.string(), id: z.string(), since: z.iso.datetime() });

export interface UnfinishedThing extends z.infer<typeof unfinishedSchema> {
  readonly etag: string;
}

/**
 * What was begun and has not ended, by kind: a sweep reads this list, never the records of everything that ever was.
 */
export interface Unfinished {
  /** Notes that work on `id` begins now, also where that was noted before. */
  add(kind: string, id: string): Promise<void>;
  done(kind: string, id: string): Promise<void>;
  /** Takes a note off that stands for nothing; not where work on it has begun anew since the note was read. */
  drop(thing: UnfinishedThing): Promise<void>;
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
    add: (kind, id) => store.upsert({ kind, id, since: now().toISOString() }),
    done: async (kind, id) => {
      await tables.remove('Unfinished', { partitionKey: kind, rowKey: id });
    },
    drop: async ({ etag, ...thing }) => {
      await store.remove(thing, etag);
    },
    list: async (kind) => (await store.list(kind)).map(thingOf),
    listAll: async () => (await store.listPartitions(everyKind)).map(thingOf),
  };
}

function thingOf({ record, etag }: Stored<z.infer<typeof unfinishedSchema>>): UnfinishedThing {
  return { ...record, etag };
}
