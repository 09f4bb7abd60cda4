/** The stack clock: alarms and timer functions in this process, long durable timers in a real one. */
import { AlarmClock } from '../../../sandbox/runtime/alarm-clock.ts';
import { StackClock } from '../../../sandbox/runtime/clock.ts';
import { LoadGauge } from '../../../sandbox/runtime/load-gauge.ts';
import { parseSchedule } from '../../../sandbox/runtime/timers/schedule.ts';
import type { StoredTimerStatus } from '../../../sandbox/runtime/timers/status-store.ts';
import type { TimerInfo } from '../../../sandbox/runtime/timers/timer-function.ts';
import { TimerFunction } from '../../../sandbox/runtime/timers/timer-function.ts';
import { clock, end, eventually, moveClock, settled, start } from '../../support/runtime/orchestration-client.ts';
import type { FixtureApp, RuntimeProcess } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp } from '../../support/runtime/runtime-process.ts';

const hour = 3_600_000;
const day = 24 * hour;

describe('sandbox/runtime/clock', () => {
  it('adds its offset to real time and only goes forward', () => {
    const stackClock = new StackClock(5 * hour);

    const before = Date.now();
    const shown = stackClock.now() - 5 * hour;
    expect(shown).toBeGreaterThanOrEqual(before);
    expect(shown).toBeLessThanOrEqual(Date.now());
    stackClock.moveTo(6 * hour);
    expect(stackClock.offsetMs).toBe(6 * hour);
    expect(() => {
      stackClock.moveTo(5 * hour);
    }).toThrow(RangeError);
  });
});

describe('sandbox/runtime/alarm-clock', () => {
  it('rings what is due in its order when the clock is moved, and nothing else', () => {
    const stackClock = new StackClock();
    const alarms = new AlarmClock(stackClock);
    const rung: string[] = [];
    const now = stackClock.now();
    for (const [name, dueMs] of [
      ['c', 3 * hour],
      ['a', hour],
      ['b', 2 * hour],
      ['x', 2 * hour],
      ['d', 9 * hour],
    ] as const) {
      alarms.set(name, now + dueMs, () => rung.push(name));
    }
    alarms.clear('x');

    expect(alarms.nextDueMs()).toBe(now + hour);
    stackClock.moveTo(3 * hour + 1000);
    alarms.clockMoved();
    expect(rung).toEqual(['a', 'b', 'c']);
    expect(alarms.nextDueMs()).toBe(now + 9 * hour);
    alarms.stop();
  });
});

