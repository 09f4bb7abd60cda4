import { addDays, dayOf, daysBetween } from '../../domain/days.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { type DescribeExpiring, type Expiries, type Expiry, isQuiet } from './expiries.ts';
import type { Notices } from './notices.ts';

/** Days before the end at which somebody is told. */
const noticeThresholdsDays = [90, 60, 30, 14, 7, 3, 1] as const;

export interface WatchExpiriesOptions {
  readonly expiries: Pick<Expiries, 'list'>;
  readonly notices: Notices;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly describe: DescribeExpiring;
  readonly now: () => Date;
}

export interface ExpiryWatchResult {
  /** How many notices this run gave. */
  readonly notices: number;
  /** Days whose expiries were read. */
  readonly daysRead: number;
}

const watermarkName = 'watch-expiries';
/**
 * A watch that was away longer goes on from here: older thresholds say nothing that a newer one does not say better.
 */
const missedDaysMax = 120;

/**
 * Gives notice of what crosses a threshold today, or has crossed one on a day that the watch missed. Reads the days
 * that lie a threshold away and no others. Whoever crossed several thresholds meanwhile hears of the nearest only.
 */
export async function watchExpiries(options: WatchExpiriesOptions): Promise<ExpiryWatchResult> {
  const { notices, now } = options;
  const today = dayOf(now());
  const done = await notices.readWatermark(watermarkName);
  // A second run on one day looks again: what was issued since then is left to its next threshold, nothing is told
  // twice.
  const missed = done === undefined ? 1 : Math.min(Math.max(daysBetween(done, today), 1), missedDaysMax);
  const days = dueDays(today, missed);
  let given = 0;
  for (const day of days) {
    for (const expiry of await options.expiries.list(day)) {
      if (await giveNotice(options, expiry, today)) given += 1;
    }
  }
  // Last, so that a crash before it makes the next run look at the same days again. A clock that went back moves
  // nothing.
  if (done === undefined || done < today) await notices.writeWatermark(watermarkName, today);
  return { notices: given, daysRead: days.length };
}

function dueDays(today: string, missed: number): readonly string[] {
  const days = new Set<string>();
  for (let back = 0; back < missed; back += 1) {
    for (const threshold of noticeThresholdsDays) days.add(addDays(today, threshold - back));
  }
  return [...days].sort();
}

/**
 * The event first, the note of it second. The event's id follows from subject and threshold and the outbox takes an id
 * once, so a crash in between repeats the append to no effect; the note then stays for ever, also after the outbox
 * forgot.
 */
async function giveNotice(
  { notices, outbox, describe, now }: WatchExpiriesOptions,
  expiry: Expiry,
  today: string,
): Promise<boolean> {
  const daysLeft = daysBetween(today, dayOf(new Date(expiry.notAfter)));
  const threshold = nearestThreshold(daysLeft);
  if (threshold === undefined) return false;
  const subjectId = `${expiry.kind}-${expiry.id}`;
  if (await notices.has(subjectId, String(threshold))) return false;
  const described = await describe(expiry.kind, expiry.id);
  if (described === undefined || isQuiet(described.state)) return false;
  const outboxId = `notice-${sha256Hex(`${subjectId}/${threshold}`).slice(0, 32)}`;
  await outbox.append({
    id: outboxId,
    type: `gatehouse.${expiry.kind}.expiring.v1`,
    subject: `${expiry.kind}s/${expiry.id}`,
    data: { ...expiry, state: described.state, thresholdDays: threshold, daysLeft },
  });
  await notices.add({ subjectId, threshold: String(threshold), outboxId, at: now().toISOString() });
  return true;
}

/** The smallest threshold that has been reached; what is past its end counts for the last one. */
function nearestThreshold(daysLeft: number): number | undefined {
  return [...noticeThresholdsDays].reverse().find((threshold) => daysLeft <= threshold);
}
