import { z } from 'zod';
import type { Tables } from '../ports/tables.ts';
import type { Audit } from './audit.ts';
import { canonicalJson, sha256Hex } from './digest.ts';
import { createStore } from './store.ts';

const sealSchema = z.object({
  /** Start of the hour. */
  hour: z.iso.datetime(),
  rowCount: z.int(),
  /** Hash of the seal before; empty for the first. */
  previous: z.string(),
  /** SHA-256 over the hour, the previous seal and each of its rows as canonical JSON, one per line. */
  hash: z.string(),
});
export type AuditSeal = z.infer<typeof sealSchema>;

const headSchema = z.object({ hour: z.iso.datetime(), hash: z.string() });

export interface SealAuditOptions {
  readonly tables: Tables;
  readonly audit: Pick<Audit, 'listHour'>;
  readonly now: () => Date;
}

const hourMs = 60 * 60 * 1000;
/** Rows carry the time of their request; what is on the way when the hour ends arrives within this. */
const graceMs = 10 * 60 * 1000;
const hoursPerRunMax = 48;
const headKeys = { partitionKey: 'head', rowKey: '' };

/**
 * Seals every hour that has closed since the last seal, oldest first, each over the one before: whoever changes a row or a
 * seal later breaks the chain. Answers the new seals. Run twice or by two at once it seals each hour once.
 */
export async function sealAudit({ tables, audit, now }: SealAuditOptions): Promise<readonly AuditSeal[]> {
  const seals = createStore(tables, {
    table: 'AuditSeals',
    schema: sealSchema,
    keys: ({ hour }) => ({ partitionKey: 'seal', rowKey: hour }),
  });
  const heads = createStore(tables, { table: 'AuditSeals', schema: headSchema, keys: () => headKeys });

  const closedBefore = hourStart(now().getTime() - graceMs);
  // The first run seals nothing yet: it notes where the chain begins.
  await heads.insert({ hour: new Date(closedBefore - hourMs).toISOString(), hash: '' });
  const made: AuditSeal[] = [];
  for (let round = 0; round < hoursPerRunMax; round += 1) {
    const head = await heads.get(headKeys);
    if (head === undefined) break;
    const hour = new Date(Date.parse(head.record.hour) + hourMs);
    if (hour.getTime() >= closedBefore) break;
    const seal = sealOf(hour, head.record.hash, await audit.listHour(hour));
    const isNew = await seals.insert(seal);
    // A crash after the seal and before the head: the seal that is there counts, not a second reading of the rows.
    const kept = isNew ? seal : ((await seals.get({ partitionKey: 'seal', rowKey: seal.hour }))?.record ?? seal);
    await heads.replace(head, { hour: kept.hour, hash: kept.hash });
    if (isNew) made.push(seal);
  }
  return made;
}

function sealOf(hour: Date, previous: string, rows: readonly unknown[]): AuditSeal {
  const lines = [hour.toISOString(), previous, ...rows.map(canonicalJson)];
  return { hour: hour.toISOString(), rowCount: rows.length, previous, hash: sha256Hex(lines.join('\n')) };
}

function hourStart(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs;
}