describe('sandbox/runtime/timers/timer-function', () => {
  interface Bench {
    readonly timer: TimerFunction;
    readonly infos: TimerInfo[];
    readonly statuses: Map<string, StoredTimerStatus>;
    readonly stackClock: StackClock;
    readonly alarms: AlarmClock;
    advance(ms: number): Promise<void>;
  }

  interface BenchOptions {
    readonly expression?: string;
    readonly stored?: StoredTimerStatus;
    readonly runOnStartup?: boolean;
    readonly useMonitor?: boolean;
    readonly run?: () => Promise<unknown>;
  }

  const alarmClocks: AlarmClock[] = [];

  afterEach(() => {
    for (const alarms of alarmClocks.splice(0)) {
      alarms.stop();
    }
  });

  function aTimer({
    expression = '0 0 * * * *',
    stored,
    runOnStartup = false,
    useMonitor = true,
    run,
  }: BenchOptions): Bench {
    const stackClock = new StackClock();
    const alarms = new AlarmClock(stackClock);
    alarmClocks.push(alarms);
    const gauge = new LoadGauge();
    const infos: TimerInfo[] = [];
    const statuses = new Map<string, StoredTimerStatus>(stored === undefined ? [] : [['t', stored]]);
    const timer = new TimerFunction({
      name: 't',
      expression,
      schedule: parseSchedule(expression, 'UTC'),
      ...{ runOnStartup, useMonitor, clock: stackClock, alarms, gauge },
      statuses: {
        read: (name) => statuses.get(name),
        write: (name, status) => {
          statuses.set(name, status);
        },
      },
      log: () => undefined,
      run: async (info) => {
        infos.push(info);
        await run?.();
      },
    });
    return {
      ...{ timer, infos, statuses, stackClock, alarms },
      advance: async (ms) => {
        stackClock.moveTo(stackClock.offsetMs + ms);
        alarms.clockMoved();
        await eventually(
          () => gauge.idle,
          () => 'the timer function still runs',
        );
      },
    };
  }

  function storedAt(nextMs: number, schedule = '0 0 * * * *'): StoredTimerStatus {
    const Last = '2020-01-01T00:00:00.000+00:00';
    return { schedule, status: { Last, Next: new Date(nextMs).toISOString(), LastUpdated: Last } };
  }

  it('waits for the first time of a new schedule', () => {
    const bench = aTimer({});
    bench.timer.start();

    expect(bench.infos).toEqual([]);
    expect(bench.statuses.get('t')?.status.Last).toBe('0001-01-01T00:00:00+00:00');
  });

  it('hands over the status from before the run, and stores the one after it', async () => {
    const bench = aTimer({});
    bench.timer.start();
    const before = bench.statuses.get('t')?.status;
    await bench.advance(hour);

    expect(bench.infos).toEqual([{ Schedule: { AdjustForDST: true }, ScheduleStatus: before, IsPastDue: false }]);
    expect(bench.statuses.get('t')?.status.Last).toBe(before?.Next.replace('Z', '+00:00'));
  });

  it('runs at once, as past due, what fell due while nothing ran', async () => {
    const bench = aTimer({ stored: storedAt(Date.now() - 60_000) });
    bench.timer.start();
    await bench.advance(0);

    expect(bench.infos).toEqual([expect.objectContaining({ IsPastDue: true })]);
  });

  it('is not past due when its next time is to come, or when the schedule has changed', async () => {
    const early = aTimer({ stored: storedAt(Date.now() + 60_000) });
    const changed = aTimer({ stored: storedAt(Date.now() - 60_000, '0 30 * * * *') });
    early.timer.start();
    changed.timer.start();
    await Promise.all([early.advance(0), changed.advance(0)]);

    expect([...early.infos, ...changed.infos]).toEqual([]);
  });

  it('runs at start-up when asked to, not as past due', async () => {
    const bench = aTimer({ runOnStartup: true });
    bench.timer.start();
    await bench.advance(0);

    expect(bench.infos).toEqual([expect.objectContaining({ IsPastDue: false })]);
  });

  it.each([
    ['the monitor is off', { useMonitor: false }],
    ['it comes often', { expression: '*/5 * * * * *' }],
  ])('keeps no status when %s', async (_why, options) => {
    const bench = aTimer(options);
    bench.timer.start();
    await bench.advance(hour);

    expect(bench.infos[0]?.ScheduleStatus).toBeNull();
    expect(bench.statuses.size).toBe(0);
  });

  it('goes on after a run that failed', async () => {
    const bench = aTimer({ run: () => Promise.reject(new Error('no luck')) });
    bench.timer.start();
    await bench.advance(hour);
    await bench.advance(hour);

    expect(bench.infos).toHaveLength(2);
  });

  it('runs once for all the times that a leap of the clock jumps over', async () => {
    const bench = aTimer({});
    bench.timer.start();
    await bench.advance(10 * hour);

    expect(bench.infos).toHaveLength(1);
  });

  it('never runs twice at a time', async () => {
    const releases: (() => void)[] = [];
    const bench = aTimer({
      run: () => (releases.length === 0 ? new Promise<void>((resolve) => releases.push(resolve)) : Promise.resolve()),
    });
    bench.timer.start();
    bench.stackClock.moveTo(hour);
    bench.alarms.clockMoved();
    bench.stackClock.moveTo(3 * hour);
    bench.alarms.clockMoved();

    expect(bench.infos).toHaveLength(1);
    releases[0]?.();
    await bench.advance(0);
    await bench.advance(hour);
    expect(bench.infos).toHaveLength(2);
  });
});

describe('sandbox/runtime (clock of a process)', () => {
  let app: FixtureApp;
  let runtime: RuntimeProcess;

  beforeAll(async () => {
    app = await createFixtureApp({
      entries: ['orchestrations.cjs'],
      hubName: 'Clocks',
    });
    runtime = await app.start({ SANDBOX_CLOCK_OFFSET_MS: String(day) });
  });

  afterAll(async () => {
    await runtime.stop();
    await app.remove();
  });

  it('starts with the offset it is given', async () => {
    const before = Date.now();
    const { offsetMs, now, nextDue, idle } = await clock(runtime);
    const after = Date.now();

    expect({ offsetMs, nextDue, idle }).toEqual({ offsetMs: day, nextDue: null, idle: true });
    expect(Date.parse(now) - day).toBeGreaterThanOrEqual(before);
    expect(Date.parse(now) - day).toBeLessThanOrEqual(after);
  });

  it('walks through the parts of a timer of ten days, event by event', async () => {
    const id = await start(runtime, 'waits', { ms: 10 * day });
    const steps: number[] = [];
    await eventually(
      async () => (await clock(runtime)).nextDue !== null,
      () => runtime.logs(),
    );
    for (;;) {
      await settled(runtime);
      const { nextDue, now, offsetMs } = await clock(runtime);
      if (nextDue === null) {
        break;
      }
      const stepMs = Date.parse(nextDue) - Date.parse(now);
      steps.push(Math.round(stepMs / day));
      await moveClock(runtime, offsetMs + stepMs);
    }

    expect(steps).toEqual([3, 3, 4]);
    const { output } = await end(runtime, id);
    expect(output).toMatchObject({ after: 'after' });
    expect((output as { waitedMs: number }).waitedMs).toBeGreaterThanOrEqual(10 * day);
  });

  it('is not idle while an activity runs, and has no timer due that was canceled', async () => {
    const id = await start(runtime, 'races', { timerMs: day, activityMs: 300, cancel: true });
    await eventually(
      async () => (await clock(runtime)).nextDue !== null,
      () => runtime.logs(),
    );

    expect((await clock(runtime)).idle).toBe(false);
    await end(runtime, id);
    await settled(runtime);
    expect((await clock(runtime)).nextDue).toBeNull();
  });
});
