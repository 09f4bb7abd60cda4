import { z } from 'zod';
import { cutText } from '../../domain/cut-text.ts';
import { redactSecrets } from '../../domain/redact-secrets.ts';
import { type TimerName, timerNames, timers } from '../../domain/timers.ts';
import type { Tables } from '../../ports/tables.ts';
import { createStore } from '../../stores/store.ts';

/** Of each timer one row of how it stands and one of its last failure: a run writes its row without reading it. */
const runSchema = z.object({
  timer: z.string(),
  /** Since when it is known that there is such a timer: before its first run nothing else tells whether it is late. */
  knownSince: z.iso.datetime().optional(),
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
    keys: ({ timer, failedAt }) => ({
      partitionKey: partition,
      rowKey: failedAt === undefined ? timer : `${timer}-failed`,
    }),
  });

  return {
    succeeded: (timer, remark) => store.upsert({ timer, succeededAt: now().toISOString(), remark }),
    failed: (timer, error) => {
      const text = error instanceof Error ? error.message : String(error);
      return store.upsert({ timer, failedAt: now().toISOString(), failure: cutText(redactSecrets(text)) });
    },
    standing: async () => {
      const rows = (await store.list(partition)).map(({ record }) => record);
      for (const timer of timerNames) {
        if (rows.some((row) => row.timer === timer && row.failedAt === undefined)) continue;
        const fresh = { timer, knownSince: now().toISOString() };
        await store.insert(fresh);
        rows.push(fresh);
      }
      return timerNames.map((timer) => {
        const run = Object.assign({}, ...rows.filter((row) => row.timer === timer)) as TimerRun;
        return standingOf(timer, run, now());
      });
    },
  };
}

function standingOf(timer: TimerName, run: TimerRun, now: Date): TimerStanding {
  const since = run.succeededAt ?? run.knownSince ?? now.toISOString();
  const last = run.succeededAt === undefined ? `No run has succeeded since ${since}.` : `Last run at ${since}.`;
  const everyMs = timers[timer].everySeconds * 1000;
  if (now.getTime() - Date.parse(since) > everyMs + Math.max(graceMs, everyMs * graceShare)) {
    return { timer, status: 'late', detail: `${last} ${failureOf(run)}`.trim() };
  }
  const isFailing = run.failedAt !== undefined && (run.succeededAt === undefined || run.failedAt > run.succeededAt);
  return isFailing
    ? { timer, status: 'failing', detail: failureOf(run) }
    : { timer, status: 'ok', detail: `${last} ${run.remark ?? ''}`.trim() };
}

function failureOf(run: TimerRun): string {
  return run.failedAt === undefined ? '' : `The run at ${run.failedAt} failed: ${run.failure ?? ''}`;
}
