/** Moving a stack's clock event by event, against a made-up runtime whose timers and work are scripted. */
import { advanceClock } from '../../../sandbox/control/advance-clock.ts';
import type { RuntimeClient, RuntimeClock } from '../../../sandbox/control/runtime-client.ts';
import { Scheduler } from '../../../sandbox/platform/scheduler.ts';
import { StackClock } from '../../../sandbox/platform/stack-clock.ts';

const minuteMs = 60_000;
const limits = { stepsMax: 50, realTimeMaxMs: 2000, pollMs: 1 };

interface Script {
  /** Stack times at which the runtime has something to do. */
  dueMs: number[];
  /** A schedule of this period, which fires once however much of it was missed. */
  everyMs?: number;
  isIdle: () => boolean;
  isThere: () => boolean;
  onMove?: () => void;
  isFixed?: boolean;
}

function setUp(script: Partial<Script> = {}) {
  const clock = new StackClock();
  const startMs = clock.nowMs();
  const scheduler = new Scheduler(clock, (error) => {
    throw error;
  });
  const full: Script = { dueMs: [], isIdle: () => true, isThere: () => true, ...script };
  const fired: number[] = [];
  let offsetMs = 0;
  let scheduleMs = startMs + (full.everyMs ?? Infinity);
  let scheduleRuns = 0;

  function read(): RuntimeClock | undefined {
    if (!full.isThere()) return undefined;
    const nowMs = Date.now() + offsetMs;
    while (full.dueMs[0] !== undefined && full.dueMs[0] <= nowMs) fired.push(full.dueMs.shift() ?? 0);
    const [next] = full.dueMs;
    if (scheduleMs <= nowMs) {
      scheduleRuns += 1;
      // As a schedule does: at fixed times, however late the last one was seen, and once for all that were jumped over.
      const everyMs = full.everyMs ?? Infinity;
      scheduleMs += (Math.floor((nowMs - scheduleMs) / everyMs) + 1) * everyMs;
    }
    const nextTimer = next === undefined ? null : new Date(next).toISOString();
    const due = Math.min(next ?? Infinity, scheduleMs);
    return {
      offsetMs,
      now: new Date(nowMs).toISOString(),
      nextDue: due === Infinity ? null : new Date(due).toISOString(),
      nextTimer,
      idle: full.isIdle(),
      fixed: full.isFixed,
    };
  }

  const runtime: RuntimeClient = {
    moveClock: (wanted) => {
      if (full.isThere()) offsetMs = wanted;
      full.onMove?.();
      return Promise.resolve(read());
    },
  };
  return {
    clock,
    startMs,
    scheduler,
    script: full,
    fired,
    scheduleRuns: () => scheduleRuns,
    runtimeOffsetMs: () => offsetMs,
    parts: { clock, scheduler, runtime, services: {} },
  };
}

describe('sandbox/control/advance-clock', () => {
  it('stops at each timer of the runtime and each piece of scheduled work, in order', async () => {
    const { clock, startMs, scheduler, script, fired, parts } = setUp();
    const order: string[] = [];
    script.dueMs = [10, 30].map((minutes) => startMs + minutes * minuteMs);
    for (const minutes of [20, 40]) {
      scheduler.at(startMs + minutes * minuteMs, () => {
        order.push(`work ${minutes} after ${fired.length} timers`);
      });
    }

    const { steps, now } = await advanceClock(parts, 60 * minuteMs, limits);

    expect(order).toEqual(['work 20 after 1 timers', 'work 40 after 2 timers']);
    expect(steps).toBe(5);
    expect(Date.parse(now)).toBeGreaterThanOrEqual(startMs + 60 * minuteMs);
    expect(clock.offsetMs).toBeLessThanOrEqual(60 * minuteMs);
    scheduler.stop();
  });

  it('stops at each run of a schedule within a day, and beyond it a bounded number of times', async () => {
    const { parts, scheduler, scheduleRuns, startMs, script, fired } = setUp({ everyMs: 30 * minuteMs });
    await advanceClock(parts, 24 * 60 * minuteMs, { ...limits, stepsMax: 100 });
    expect(scheduleRuns()).toBe(48);

    const timerMs = startMs + 100 * 24 * 60 * minuteMs;
    script.dueMs = [timerMs];
    await advanceClock(parts, 365 * 24 * 60 * minuteMs, { ...limits, stepsMax: 2000, realTimeMaxMs: 20_000 });

    expect(scheduleRuns()).toBeGreaterThan(300);
    expect(scheduleRuns()).toBeLessThan(600);
    expect(fired).toEqual([timerMs]);
    scheduler.stop();
  });

  it('stops at each minute up to three hours, and beyond that never later than five minutes after a run is due', async () => {
    const { parts, scheduler, scheduleRuns } = setUp({ everyMs: minuteMs });
    await advanceClock(parts, 180 * minuteMs, { ...limits, stepsMax: 200, realTimeMaxMs: 20_000 });
    const withinThreeHours = scheduleRuns();
    expect(withinThreeHours).toBeGreaterThanOrEqual(179);

    await advanceClock(parts, 24 * 60 * minuteMs, { ...limits, stepsMax: 300, realTimeMaxMs: 20_000 });

    expect(scheduleRuns() - withinThreeHours).toBeGreaterThanOrEqual((24 * 60) / 5);
    scheduler.stop();
  });

  it('waits for work that a step sets going, and for what that work schedules', async () => {
    const { startMs, scheduler, parts } = setUp();
    const done: string[] = [];
    scheduler.at(startMs + minuteMs, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push('first');
      scheduler.at(startMs + 2 * minuteMs, () => {
        done.push('second');
      });
    });

    await advanceClock(parts, 5 * minuteMs, limits);

    expect(done).toEqual(['first', 'second']);
    scheduler.stop();
  });

  it('brings a runtime that was restarted meanwhile to the stack’s time', async () => {
    let looks = 0;
    const { scheduler, parts, clock, runtimeOffsetMs } = setUp({ isThere: () => (looks += 1) > 6 });

    await advanceClock(parts, minuteMs, limits);

    expect(runtimeOffsetMs()).toBe(clock.offsetMs);
    scheduler.stop();
  });

  it('gives up with the names of what is still busy', async () => {
    const { scheduler, parts } = setUp({ isIdle: () => false });
    const busy = { ...parts, services: { arm: { isIdle: () => false }, keyvault: { isIdle: () => true } } };

    const attempt = advanceClock(busy, minuteMs, { ...limits, realTimeMaxMs: 50 });

    await expect(attempt).rejects.toMatchObject({
      status: 504,
      errors: [
        { path: '/', message: 'still busy: arm' },
        { path: '/', message: 'still busy: runtime' },
      ],
    });
    scheduler.stop();
  });

  it('moves no clock that the runtime says is fixed', async () => {
    const { scheduler, parts, clock } = setUp({ isFixed: true });

    await expect(advanceClock(parts, minuteMs, limits)).rejects.toMatchObject({ status: 409, code: 'clockIsFixed' });
    expect(clock.offsetMs).toBe(0);
    scheduler.stop();
  });

  it('gives up when there is always something due a moment later', async () => {
    const { script, parts, scheduler, clock } = setUp();
    script.onMove = () => {
      script.dueMs = [clock.nowMs() + 1000];
    };
    script.onMove();

    await expect(advanceClock(parts, 60 * minuteMs, limits)).rejects.toMatchObject({
      status: 504,
      message: '50 steps did not reach the end.',
    });
    scheduler.stop();
  });
});
