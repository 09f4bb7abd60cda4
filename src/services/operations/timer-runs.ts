import { z } from 'zod';
import { cutText } from '../../domain/cut-text.ts';
import { redactSecrets } from '../../domain/redact-secrets.ts';
import { type TimerName, timerNames, timers } from '../../domain/timers.ts';
import type { Tables } from '../../ports/tables.ts';
import { createStore } from '../../stores/store.ts';

const runSchema = z.object({
  timer: z.string(),
  /** Since when it is known that there is such a timer: before its first run nothing else tells whether it is late. */
  knownSince: z.iso.datetime(),
  succeededAt: z.iso.datetime().optional(),
  /** What the last run that succeeded has to say, such as how much it could not do. */
  remark: z.string().optional(),
  failedAt: z.iso.datetime().optional(),
  /** Why the last failed run failed. */
  failure: z.string().optional(),
});
type TimerRun = z.infer<typeof runSchema>;

export interface TimerStanding {
  readonly timer: TimerName;
  readonly status: 'ok' | 'late' | 'failing';
  readonly detail: string;
}

/** When each timer ran last, and how that ended. */
export interface TimerRuns {
  /** `remark`: what health shall say of the run besides its time. */
  succeeded(timer: TimerName, remark?: string): Promise<void>;
  failed(timer: TimerName, error: unknown): Promise<void>;
  /** How each timer stands now; one that is new counts from now on. */
  standing(): Promise<readonly TimerStanding[]>;
}

const partition = 'timer';
/** A restart after a crash, a run that takes its time, a clock that is set: none of them makes a timer late. */
const graceMs = 6 * 60 * 1000;
/** And of long intervals this share. */
const graceShare = 0.05;

export function createTimerRuns({ tables, now }: { readonly tables: Tables; readonly now: () => Date }): TimerRuns {
  const store = createStore(tables, {
    table: 'TimerRuns',
    schema: runSchema,
    keys: ({ timer }) => ({ partitionKey: partition, rowKey: timer }),
  });

  async function note(timer: TimerName, change: (run: TimerRun) => TimerRun): Promise<void> {
    const keys = { partitionKey: partition, rowKey: timer };
    // Every run but the first finds its row: looking first spares storage a refused insert each minute.
    if ((await store.update(keys, change)) !== undefined) return;
    const fresh = { timer, knownSince: now().toISOString() };
    if (!(await store.insert(change(fresh)))) await store.update(keys, change);
  }

  return {
    succeeded: (timer, remark) => note(timer, (run) => ({ ...run, succeededAt: now().toISOString(), remark })),
    failed: (timer, error) => {
      const text = error instanceof Error ? error.message : String(error);
      const failure = cutText(redactSecrets(text));
      return note(timer, (run) => ({ ...run, failedAt: now().toISOString(), failure }));
    },
    standing: async () => {
      const runs = new Map((await store.list(partition)).map(({ record }) => [record.timer, record]));
      for (const timer of timerNames) if (!runs.has(timer)) await note(timer, (run) => run);
      return timerNames.map((timer) => standingOf(timer, runs.get(timer), now()));
    },
  };
}

function standingOf(timer: TimerName, run: TimerRun | undefined, now: Date): TimerStanding {
  const since = run?.succeededAt ?? run?.knownSince ?? now.toISOString();
  const last = run?.succeededAt === undefined ? `No run has succeeded since ${since}.` : `Last run at ${since}.`;
  const everyMs = timers[timer].everySeconds * 1000;
  if (now.getTime() - Date.parse(since) > everyMs + Math.max(graceMs, everyMs * graceShare)) {
    return { timer, status: 'late', detail: `${last} ${failureOf(run)}`.trim() };
  }
  const isFailing = run?.failedAt !== undefined && (run.succeededAt === undefined || run.failedAt > run.succeededAt);
  return isFailing
    ? { timer, status: 'failing', detail: failureOf(run) }
    : { timer, status: 'ok', detail: `${last} ${run?.remark ?? ''}`.trim() };
}

function failureOf(run: TimerRun | undefined): string {
  return run?.failedAt === undefined ? '' : `The run at ${run.failedAt} failed: ${run.failure ?? ''}`;
}
