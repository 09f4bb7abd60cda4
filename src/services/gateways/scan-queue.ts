import { withCorrelation } from '../../domain/failure.ts';
import type { ArmUndone, ArmWords } from '../../ports/arm.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import { queuePartition, type ScanItem, type ScanQueue } from '../../stores/records/inventory.ts';
import type { Stores } from '../../stores/stores.ts';

/** What one look at a thing of the queue led to. */
export type Looked =
  /** What was seen, or why nothing was, is written. */
  | { readonly outcome: 'written' }
  /** Azure is at work: look again. */
  | { readonly outcome: 'asked'; readonly seconds: number; readonly asked: NonNullable<ScanItem['asked']> }
  /** It cannot be looked at now. */
  | { readonly outcome: 'trouble'; readonly seconds: number; readonly why: string; readonly isBusy: boolean };

export interface QueueWork {
  readonly queue: ScanQueue;
  /** So many at most are looked at before the pause: the pace at which Azure is asked. */
  readonly batch: number;
  readonly look: (item: ScanItem) => Promise<Looked>;
  /** Writes that the thing was not looked at, and why. */
  readonly giveUp: (item: ScanItem, why: string) => Promise<void>;
}

export interface QueueProgress {
  /** How many are left, up to a thousand. */
  readonly left: number;
  readonly seconds: number;
}

/** A thing that cannot be looked at for so long is left out, and that is said. */
const patienceMs = 10 * 60 * 1000;
/** A step takes so long at most, whatever Azure does. */
const stepMaxMs = 2 * 3600 * 1000;
const pauseSeconds = 2;
const atOnce = 4;
const countedMax = 1000;

/**
 * Looks at the next few things that are due. Azure gives an identity 250 reads and 25 more each second; what is asked
 * for here stays below half of that, since others read as well. Once Azure is busy, nothing more is asked in this call.
 */
export async function advanceQueue(
  { queue, batch, look, giveUp }: QueueWork,
  {
    scanId,
    begunAt,
    stores,
    now,
  }: {
    readonly scanId: string;
    readonly begunAt: string;
    readonly stores: Pick<Stores, 'scanItems'>;
    readonly now: () => Date;
  },
): Promise<QueueProgress> {
  const partition = queuePartition(scanId, queue);
  const isOver = now().getTime() - Date.parse(begunAt) > stepMaxMs;
  const due = await stores.scanItems.list(partition, {
    top: batch,
    // Behind every key of this moment: after the time comes a hyphen.
    ...(isOver ? {} : { to: `${now().toISOString()}~` }),
  });
  let pause = pauseSeconds;
  let isBusy = false;

  async function lookAt(item: ScanItem): Promise<void> {
    if (isBusy) return;
    const looked = isOver ? undefined : await look(item);
    if (looked?.outcome === 'asked') {
      const { failingSince: _over, ...rest } = item;
      return postpone(item, { ...rest, asked: looked.asked }, looked.seconds);
    }
    if (looked?.outcome === 'trouble') {
      const since = item.failingSince ?? now().toISOString();
      if (now().getTime() - Date.parse(since) < patienceMs) {
        isBusy ||= looked.isBusy;
        if (looked.isBusy) pause = Math.max(pause, looked.seconds);
        return postpone(item, { ...item, failingSince: since }, looked.seconds);
      }
      await giveUp(item, looked.why);
    }
    if (looked === undefined) await giveUp(item, 'The scan had taken two hours by then.');
    await stores.scanItems.remove(item);
  }

  /** The later row comes first: a crash between the two makes one look more, not one fewer. */
  async function postpone(item: ScanItem, later: ScanItem, seconds: number): Promise<void> {
    const dueAt = new Date(now().getTime() + seconds * 1000).toISOString();
    await stores.scanItems.upsert({ ...later, dueAt });
    if (dueAt !== item.dueAt) await stores.scanItems.remove(item);
  }

  await mapInGroups(due, atOnce, ({ record }) => lookAt(record));
  const rest = await stores.scanItems.list(partition, { top: countedMax });
  const [next] = rest;
  const untilDue = next === undefined ? 0 : Math.ceil((Date.parse(next.record.dueAt) - now().getTime()) / 1000);
  return { left: rest.length, seconds: Math.max(pause, untilDue) };
}

/** In Azure's words, under its code, where it said something. */
export function sayArm({ code, message, correlationId, isOurs }: ArmWords): string {
  return isOurs === true ? message : `${code}: ${withCorrelation(message, correlationId)}`;
}

/** How an answer that is no success is taken: a refusal is final, everything else may pass. */
export function troubleOf(answer: ArmUndone): Looked | undefined {
  if (answer.outcome === 'refused') return undefined;
  const seconds = answer.outcome === 'missing' ? missingSeconds : answer.retryAfterSeconds;
  return { outcome: 'trouble', seconds, why: sayArm(answer), isBusy: answer.outcome === 'busy' };
}
/** Azure's caches have lagged: what it lists and does not show is looked for again. */
const missingSeconds = 30;
