import type { Scheduler } from '../platform/scheduler.ts';
import type { StackClock } from '../platform/stack-clock.ts';
import { ControlProblem } from './problem.ts';
import type { RuntimeClient, RuntimeClock } from './runtime-client.ts';

/** What moves with the stack's clock, and what has to be at rest before it moves on. */
export interface ClockedParts {
  readonly clock: StackClock;
  readonly scheduler: Scheduler;
  readonly runtime: RuntimeClient;
  /** The cloud process's services by name. */
  readonly services: Readonly<Record<string, { isIdle(): boolean }>>;
}

export interface AdvanceLimits {
  readonly stepsMax: number;
  readonly realTimeMaxMs: number;
  readonly pollMs: number;
}

export interface Advanced {
  readonly now: string;
  readonly offsetMs: number;
  readonly steps: number;
}

const defaultLimits: AdvanceLimits = { stepsMax: 20_000, realTimeMaxMs: 600_000, pollMs: 1 };
/** Waits between two looks grow up to this while the stack is at work, so that looking does not slow the work. */
const pollMaxMs = 16;
const minuteMs = 60 * 1000;
/**
 * Beyond this, schedules are stopped at every few minutes and fire once for what they missed in between, as on a host
 * that slept: stopping at each minute of a day takes a minute, of a year hours.
 */
const everyRunMaxMs = 180 * minuteMs;
/** As long as a timer may be behind its minute before anybody calls it late. */
const scheduleGapLeastMs = 5 * minuteMs;
/** And about this often in all, however long the way. */
const scheduleStopsMax = 500;

/**
 * Moves the stack's clock forward by `advanceMs`, event by event: to the next due timer, operation or trigger, then
 * waits until everything rests, and so on to the end. Durable timers and operations are always stopped at; schedules
 * too, up to three hours. Throws a problem that names what is still busy when that takes too long.
 */
export async function advanceClock(
  parts: ClockedParts,
  advanceMs: number,
  limits: AdvanceLimits = defaultLimits,
): Promise<Advanced> {
  const { clock } = parts;
  const targetMs = clock.nowMs() + advanceMs;
  const deadlineMs = Date.now() + limits.realTimeMaxMs;
  const scheduleGapMs = advanceMs > everyRunMaxMs ? Math.max(scheduleGapLeastMs, advanceMs / scheduleStopsMax) : 0;
  let steps = 0;
  for (;;) {
    const runtime = await settle(parts, deadlineMs, limits.pollMs);
    const nowMs = clock.nowMs();
    if (nowMs >= targetMs) return { now: clock.now().toISOString(), offsetMs: clock.offsetMs, steps };
    if (steps >= limits.stepsMax) {
      throw tooLong(`${steps} steps did not reach the end`, [`now at ${clock.now().toISOString()}`]);
    }
    steps += 1;
    const exactMs = Math.min(targetMs, timeOf(runtime.nextTimer), parts.scheduler.nextDueMs() ?? Infinity);
    clock.moveTo(Math.min(exactMs, Math.max(timeOf(runtime.nextDue), nowMs + scheduleGapMs)));
  }
}

/** Waits until everything rests; answers the runtime's last word. */
async function settle(parts: ClockedParts, deadlineMs: number, pollMs: number): Promise<RuntimeClock> {
  for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 2, pollMaxMs)) {
    // At rest before the runtime is asked too: what is on the way to it now may be its work by the time that it has
    // answered.
    const before = whatIsBusy(parts);
    // Asked by moving it to where it should be: one that was restarted while the clock moved is behind.
    const runtime = await parts.runtime.moveClock(parts.clock.offsetMs);
    if (runtime?.fixed === true) throw fixed();
    const busy = [...new Set([...before, ...whatIsBusy(parts), ...runtimeIfBusy(parts, runtime)])];
    if (busy.length === 0 && runtime !== undefined) return runtime;
    if (Date.now() > deadlineMs) throw tooLong('The stack did not come to rest', busy);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

function whatIsBusy(parts: ClockedParts): string[] {
  const services = Object.entries(parts.services).flatMap(([name, service]) => (service.isIdle() ? [] : [name]));
  return parts.scheduler.isIdle() ? services : [...services, 'scheduled work'];
}

function runtimeIfBusy({ clock }: ClockedParts, runtime: RuntimeClock | undefined): string[] {
  if (runtime === undefined) return ['runtime (does not answer)'];
  const isBehind = runtime.offsetMs < clock.offsetMs;
  const isDue = timeOf(runtime.nextDue) <= clock.nowMs();
  return runtime.idle && !isBehind && !isDue ? [] : ['runtime'];
}

function timeOf(iso: string | null): number {
  return iso === null ? Infinity : Date.parse(iso);
}

function fixed(): ControlProblem {
  return new ControlProblem(
    409,
    'clockIsFixed',
    'The real Durable Task extension runs the orchestrations, in real time.',
  );
}

function tooLong(what: string, busy: readonly string[]): ControlProblem {
  return new ControlProblem(
    504,
    'clockDidNotSettle',
    `${what}.`,
    busy.map((name) => ({ path: '/', message: `still busy: ${name}` })),
  );
}
