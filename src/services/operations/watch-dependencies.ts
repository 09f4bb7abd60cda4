import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { cutText } from '../../domain/cut-text.ts';
import { type HealthItemName, healthItemNames, type HealthStatus, healthStatuses } from '../../domain/health-items.ts';
import { redactSecrets } from '../../domain/redact-secrets.ts';
import type { Tables } from '../../ports/tables.ts';
import type { Outbox, PendingDelivery } from '../../stores/outbox.ts';
import { createStore } from '../../stores/store.ts';
import type { TimerRuns } from './timer-runs.ts';

const itemSchema = z.object({
  name: z.enum(healthItemNames),
  status: z.enum(healthStatuses),
  /** Since when it has this status. */
  since: z.iso.datetime(),
  detail: z.string().optional(),
});
export type HealthItem = z.infer<typeof itemSchema>;

const reportSchema = z.object({ lookedAt: z.iso.datetime(), items: z.array(itemSchema) });
export type HealthReport = z.infer<typeof reportSchema>;

/** What one thing was found to be. */
export interface Finding {
  readonly status: HealthStatus;
  readonly detail?: string;
}

/** Looks at one thing. Throws when it gives no answer, or not the one that it has to. */
export type Probe = () => Promise<Finding>;

export interface DependencyWatchOptions {
  readonly tables: Tables;
  readonly outbox: Pick<Outbox, 'listPending'>;
  /** Whether events are posted anywhere. */
  readonly hasWebhook: () => Promise<boolean>;
  /** Names of the settings and secrets that are missing. */
  readonly missing: () => Promise<readonly string[]>;
  readonly timerRuns: Pick<TimerRuns, 'standing'>;
  readonly probes: Readonly<Record<'storage' | 'resourceManager' | 'keyVault' | 'appVault', Probe>>;
  readonly now: () => Date;
  /** How long a thing may take to answer. */
  readonly answerWithinMs?: number;
}

export interface DependencyWatch {
  /**
   * Looks at everything and writes what was found into one row, for whoever asks. Undefined, and nothing is looked at,
   * when the last look is younger than a minute: however many instances there are, the dependencies are asked once.
   */
  look(): Promise<HealthReport | undefined>;
  /** The last look; undefined when there was none. */
  last(): Promise<HealthReport | undefined>;
}

const reportKeys = { partitionKey: 'dependencies', rowKey: '' };
/** A little less than the timer's minute, which is never to the millisecond. */
const lookEveryMs = 50 * 1000;
const answerWithinUsualMs = 15 * 1000;
/** An event that waits this long was tried several times. */
const backlogLateMs = 60 * 60 * 1000;

export function createDependencyWatch(options: DependencyWatchOptions): DependencyWatch {
  const { now, answerWithinMs = answerWithinUsualMs } = options;
  const store = createStore(options.tables, { table: 'Health', schema: reportSchema, keys: () => reportKeys });

  const last = async (): Promise<HealthReport | undefined> => (await store.get(reportKeys))?.record;

  async function look(): Promise<HealthReport | undefined> {
    const before = await last();
    const ageMs = before === undefined ? Number.POSITIVE_INFINITY : now().getTime() - Date.parse(before.lookedAt);
    if (ageMs >= 0 && ageMs < lookEveryMs) return undefined;
    const probes: Readonly<Record<string, Probe>> = {
      ...options.probes,
      secrets: () => lookAtSecrets(options),
      outbox: () => lookAtOutbox(options),
    };
    const findings = Object.entries(probes).map(async ([name, probe]) => ({
      name: name as HealthItemName,
      ...(await answerOf(probe, answerWithinMs)),
    }));
    const found = [...(await Promise.all(findings)), ...(await lookAtTimers(options))];
    const at = now().toISOString();
    const items = found.map((item) => {
      const known = before?.items.find(({ name }) => name === item.name);
      return { ...item, since: known?.status === item.status ? known.since : at };
    });
    const report = { lookedAt: at, items };
    await store.upsert(report);
    return report;
  }

  return { look, last };
}

/** No answer is none: neither an error nor silence is taken for health. */
async function answerOf(probe: Probe, withinMs: number): Promise<Finding> {
  const silence = new AbortController();
  try {
    return await Promise.race([
      probe(),
      wait(withinMs, undefined, { ref: false, signal: silence.signal }).then((): Finding => ({
        status: 'unknown',
        detail: `No answer within ${withinMs / 1000} seconds.`,
      })),
    ]);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { status: 'failing', detail: cutText(redactSecrets(text)) };
  } finally {
    silence.abort();
  }
}

async function lookAtSecrets({ missing }: DependencyWatchOptions): Promise<Finding> {
  const names = await missing();
  return names.length === 0
    ? { status: 'ok' }
    : { status: 'failing', detail: `Missing or unusable: ${names.join(', ')}.` };
}

async function lookAtOutbox({ outbox, hasWebhook, now }: DependencyWatchOptions): Promise<Finding> {
  const pending = (await outbox.listPending()).map(({ record }) => record);
  const [oldest] = pending.toSorted((one, other) => (one.appendedAt < other.appendedAt ? -1 : 1));
  if (oldest === undefined) return { status: 'ok', detail: 'Nothing waits.' };
  const detail = `${pending.length} events wait, the oldest since ${oldest.appendedAt}.${lastTry(oldest)}`;
  if (!(await hasWebhook())) return { status: 'ok', detail: `${detail} No webhook is set: they are kept.` };
  const isLate = now().getTime() - Date.parse(oldest.appendedAt) > backlogLateMs;
  return { status: isLate ? 'late' : 'ok', detail };
}

function lastTry({ lastProblem, lastStatus }: PendingDelivery): string {
  if (lastProblem !== undefined) return ` Its last try got no answer: ${lastProblem}`;
  return lastStatus === undefined ? '' : ` Its last try was answered with ${lastStatus}.`;
}

async function lookAtTimers({
  timerRuns,
}: DependencyWatchOptions): Promise<readonly (Finding & { readonly name: HealthItemName })[]> {
  const standing = await timerRuns.standing();
  return standing.map(({ timer, status, detail }) => ({ name: `timer.${timer}` as const, status, detail }));
}
