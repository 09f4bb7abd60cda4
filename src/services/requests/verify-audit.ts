import { ZodError } from 'zod';
import { addDays, dayMs, dayOf } from '../../domain/days.ts';
import type { Tables } from '../../ports/tables.ts';
import { type Audit, type AuditRow } from './audit.ts';
import {
  createSealStores,
  digestOf,
  headKeys,
  hourMs,
  sealedBefore,
  sealOf,
  sealPartition,
  type AuditSeal,
  type RowDigest,
  type SealHead,
  type SealStores,
} from './audit-seals.ts';

/** What can be found of the audit and its seals. The first three are about one row, the others about an hour or a day. */
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

export interface AuditVerification {
  readonly findings: readonly AuditFinding[];
  readonly hoursChecked: number;
  readonly rowsChecked: number;
  /** The chain's end, to be kept somewhere else and held against later. */
  readonly lastSeal?: { readonly hour: string; readonly hash: string };
  /** First day that was not checked yet: there was too much for one look. */
  readonly nextDay?: string;
}

export interface VerifyAuditOptions {
  readonly tables: Tables;
  readonly audit: Pick<Audit, 'listDays'>;
  readonly now: () => Date;
}

export interface VerifyAuditRequest {
  /** UTC days, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  /** A seal that somebody has kept elsewhere. */
  readonly known?: { readonly hour: string; readonly hash: string } | undefined;
}

/** One look checks at most so many days, and stops after so many rows. */
const daysMax = 92;
const rowsMax = 50_000;
/** A sweep each minute seals an hour soon after it closed; this long after its end its seal is late. */
const sealLateMs = 30 * 60 * 1000;

/**
 * Holds rows against the digests of their hour's seal, and the seals against each other. What this cannot show: whoever may
 * write to the tables can make rows and the whole chain of seals anew. A seal that was kept elsewhere (`known`) shows that too.
 */
export async function verifyAudit(
  { tables, audit, now }: VerifyAuditOptions,
  { fromDay, toDay, known }: VerifyAuditRequest,
): Promise<AuditVerification> {
  const stores = createSealStores(tables);
  const head = (await stores.heads.get(headKeys))?.record;
  const [first] = await stores.seals.list(sealPartition, { top: 1 });
  const chain = { head, firstHour: first?.record.hour, now: now() };
  const findings: AuditFinding[] = [...endFindings(head, now()), ...(await knownFindings(stores, known))];
  let hoursChecked = 0;
  let rowsChecked = 0;
  const today = dayOf(now());
  const lastDay = toDay < today ? toDay : today;
  let day = fromDay;
  for (let days = 0; day <= lastDay && days < daysMax && rowsChecked < rowsMax; days += 1) {
    const rows = await readDay(audit, day);
    if (rows === undefined) findings.push(unreadable(day));
    else {
      const checked = await checkDay({ stores, chain, day, rows });
      findings.push(...checked.findings);
      hoursChecked += checked.hoursChecked;
      rowsChecked += rows.length;
    }
    day = addDays(day, 1);
  }
  return {
    findings,
    hoursChecked,
    rowsChecked,
    ...(head === undefined ? {} : { lastSeal: head }),
    ...(day > lastDay ? {} : { nextDay: day }),
  };
}

/** Undefined when something is there that is no row of the audit. */
async function readDay(audit: Pick<Audit, 'listDays'>, day: string): Promise<readonly AuditRow[] | undefined> {
  try {
    return await audit.listDays(day, addDays(day, 1), Number.MAX_SAFE_INTEGER);
  } catch (error) {
    if (error instanceof ZodError) return undefined;
    throw error;
  }
}

function unreadable(day: string): AuditFinding {
  const message = 'A row of this day is no row of the audit: it was added, or changed so far that it cannot be read.';
  return { finding: 'rowUnreadable', hour: `${day}T00:00:00.000Z`, message };
}

interface DayCheck {
  readonly stores: SealStores;
  readonly chain: Chain;
  readonly day: string;
  readonly rows: readonly AuditRow[];
}

