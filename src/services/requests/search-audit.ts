import { dayMs, dayOf } from '../../domain/days.ts';
import type { Audit, AuditRow } from './audit.ts';

/** What a row has to be like. Letter case counts nowhere. */
export interface AuditFilter {
  readonly who?: string | undefined;
  /** An action, such as `certificate.revoke`, or the group before its dot. */
  readonly action?: string | undefined;
  /** Anything that the row is about: an id, a name, an operation. */
  readonly target?: string | undefined;
  /** In normal form: 40 upper-case digits. */
  readonly thumbprint?: string | undefined;
  /** What the caller gave as the reason, or a code of why it was refused. */
  readonly reason?: string | undefined;
}

export interface AuditQuery extends AuditFilter {
  /** ISO 8601 UTC with milliseconds; `from` included, `to` excluded. */
  readonly from: string;
  readonly to: string;
  readonly top: number;
}

export interface AuditPage {
  readonly rows: readonly AuditRow[];
  /** Where the next page ends: its `to`. Absent when there is no more. */
  readonly before?: string;
}

const stretchMinMs = 15 * 60 * 1000;
const stretchMaxMs = 64 * dayMs;
const stretchGrowth = 4;
/** Fewer rows than this in a stretch let the next one be longer; more make it shorter. */
const fewRows = 250;
const manyRows = 2000;
/**
 * Rows that one page reads at most, within a stretch: a page that found little by then is short and says where to go
 * on.
 */
const readRowsMax = 20_000;
/** And stretches, where there are few rows or none. */
const readStretchesMax = 100;

/**
 * One page of the audit, newest first. Rows are read by time only, in stretches that grow where little happened: a year
 * of few rows is a handful of requests. New rows come before a page's end and disturb no later page.
 */
export async function searchAudit(audit: Pick<Audit, 'listPart' | 'listDays'>, query: AuditQuery): Promise<AuditPage> {
  const fromMs = Date.parse(query.from);
  const found: AuditRow[] = [];
  let toMs = Date.parse(query.to);
  let stretchMs = stretchMinMs;
  let rowsRead = 0;
  for (let stretches = 0; toMs > fromMs && found.length < query.top; stretches += 1) {
    if (rowsRead >= readRowsMax || stretches >= readStretchesMax) break;
    const startMs = stretchStart({ fromMs, toMs, stretchMs });
    const rows = await readStretch(audit, startMs, toMs);
    rowsRead += rows?.length ?? manyRows;
    if (rows !== undefined) {
      found.push(...rows.filter((row) => isMatch(row, query)));
      toMs = startMs;
    }
    stretchMs = nextStretch(stretchMs, rows?.length ?? Number.POSITIVE_INFINITY);
  }
  return toPage(found, query.top, toMs > fromMs ? new Date(toMs).toISOString() : undefined);
}

/** Whole days where a stretch is longer than what is left of a day; otherwise a part of one day. */
function stretchStart(range: { readonly fromMs: number; readonly toMs: number; readonly stretchMs: number }): number {
  const { fromMs, toMs, stretchMs } = range;
  const dayStartMs = startOfDay(toMs - 1);
  const isWhole = toMs - dayStartMs === dayMs;
  if (isWhole && stretchMs >= dayMs && dayStartMs >= fromMs) {
    const firstWholeMs = startOfDay(fromMs + dayMs - 1);
    return Math.max(toMs - Math.floor(stretchMs / dayMs) * dayMs, firstWholeMs);
  }
  return Math.max(toMs - stretchMs, dayStartMs, fromMs);
}

/** Undefined when there is too much in it: the next try is of a shorter stretch. */
async function readStretch(
  audit: Pick<Audit, 'listPart' | 'listDays'>,
  startMs: number,
  endMs: number,
): Promise<readonly AuditRow[] | undefined> {
  const isWholeDays = startMs === startOfDay(startMs) && endMs === startOfDay(endMs);
  if (!isWholeDays) return audit.listPart(startMs, endMs);
  return audit.listDays(dayOf(new Date(startMs)), dayOf(new Date(endMs)), manyRows);
}

function nextStretch(stretchMs: number, rowCount: number): number {
  if (rowCount > manyRows) return Math.max(stretchMs / stretchGrowth, stretchMinMs);
  return rowCount < fewRows ? Math.min(stretchMs * stretchGrowth, stretchMaxMs) : stretchMs;
}

function isMatch(row: AuditRow, { who, action, target, thumbprint, reason }: AuditFilter): boolean {
  const subjects = [...Object.values(row.target), row.operationId ?? ''];
  return (
    (who === undefined || isSame(row.who, who)) &&
    (action === undefined || isSame(row.action, action) || startsWith(row.action, `${action}.`)) &&
    (target === undefined || subjects.some((subject) => isSame(subject, target))) &&
    (thumbprint === undefined || subjects.includes(thumbprint)) &&
    (reason === undefined || reasonsOf(row).some((one) => isSame(one, reason)))
  );
}

function reasonsOf({ reason, code, reasons = [] }: AuditRow): readonly string[] {
  return [reason, code, ...reasons].filter((one) => one !== undefined);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function startsWith(text: string, beginning: string): boolean {
  return text.toLowerCase().startsWith(beginning.toLowerCase());
}

/** A page goes on before the time of its last row, so all rows of that time have to be on it. */
function toPage(found: readonly AuditRow[], top: number, unread: string | undefined): AuditPage {
  const last = found[top - 1];
  if (last === undefined) return unread === undefined ? { rows: found } : { rows: found, before: unread };
  const rows = found.filter(({ at }, position) => position < top || at === last.at);
  const hasMore = rows.length < found.length || unread !== undefined;
  return hasMore ? { rows, before: last.at } : { rows };
}

function startOfDay(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}
