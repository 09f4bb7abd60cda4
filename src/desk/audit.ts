import { z } from 'zod';
import { cutText } from '../domain/cut-text.ts';
import { dayMs } from '../domain/days.ts';
import type { Tables } from '../ports/tables.ts';
import { sha256Hex } from './digest.ts';
import { createStore } from './store.ts';

export const auditRowSchema = z.object({
  at: z.iso.datetime(),
  requestId: z.string(),
  phase: z.enum(['intent', 'outcome']),
  /** Caller's id; `unknown` for whoever did not say, or lied. */
  who: z.string(),
  role: z.string().optional(),
  action: z.string(),
  /** Path parameters, as JSON. */
  target: z.record(z.string(), z.string()),
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

interface AuditQuery {
  /** `yyyy-mm-dd`, UTC. */
  readonly day: string;
  readonly top: number;
  /** Only rows before this time (ISO 8601 UTC): where the last page ended. */
  readonly before?: string | undefined;
}

/**
 * Who asked for what, when, from where, with what result: never the bodies. An intent is written before anything happens
 * and its outcome after, so that a crash in between still shows what was meant.
 */
export interface Audit {
  write(row: AuditRow): Promise<void>;
  /** Newest first within the day; at least `top` rows if there are so many, whole seconds never divided. */
  list(query: AuditQuery): Promise<readonly AuditRow[]>;
  /** Every row of the hour that begins at this time, oldest first. */
  listHour(hourStart: Date): Promise<readonly AuditRow[]>;
}

const shards = ['0', '1', '2', '3', '4', '5', '6', '7'];
const hourMs = 60 * 60 * 1000;
const stretchMinMs = 15 * 60 * 1000;
const stretchGrowth = 4;
const textLengthMax = 256;

export function createAudit({ tables }: { readonly tables: Tables }): Audit {
  const store = createStore(tables, {
    table: 'Audit',
    schema: auditRowSchema,
    keys: ({ at, requestId, phase }) => ({
      partitionKey: `${at.slice(0, 10)}-${shardOf(requestId)}`,
      rowKey: `${at}-${requestId}-${phase}`,
    }),
  });

  async function listBetween(startMs: number, endMs: number): Promise<readonly AuditRow[]> {
    const from = new Date(startMs).toISOString();
    // ISO times sort as text; `~` sorts after every character of a row key that begins with the same time.
    const to = `${new Date(endMs - 1).toISOString()}~`;
    const parts = await Promise.all(shards.map((shard) => store.list(`${from.slice(0, 10)}-${shard}`, { from, to })));
    const rows = parts.flat().map(({ record }) => record);
    return rows.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  }

  async function list({ day, top, before }: AuditQuery): Promise<readonly AuditRow[]> {
    const dayStartMs = Date.parse(`${day}T00:00:00.000Z`);
    const found: AuditRow[] = [];
    let endMs = Math.min(dayStartMs + dayMs, before === undefined ? Number.POSITIVE_INFINITY : Date.parse(before));
    let stretchMs = stretchMinMs;
    while (endMs > dayStartMs && found.length < top) {
      const startMs = Math.max(endMs - stretchMs, dayStartMs);
      const rows = await listBetween(startMs, endMs);
      found.push(...[...rows].reverse());
      endMs = startMs;
      // Where little happened a longer stretch is read next: a quiet day costs a few rounds, a busy one no more than it must.
      if (rows.length < top) stretchMs *= stretchGrowth;
    }
    return firstWholeTimes(found, top);
  }

  const listHour = (start: Date): Promise<readonly AuditRow[]> =>
    listBetween(start.getTime(), start.getTime() + hourMs);

  return { list, listHour, write: (row) => store.upsert(bounded(row)) };
}

/** Names and addresses come from outside: a row stays small whatever was sent. */
function bounded(row: AuditRow): AuditRow {
  const cut = (text: string): string => cutText(text, textLengthMax);
  const target = Object.fromEntries(Object.entries(row.target).map(([name, value]) => [name, cut(value)]));
  return { ...row, who: cut(row.who), target, ...(row.source === undefined ? {} : { source: cut(row.source) }) };
}

/** A page goes on before the time of its last row, so all rows of that time have to be on it. */
function firstWholeTimes(rows: readonly AuditRow[], top: number): readonly AuditRow[] {
  const last = rows[top - 1];
  return last === undefined ? rows : rows.filter(({ at }, position) => position < top || at === last.at);
}

function sortKey({ at, requestId, phase }: AuditRow): string {
  return `${at}-${requestId}-${phase}`;
}

function shardOf(requestId: string): string {
  return shards[Number.parseInt(sha256Hex(requestId).slice(0, 2), 16) % shards.length] ?? '0';
}