async function checkDay({ stores, chain, day, rows }: DayCheck): Promise<{
  readonly findings: readonly AuditFinding[];
  readonly hoursChecked: number;
}> {
  const startMs = Date.parse(`${day}T00:00:00.000Z`);
  const before = new Date(startMs - hourMs).toISOString();
  const seals = new Map(
    (await stores.seals.list(sealPartition, { from: before, to: `${day}T23:59` })).map(({ record }) => [
      record.hour,
      record,
    ]),
  );
  const byHour = groupByHour(rows);
  const findings: AuditFinding[] = [];
  let hoursChecked = 0;
  for (let ms = startMs; ms < startMs + dayMs && ms < sealedBefore(chain.now); ms += hourMs) {
    const hour = new Date(ms).toISOString();
    const seal = seals.get(hour);
    const own = byHour.get(hour) ?? [];
    byHour.delete(hour);
    if (seal === undefined) {
      findings.push(...withoutSeal(hour, own, chain));
      continue;
    }
    hoursChecked += 1;
    const link = seals.get(new Date(ms - hourMs).toISOString());
    findings.push(...linkFindings(seal, link, hour === chain.firstHour), ...(await rowFindings(stores, seal, own)));
  }
  // Whatever is left lies under this day and says that it is of another, or of an hour that is not over.
  for (const [hour, strays] of byHour) {
    if (dayOf(new Date(hour)) !== day) findings.push(...strays.map((row) => added(hour, digestOf(row).key)));
  }
  return { findings, hoursChecked };
}

function groupByHour(rows: readonly AuditRow[]): Map<string, AuditRow[]> {
  const groups = new Map<string, AuditRow[]>();
  for (const row of rows) {
    const hour = `${row.at.slice(0, 13)}:00:00.000Z`;
    const group = groups.get(hour);
    if (group === undefined) groups.set(hour, [row]);
    else group.push(row);
  }
  return groups;
}

interface Chain {
  readonly head: SealHead | undefined;
  readonly firstHour: string | undefined;
  readonly now: Date;
}

/** What it means that an hour which is over has no seal: after the chain's end it may still get one. */
function withoutSeal(hour: string, rows: readonly AuditRow[], chain: Chain): readonly AuditFinding[] {
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

function linkFindings(seal: AuditSeal, before: AuditSeal | undefined, isFirst: boolean): readonly AuditFinding[] {
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
async function rowFindings(
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
    if (expected === undefined) findings.push(added(hour, key));
    else if (expected !== sha256) {
      findings.push({ finding: 'rowChanged', hour, row: key, message: 'The row is not as it was when it was sealed.' });
    }
    left.delete(key);
  }
  return [...findings, ...[...left.keys()].map((key) => removed(hour, key))];
}

function added(hour: string, row: RowDigest['key']): AuditFinding {
  return { finding: 'rowAdded', hour, row, message: 'The row was not there when its hour was sealed.' };
}

function removed(hour: string, row: RowDigest['key']): AuditFinding {
  return { finding: 'rowRemoved', hour, row, message: 'The row was there when its hour was sealed.' };
}

/** The end of the chain is where it could be cut without a trace, but for the time. */
function endFindings(head: SealHead | undefined, now: Date): readonly AuditFinding[] {
  if (head !== undefined && !isSealLate(new Date(Date.parse(head.hour) + hourMs).toISOString(), now)) return [];
  const message =
    head === undefined
      ? 'There is no seal: the sweep has never run, or the seals were removed.'
      : 'No hour after this one is sealed: the sweep does not run, or the last seals were removed.';
  return [{ finding: 'sealLate', hour: head?.hour ?? now.toISOString(), message }];
}

async function knownFindings(
  { seals }: SealStores,
  known: VerifyAuditRequest['known'],
): Promise<readonly AuditFinding[]> {
  if (known === undefined) return [];
  const seal = (await seals.get({ partitionKey: sealPartition, rowKey: known.hour }))?.record;
  if (seal?.hash === known.hash) return [];
  const message = 'The seal of this hour is not the one that was kept elsewhere: the chain was made anew.';
  return [{ finding: 'sealDiffers', hour: known.hour, message }];
}
