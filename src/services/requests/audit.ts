import { z } from 'zod';
import { cutText } from '../../domain/cut-text.ts';
import { addDays } from '../../domain/days.ts';
import type { RowRange, Tables } from '../../ports/tables.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { createStore } from '../../stores/store.ts';

export const auditRowSchema = z.object({
  at: z.iso.datetime(),
  requestId: z.string(),
  phase: z.enum(['intent', 'outcome']),
  /** Caller's id; `unknown` for whoever did not say, or lied. */
  who: z.string(),
  role: z.string().optional(),
  action: z.string(),
  /**
   * What it was about, by name: what the path names, and the ids in the request and its answer. Thumbprints in normal
   * form.
   */
  target: z.record(z.string(), z.string()),
  /** Why, as whoever asked for it said: the reason of a revocation. */
  reason: z.string().optional(),
  /** The long work that follows from it, or that it came of. */
  operationId: z.string().optional(),
  /** Who had let it be done, where somebody has to: a caller's id. */
  approvedBy: z.string().optional(),
  source: z.string().optional(),
  idempotencyKeyHash: z.string().optional(),
  status: z.int().optional(),
  code: z.string().optional(),
  /** What was wrong, by the codes of the problem's `errors`. */
  reasons: z.array(z.string()).optional(),
  /** So many callers at least were turned away: this row stands for all of them, in the five minutes from `at`. */
  count: z.int().optional(),
});
export type AuditRow = z.infer<typeof auditRowSchema>;

/**
 * Who asked for what, when, from where, with what result: never the bodies. An intent is written before anything
 * happens and its outcome after, so that a crash in between still shows what was meant.
 */
export interface Audit {
  write(row: AuditRow): Promise<void>;
  /** The rows from one time on and before another, of one UTC day, newest first. */
  listPart(fromMs: number, toMs: number): Promise<readonly AuditRow[]>;
  /**
   * The rows of whole days (`yyyy-mm-dd`), `to` excluded, newest first; undefined when there are more than `rowsMax`.
   */
  listDays(from: string, to: string, rowsMax: number): Promise<readonly AuditRow[] | undefined>;
  /** The UTC day of the oldest row, of those from a day on, `yyyy-mm-dd`; undefined where there is none. */
  firstDay(from?: string): Promise<string | undefined>;
  /** What the keys of a day's rows begin with, also where the service itself never writes. */
  partitionsOf(day: string): Promise<readonly string[]>;
  /** The rows of these partitions by their keys, oldest first. */
  listIn(partitions: readonly string[], range: RowRange): Promise<readonly AuditRow[]>;
  /** Every row of the hour that begins at this time, oldest first. */
  listHour(hourStart: Date): Promise<readonly AuditRow[]>;
}

const table = 'Audit';
const shards = ['0', '1', '2', '3', '4', '5', '6', '7'];
const hourMs = 60 * 60 * 1000;
const textLengthMax = 256;

export function createAudit({ tables }: { readonly tables: Tables }): Audit {
  const store = createStore(tables, {
    table,
    schema: auditRowSchema,
    keys: (row) => ({ partitionKey: `${row.at.slice(0, 10)}-${shardOf(row.requestId)}`, rowKey: auditRowKey(row) }),
  });

  async function listBetween(startMs: number, endMs: number): Promise<readonly AuditRow[]> {
    const from = new Date(startMs).toISOString();
    // ISO times sort as text; `~` sorts after every character of a row key that begins with the same time.
    const to = `${new Date(endMs - 1).toISOString()}~`;
    return listIn(
      shards.map((shard) => `${from.slice(0, 10)}-${shard}`),
      { from, to },
    );
  }

  async function listIn(partitions: readonly string[], range: RowRange): Promise<readonly AuditRow[]> {
    const parts = await Promise.all(partitions.map((partition) => store.list(partition, range)));
    return oldestFirst(parts.flat().map(({ record }) => record));
  }

  const listHour = (start: Date): Promise<readonly AuditRow[]> =>
    listBetween(start.getTime(), start.getTime() + hourMs);

  return {
    listHour,
    listPart: async (fromMs, toMs) => [...(await listBetween(fromMs, toMs))].reverse(),
    listDays: async (from, to, rowsMax) => {
      // The keys of a day's partitions begin with the day, and sort between it and the next.
      const stored = await store.listPartitions({ from, to, top: rowsMax + 1 });
      if (stored.length > rowsMax) return undefined;
      return oldestFirst(stored.map(({ record }) => record)).reverse();
    },
    listIn,
    firstDay: async (from = '1970-01-01') => {
      // By its keys alone: also when somebody has put something there that is no row of the audit.
      const [first] = await tables.listPartitions(table, { from, to: '9999', top: 1 });
      if (first === undefined) return undefined;
      return z.iso.date().safeParse(first.partitionKey.slice(0, 10)).data ?? from;
    },
    partitionsOf: async (day) => {
      const to = addDays(day, 1);
      const found: string[] = [];
      for (let from = day; ;) {
        const [first] = await tables.listPartitions(table, { from, to, top: 1 });
        if (first === undefined) return found;
        found.push(first.partitionKey);
        // The next key: no character of a key sorts before a space.
        from = `${first.partitionKey} `;
      }
    },
    write: (row) => store.upsert(bounded(row)),
  };
}

/** Names and addresses come from outside: a row stays small whatever was sent. */
function bounded(row: AuditRow): AuditRow {
  const cut = (text: string): string => cutText(text, textLengthMax);
  const target = Object.fromEntries(Object.entries(row.target).map(([name, value]) => [name, cut(value)]));
  return {
    ...row,
    who: cut(row.who),
    target,
    ...(row.source === undefined ? {} : { source: cut(row.source) }),
    ...(row.reason === undefined ? {} : { reason: cut(row.reason) }),
  };
}

function oldestFirst(rows: AuditRow[]): AuditRow[] {
  return rows.sort((a, b) => (auditRowKey(a) < auditRowKey(b) ? -1 : 1));
}

/** Names a row for ever, and sorts rows by time. */
export function auditRowKey({ at, requestId, phase }: AuditRow): string {
  return `${at}-${requestId}-${phase}`;
}

function shardOf(requestId: string): string {
  return shards[Number.parseInt(sha256Hex(requestId).slice(0, 2), 16) % shards.length] ?? '0';
}
