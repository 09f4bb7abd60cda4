import { dayOf } from '../../domain/days.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import {
  type RemoveOld,
  type RetainedKind,
  retainedKinds,
  type RetentionDue,
  type RetentionDues,
} from '../../stores/retention-dues.ts';
import type { Audit } from '../requests/audit.ts';
import { noteOwnAct } from '../requests/own-acts.ts';

export interface RetainOptions {
  readonly dues: RetentionDues;
  readonly removers: Readonly<Record<RetainedKind, RemoveOld>>;
  readonly audit: Pick<Audit, 'write'>;
  readonly now: () => Date;
  /** Told of each thing that could not be looked at; it is due again a day later, and holds up nothing. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** How many things of each kind were removed. */
export type RetentionRound = Readonly<Partial<Record<RetainedKind, number>>>;

const looksMax = 2000;
const looksAtOnce = 8;

/**
 * Looks at what has become due, and removes what nothing needs any more. Where there is more than one run does, the
 * next goes on. The thing goes before the row that lists it: after a crash in between it is looked for once more.
 */
export async function retain(options: RetainOptions): Promise<RetentionRound> {
  const { dues, now } = options;
  const removed: Partial<Record<RetainedKind, number>> = {};
  try {
    await mapInGroups(await dues.listDue(dayOf(now()), looksMax), looksAtOnce, async (due) => {
      if (await lookAt(options, due)) removed[due.kind] = (removed[due.kind] ?? 0) + 1;
    });
  } finally {
    // Also when the run was broken off: what it removed is gone.
    await tell(options, removed);
  }
  return removed;
}

async function lookAt({ dues, removers, now, onFault }: RetainOptions, due: RetentionDue): Promise<boolean> {
  const { kind, id } = due;
  let look;
  try {
    look = await removers[kind](id);
  } catch (error) {
    onFault(`${kind} ${id}`, error);
    look = { keptUntil: now() };
  }
  if (typeof look === 'object') await dues.put(kind, id, notBefore(now(), look.keptUntil));
  await dues.done(due);
  return look === 'removed';
}

/** The row must not be the one that is taken off now: its day is over, so today is another. */
function notBefore(now: Date, time: Date): Date {
  return time > now ? time : now;
}

async function tell(options: RetainOptions, removed: RetentionRound): Promise<void> {
  const counts = retainedKinds.flatMap((kind) => {
    const count = removed[kind];
    return count === undefined ? [] : [[kind, String(count)] as const];
  });
  if (counts.length === 0) return;
  await noteOwnAct(options, { action: 'retention.removed', target: Object.fromEntries(counts) });
}
