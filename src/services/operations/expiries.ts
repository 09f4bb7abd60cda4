import { z } from 'zod';
import type { Tables } from '../../ports/tables.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { createStore, type Stored } from '../../stores/store.ts';

export const expiringKinds = ['certificate', 'root', 'stack-certificate', 'signing-certificate'] as const;
type ExpiringKind = (typeof expiringKinds)[number];

const expirySchema = z.object({
  kind: z.enum(expiringKinds),
  /** Thumbprint of a certificate, id of a root, `<stack>.<thumbprint>`, `<connector>.<cloud>.<thumbprint>`. */
  id: z.string(),
  notAfter: z.iso.datetime(),
  subject: z.string(),
  owner: z.string().optional(),
});
export type Expiry = z.infer<typeof expirySchema>;

/** An expiry together with the state of its subject now, as lists show it. */
export const expiringItemSchema = expirySchema.extend({ state: z.string() }).meta({ id: 'Expiry' });
export type ExpiringItem = z.infer<typeof expiringItemSchema>;

/**
 * What expires on which day (UTC). Days are read without reading any others. Rows stay when their subject is revoked.
 */
export interface Expiries {
  put(expiry: Expiry): Promise<void>;
  /** Its end was another than had been said. */
  remove(expiry: Expiry): Promise<void>;
  /** All that expires on this day, `yyyy-mm-dd`, earliest first. */
  list(day: string): Promise<readonly Expiry[]>;
  /** All that expires from this day on and before the other (`yyyy-mm-dd`), earliest first, in one read. */
  listBetween(from: string, to: string): Promise<readonly Expiry[]>;
}

/** The state of what a row points at, as its own record says now; undefined when there is no such record. */
export type DescribeExpiring = (kind: ExpiringKind, id: string) => Promise<{ readonly state: string } | undefined>;

/** States in which nobody needs to hear of the expiry: it is over, or something newer has taken its place. */
const quietStates: ReadonlySet<string> = new Set(['revoked', 'superseded', 'expired', 'retired']);

export function isQuiet(state: string): boolean {
  return quietStates.has(state);
}

const shards = ['0', '1', '2', '3'];

export function createExpiries({ tables }: { readonly tables: Tables }): Expiries {
  const store = createStore(tables, {
    table: 'Expiries',
    schema: expirySchema,
    keys: ({ kind, id, notAfter }) => ({
      partitionKey: `${notAfter.slice(0, 10)}-${shardOf(id)}`,
      rowKey: `${kind}-${id}`,
    }),
  });

  return {
    put: (expiry) => store.upsert(expiry),
    remove: async (expiry) => {
      await store.remove(expiry);
    },
    list: async (day) => {
      const parts = await Promise.all(shards.map((shard) => store.list(`${day}-${shard}`)));
      return earliestFirst(parts.flat());
    },
    // The keys of a day's partitions begin with the day, and sort between it and the next.
    listBetween: async (from, to) => earliestFirst(await store.listPartitions({ from, to })),
  };
}

function earliestFirst(rows: readonly Stored<Expiry>[]): readonly Expiry[] {
  return rows.map(({ record }) => record).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey({ notAfter, kind, id }: Expiry): string {
  return `${notAfter}-${kind}-${id}`;
}

function shardOf(id: string): string {
  return shards[Number.parseInt(sha256Hex(id).slice(0, 2), 16) % shards.length] ?? '0';
}
