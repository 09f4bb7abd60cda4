import { ZodError } from 'zod';
import { addDays, dayMs, dayOf } from '../../domain/days.ts';
import type { Tables } from '../../ports/tables.ts';
import type { Audit, AuditRow } from './audit.ts';
import {
  addedFindings,
  type AuditFinding,
  type Chain,
  endFindings,
  knownFindings,
  linkFindings,
  rowFindings,
  unreadable,
  withoutSeal,
} from './audit-findings.ts';
import {
  type AuditSeal,
  createSealStores,
  headKeys,
  hourMs,
  sealedBefore,
  sealPartition,
  type SealStores,
} from './audit-seals.ts';

export interface AuditVerification {
  readonly findings: readonly AuditFinding[];
  readonly hoursChecked: number;
  readonly rowsChecked: number;
  /** The first day that was looked at: of days before it, from the one that was asked for on, there is nothing. */
  readonly firstDay?: string;
  /** The chain's end, to be kept somewhere else and held against later. */
  readonly lastSeal?: { readonly hour: string; readonly hash: string };
  /** First hour that was not checked yet: there was too much for one look. */
  readonly nextHour?: string;
}

type AuditReads = Pick<Audit, 'listDays' | 'firstDay' | 'partitionsOf' | 'listIn'>;

export interface VerifyAuditOptions {
  readonly tables: Tables;
  readonly audit: AuditReads;
  readonly now: () => Date;
  /** One look stops after so many rows. */
  readonly rowsMax?: number;
  /** A day with more rows is read hour by hour. */
  readonly rowsAtOnceMax?: number;
}

export interface VerifyAuditRequest {
  /** Start of an hour. */
  readonly fromHour: string;
  /** UTC day, included. */
  readonly toDay: string;
  /** A seal that somebody has kept elsewhere. */
  readonly known?: { readonly hour: string; readonly hash: string } | undefined;
}

/** One look checks at most so many days. */
const daysMax = 92;

/**
 * Holds rows against the digests of their hour's seal, and the seals against each other. What this cannot show: whoever
 * may write to the tables can make rows and the whole chain of seals anew. A seal that was kept elsewhere (`known`)
 * shows that too.
 */
export async function verifyAudit(
  { tables, audit, now, rowsMax = 50_000, rowsAtOnceMax = 5000 }: VerifyAuditOptions,
  { fromHour, toDay, known }: VerifyAuditRequest,
): Promise<AuditVerification> {
  const stores = createSealStores(tables);
  const head = (await stores.heads.get(headKeys))?.record;
  const [first] = await stores.seals.list(sealPartition, { top: 1 });
  const chain = { head, firstHour: first?.record.hour, now: now() };
  const findings: AuditFinding[] = [...endFindings(chain), ...(await knownFindings(stores, known))];
  const today = dayOf(now());
  const lastDay = toDay < today ? toDay : today;
  const firstDay = await nextDayToLookAt(audit, chain, fromHour.slice(0, 10), lastDay);
  let hoursChecked = 0;
  let rowsChecked = 0;
  let day = firstDay;
  let nextHour = day === undefined || day > fromHour ? startOf(day) : fromHour;
  for (let days = 0; day !== undefined && nextHour !== undefined && days < daysMax; days += 1) {
    const rowsLeft = rowsMax - rowsChecked;
    const checked = await checkDay({ stores, chain, audit, day, fromHour: nextHour, rowsLeft, rowsAtOnceMax });
    findings.push(...checked.findings);
    hoursChecked += checked.hoursChecked;
    rowsChecked += checked.rowsChecked;
    if (checked.nextHour === undefined) {
      day = await nextDayToLookAt(audit, chain, addDays(day, 1), lastDay);
      nextHour = startOf(day);
    } else {
      nextHour = checked.nextHour;
    }
    if (rowsChecked >= rowsMax) break;
  }
  return {
    findings,
    hoursChecked,
    rowsChecked,
    ...(firstDay === undefined ? {} : { firstDay }),
    ...(head === undefined ? {} : { lastSeal: head }),
    ...(nextHour === undefined ? {} : { nextHour }),
  };
}

function startOf(day: string | undefined): string | undefined {
  return day === undefined ? undefined : `${day}T00:00:00.000Z`;
}

/**
 * This day or a later one: there are rows, or it lies within the chain of seals. Undefined where there is none up to
 * the last.
 */
