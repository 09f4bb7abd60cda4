import type { AuditRow } from './audit.ts';
import {
  type AuditSeal,
  digestOf,
  hourMs,
  type RowDigest,
  type SealHead,
  sealOf,
  sealPartition,
  type SealStores,
} from './audit-seals.ts';

/**
 * What can be found of the audit and its seals. The first three are about one row, the others about an hour or a day.
 */
export const auditFindings = [
  'rowChanged',
  'rowRemoved',
  'rowAdded',
  'rowUnreadable',
  'notSealed',
  'sealChanged',
  'sealRemoved',
  'sealLate',
  'sealDiffers',
] as const;

export interface AuditFinding {
  readonly finding: (typeof auditFindings)[number];
  /** Start of the hour, or of the day where it is about all of it. */
  readonly hour: string;
  /** The row, by time, request and phase. */
  readonly row?: string;
  readonly message: string;
}

/** A sweep each minute seals an hour soon after it closed; this long after its end its seal is late. */
const sealLateMs = 30 * 60 * 1000;

/** The chain of seals as a whole. */
export interface Chain {
  readonly head: SealHead | undefined;
  readonly firstHour: string | undefined;
  readonly now: Date;
}

/** What it means that an hour which is over has no seal: after the chain's end it may still get one. */
export function withoutSeal(hour: string, rows: readonly AuditRow[], chain: Chain): readonly AuditFinding[] {
  const { head, firstHour, now } = chain;
  if (head !== undefined && hour > head.hour) {
    if (rows.length === 0 || !isSealLate(hour, now)) return [];
    return [{ finding: 'notSealed', hour, message: `${rows.length} rows of an hour that is over have no seal.` }];
  }
  if (head !== undefined && head.hash !== '' && firstHour !== undefined && hour >= firstHour) {
    const message = 'The hour was sealed, later hours build on it, and its seal is not there any more.';
    return [{ finding: 'sealRemoved', hour, message }];
  }
  if (rows.length === 0) return [];
  const message = `${rows.length} rows are from before the first seal: the first seals were removed, or the rows were added.`;
  return [{ finding: 'notSealed', hour, message }];
}

function isSealLate(hour: string, now: Date): boolean {
  return Date.parse(hour) + hourMs + sealLateMs <= now.getTime();
}

export function linkFindings(
  seal: AuditSeal,
  before: AuditSeal | undefined,
  isFirst: boolean,
): readonly AuditFinding[] {
  if (isFirst) {
    if (seal.previous === '') return [];
    const message = 'This is the first seal that is left, and it was made over an earlier one.';
    return [{ finding: 'sealRemoved', hour: seal.hour, message }];
  }
  if (before === undefined || before.hash === seal.previous) return [];
  const message = 'This seal was not made over the one that stands before it: one of the two was changed.';
  return [{ finding: 'sealChanged', hour: seal.hour, message }];
}

/** Row by row where the seal's own list of digests is whole; otherwise only that the hour is not as it was sealed. */
export async function rowFindings(
  { digestParts }: SealStores,
  seal: AuditSeal,
  rows: readonly AuditRow[],
): Promise<readonly AuditFinding[]> {
  const { hour } = seal;
  const sealed = (await digestParts.list(seal.hash)).flatMap(({ record }) => record.digests);
  if (sealOf(hour, seal.previous, sealed).hash !== seal.hash || sealed.length !== seal.rowCount) {
    const message =
      'The seal, or its list of digests, was changed: which rows of the hour are as they were cannot be told.';
    return [{ finding: 'sealChanged', hour, message }];
  }
  const left = new Map(sealed.map(({ key, sha256 }) => [key, sha256]));
  const findings: AuditFinding[] = [];
  for (const { key, sha256 } of rows.map(digestOf)) {
    const expected = left.get(key);
    if (expected === undefined) {
      findings.push(added(hour, key));
    } else if (expected !== sha256) {
      findings.push({ finding: 'rowChanged', hour, row: key, message: 'The row is not as it was when it was sealed.' });
    }
    left.delete(key);
  }
  return [...findings, ...[...left.keys()].map((key) => removed(hour, key))];
}

/** Of rows that lie where they do not belong. */
export function addedFindings(rows: readonly AuditRow[]): readonly AuditFinding[] {
  return rows.map((row) => added(`${row.at.slice(0, 13)}:00:00.000Z`, digestOf(row).key));
}

export function unreadable(hour: string): AuditFinding {
  const message = 'A row of this time is no row of the audit: it was added, or changed so far that it cannot be read.';
  return { finding: 'rowUnreadable', hour, message };
}

function added(hour: string, row: RowDigest['key']): AuditFinding {
  return { finding: 'rowAdded', hour, row, message: 'The row was not there when its hour was sealed.' };
}

function removed(hour: string, row: RowDigest['key']): AuditFinding {
  return { finding: 'rowRemoved', hour, row, message: 'The row was there when its hour was sealed.' };
}

/** The end of the chain is where it could be cut without a trace, but for the time. */
export function endFindings({ head, firstHour, now }: Chain): readonly AuditFinding[] {
  if (head !== undefined && head.hash !== '' && firstHour === undefined) {
    // Said at once, and not only when the next seal is late: rows that went with the seals are missed by nobody else.
    const message =
      'The end of the chain names a seal, and no seal is there any more: all were removed, and the rows with them can be too.';
    return [{ finding: 'sealRemoved', hour: head.hour, message }];
  }
  if (head !== undefined && !isSealLate(new Date(Date.parse(head.hour) + hourMs).toISOString(), now)) return [];
  const message =
    head === undefined
      ? 'There is no seal: the sweep has never run, or the seals were removed.'
      : 'No hour after this one is sealed: the sweep does not run, or the last seals were removed.';
  return [{ finding: 'sealLate', hour: head?.hour ?? now.toISOString(), message }];
}

export async function knownFindings(
  { seals }: SealStores,
  known: SealHead | undefined,
): Promise<readonly AuditFinding[]> {
  if (known === undefined) return [];
  const seal = (await seals.get({ partitionKey: sealPartition, rowKey: known.hour }))?.record;
  if (seal?.hash === known.hash) return [];
  const message = 'The seal of this hour is not the one that was kept elsewhere: the chain was made anew.';
  return [{ finding: 'sealDiffers', hour: known.hour, message }];
}
