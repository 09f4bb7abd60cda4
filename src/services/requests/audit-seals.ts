import { z } from 'zod';
import type { Tables } from '../../ports/tables.ts';
import { canonicalJson, sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { createStore, type Store } from '../../stores/store.ts';
import { type Audit, type AuditRow, auditRowKey } from './audit.ts';

const sealSchema = z.object({
  /** Start of the hour. */
  hour: z.iso.datetime(),
  rowCount: z.int(),
  /** Hash of the seal before; empty for the first. */
  previous: z.string(),
  /** SHA-256 over the hour, the previous seal and the digest of each of its rows, one per line. */
  hash: z.string(),
});
export type AuditSeal = z.infer<typeof sealSchema>;

/** What a seal says of one row. */
const digestSchema = z.object({ key: z.string(), sha256: z.string() });
export type RowDigest = z.infer<typeof digestSchema>;

const digestPartSchema = z.object({ sealHash: z.string(), part: z.string(), digests: z.array(digestSchema) });

const headSchema = z.object({ hour: z.iso.datetime(), hash: z.string() });
export type SealHead = z.infer<typeof headSchema>;

/**
 * The seals as they are stored: a chain of hours, its end, and by each seal's hash the digests that it was made from.
 */
export interface SealStores {
  readonly seals: Store<AuditSeal>;
  readonly heads: Store<SealHead>;
  readonly digestParts: Store<z.infer<typeof digestPartSchema>>;
}

export const sealPartition = 'seal';
export const headKeys = { partitionKey: 'head', rowKey: '' };
export const hourMs = 60 * 60 * 1000;
/** Rows carry the time of their request; what is on the way when the hour ends arrives within this. */
const graceMs = 10 * 60 * 1000;
const hoursPerRunMax = 48;
const digestsPerPart = 200;

export function createSealStores(tables: Tables): SealStores {
  return {
    seals: createStore(tables, {
      table: 'AuditSeals',
      schema: sealSchema,
      keys: ({ hour }) => ({ partitionKey: sealPartition, rowKey: hour }),
    }),
    heads: createStore(tables, { table: 'AuditSeals', schema: headSchema, keys: () => headKeys }),
    digestParts: createStore(tables, {
      table: 'AuditDigests',
      schema: digestPartSchema,
      keys: ({ sealHash, part }) => ({ partitionKey: sealHash, rowKey: part }),
    }),
  };
}

export interface SealAuditOptions {
  readonly tables: Tables;
  readonly audit: Pick<Audit, 'listHour'>;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly now: () => Date;
}

/**
 * Seals every hour that has closed since the last seal, oldest first, each over the one before: whoever changes a row
 * or a seal later breaks the chain. Answers the new seals. Run twice or by two at once it seals each hour once. The
 * last seal of each day goes out as an event: who keeps it can tell later whether the whole chain was made anew.
 */
async function sealAudit({ tables, audit, outbox, now }: SealAuditOptions): Promise<readonly AuditSeal[]> {
  const { seals, heads, digestParts } = createSealStores(tables);
  const closedBefore = sealedBefore(now());
  const made: AuditSeal[] = [];
  for (let round = 0; round < hoursPerRunMax; round += 1) {
    const head = await heads.get(headKeys);
    if (head === undefined) {
      // The first run seals nothing yet: it notes where the chain begins.
      await heads.insert({ hour: new Date(closedBefore - hourMs).toISOString(), hash: '' });
      break;
    }
    const hour = new Date(Date.parse(head.record.hour) + hourMs);
    if (hour.getTime() >= closedBefore) break;
    const digests = (await audit.listHour(hour)).map(digestOf);
    const seal = sealOf(hour.toISOString(), head.record.hash, digests);
    // Kept by the hash of the seal: another reading of the hour has another list and takes nothing from this one.
    for (const part of partsOf(seal.hash, digests)) await digestParts.insert(part);
    const isNew = await seals.insert(seal);
    // A crash after the seal and before the head: the seal that is there counts, not a second reading of the rows.
    const kept = isNew ? seal : ((await seals.get({ partitionKey: sealPartition, rowKey: seal.hour }))?.record ?? seal);
    if (isLastOfDay(kept)) await tell(outbox, kept);
    await heads.replace(head, { hour: kept.hour, hash: kept.hash });
    if (isNew) made.push(seal);
  }
  return made;
}

/** Seals as `sealAudit` does, and asks storage no more in an hour in which it has found nothing left to seal. */
export function createAuditSealing(options: SealAuditOptions): () => Promise<readonly AuditSeal[]> {
  let doneBefore = Number.NEGATIVE_INFINITY;
  return async () => {
    const closedBefore = sealedBefore(options.now());
    if (closedBefore === doneBefore) return [];
    const made = await sealAudit(options);
    if (made.length === 0) doneBefore = closedBefore;
    return made;
  };
}

/** Hours that begin before this are over, and all their rows written. */
export function sealedBefore(now: Date): number {
  return Math.floor((now.getTime() - graceMs) / hourMs) * hourMs;
}

export function digestOf(row: AuditRow): RowDigest {
  return { key: auditRowKey(row), sha256: sha256Hex(canonicalJson(row)) };
}

export function sealOf(hour: string, previous: string, digests: readonly RowDigest[]): AuditSeal {
  const lines = [hour, previous, ...digests.map(({ key, sha256 }) => `${key} ${sha256}`)];
  return { hour, rowCount: digests.length, previous, hash: sha256Hex(lines.join('\n')) };
}

function partsOf(sealHash: string, digests: readonly RowDigest[]): readonly z.infer<typeof digestPartSchema>[] {
  const count = Math.ceil(digests.length / digestsPerPart);
  return Array.from({ length: count }, (_empty, index) => ({
    sealHash,
    part: String(index).padStart(6, '0'),
    digests: digests.slice(index * digestsPerPart, (index + 1) * digestsPerPart),
  }));
}

function isLastOfDay({ hour }: AuditSeal): boolean {
  return new Date(hour).getUTCHours() === 23;
}

async function tell(outbox: Pick<Outbox, 'append'>, { hour, rowCount, hash }: AuditSeal): Promise<void> {
  const day = hour.slice(0, 10);
  await outbox.append({
    id: `audit-sealed-${day}`,
    type: 'gatehouse.audit.sealed.v1',
    subject: `audit/${day}`,
    data: { hour, rowCount, hash },
  });
}