async function nextDayToLookAt(
  audit: AuditReads,
  { firstHour, head }: Chain,
  day: string,
  lastDay: string,
): Promise<string | undefined> {
  if (day > lastDay) return undefined;
  const firstSealed = firstHour?.slice(0, 10);
  if (firstSealed !== undefined && head !== undefined && day >= firstSealed && day <= head.hour) return day;
  const withRows = await audit.firstDay(day);
  const next = [withRows, firstSealed].filter((each) => each !== undefined && each >= day).toSorted()[0];
  return next === undefined || next > lastDay ? undefined : next;
}

interface DayCheck {
  readonly stores: SealStores;
  readonly chain: Chain;
  readonly audit: AuditReads;
  readonly day: string;
  readonly fromHour: string;
  readonly rowsLeft: number;
  readonly rowsAtOnceMax: number;
}

interface DayChecked {
  readonly findings: readonly AuditFinding[];
  readonly hoursChecked: number;
  readonly rowsChecked: number;
  /** Where the day goes on. */
  readonly nextHour?: string;
}

async function checkDay(check: DayCheck): Promise<DayChecked> {
  const { stores, chain, audit, day, fromHour, rowsLeft } = check;
  const rows = await openDay(audit, day, check.rowsAtOnceMax);
  const endMs = Date.parse(`${day}T00:00:00.000Z`) + dayMs;
  const seals = await sealsOf(stores, fromHour, endMs);
  const findings: AuditFinding[] = [];
  let hoursChecked = 0;
  let rowsChecked = 0;
  let ms = Date.parse(fromHour);
  for (; ms < endMs && ms < sealedBefore(chain.now) && (rowsChecked < rowsLeft || rows.isWhole); ms += hourMs) {
    const hour = new Date(ms).toISOString();
    const own = await readable(() => rows.ofHour(hour));
    if (own === undefined) {
      findings.push(unreadable(hour));
      continue;
    }
    rowsChecked += own.length;
    const seal = seals.get(hour);
    if (seal === undefined) {
      findings.push(...withoutSeal(hour, own, chain));
      continue;
    }
    hoursChecked += 1;
    const link = seals.get(new Date(ms - hourMs).toISOString());
    findings.push(...linkFindings(seal, link, hour === chain.firstHour), ...(await rowFindings(stores, seal, own)));
  }
  if (ms < endMs && ms < sealedBefore(chain.now)) {
    return { findings, hoursChecked, rowsChecked, nextHour: new Date(ms).toISOString() };
  }
  // Whatever else lies under this day says that it is of another.
  const strays = await readable(() => rows.strays());
  findings.push(...(strays === undefined ? [unreadable(`${day}T00:00:00.000Z`)] : addedFindings(strays)));
  return { findings, hoursChecked, rowsChecked: rowsChecked + (strays?.length ?? 0) };
}

/** By hour: also the one before the first that is asked for, which that one's seal builds on. */
async function sealsOf(
  { seals }: SealStores,
  fromHour: string,
  endMs: number,
): Promise<ReadonlyMap<string, AuditSeal>> {
  const from = new Date(Date.parse(fromHour) - hourMs).toISOString();
  const stored = await seals.list(sealPartition, { from, to: new Date(endMs).toISOString() });
  return new Map(stored.map(({ record }) => [record.hour, record]));
}

/** What lies under a day, whatever it says of itself. */
interface DayRows {
  /** Read at once. */
  readonly isWhole: boolean;
  ofHour(hour: string): Promise<readonly AuditRow[]>;
  /** Those of no hour of this day. */
  strays(): Promise<readonly AuditRow[]>;
}

/** Few rows are read at once. Many are read hour by hour, and so are those among which one cannot be read. */
async function openDay(audit: AuditReads, day: string, rowsAtOnceMax: number): Promise<DayRows> {
  const nextDay = addDays(day, 1);
  const rows = await readable(() => audit.listDays(day, nextDay, rowsAtOnceMax));
  if (rows !== undefined) {
    const hourOf = ({ at }: AuditRow): string => `${at.slice(0, 13)}:00:00.000Z`;
    return {
      isWhole: true,
      ofHour: (hour) => Promise.resolve(rows.filter((row) => hourOf(row) === hour)),
      strays: () => Promise.resolve(rows.filter(({ at }) => at.slice(0, 10) !== day)),
    };
  }
  const partitions = await audit.partitionsOf(day);
  return {
    isWhole: false,
    ofHour: (hour) => audit.listIn(partitions, { from: hour, to: new Date(Date.parse(hour) + hourMs).toISOString() }),
    strays: async () => [
      ...(await audit.listIn(partitions, { to: `${day}T00:00:00.000Z` })),
      ...(await audit.listIn(partitions, { from: `${nextDay}T00:00:00.000Z` })),
    ],
  };
}

/** Undefined when something is there that is no row of the audit. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ZodError) return undefined;
    throw error;
  }
}
