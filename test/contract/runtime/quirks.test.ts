/**
 * The older real host's ways, which an app must bear too: errors in .NET's words, early timers, repeated deliveries.
 */
import { createRealHost } from '../../../sandbox/runtime/durable/quirks.ts';
import {
  clock,
  end,
  eventually,
  manage,
  moveClock,
  raise,
  readStatus,
  run,
  settled,
  start,
  until,
} from '../../support/runtime/orchestration-client.ts';
import type { FixtureApp, RuntimeProcess } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp } from '../../support/runtime/runtime-process.ts';

const hourMs = 3_600_000;
let app: FixtureApp;
let runtime: RuntimeProcess;

beforeAll(async () => {
  app = await createFixtureApp({
    entries: ['orchestrations.cjs'],
    hubName: 'Quirks',
  });
  runtime = await app.start({ SANDBOX_QUIRKS: 'real-host' });
});

afterAll(async () => {
  await runtime.stop();
  await app.remove();
});

describe('sandbox/runtime (quirks of the real host)', () => {
  it('answers a duplicate start with 500 and a .NET error', async () => {
    await start(runtime, 'waitsForEvent', { names: ['a'] }, 'duplicate');
    await until(runtime, 'duplicate', ({ runtimeStatus }) => runtimeStatus === 'Running');
    const response = await manage(runtime, 'POST', 'orchestrators/returns/duplicate', {});

    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      ExceptionMessage: 'An Orchestration instance with the status Running already exists.',
      ExceptionType: 'DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException',
    });
  });

  it('refuses an unknown orchestrator with 400', async () => {
    const response = await manage(runtime, 'POST', 'orchestrators/nobody', {});

    expect(response.status).toBe(400);
    expect(((await response.json()) as { ExceptionMessage: string }).ExceptionMessage).toContain(
      "The function 'nobody' doesn't exist",
    );
  });

  it('words a failed activity in kilobytes', async () => {
    const { output } = await run(runtime, 'compensates');
    const { message } = output as { readonly message: string };

    expect(message).toMatch(/^Activity function 'fail' failed: {2}first \n \{"\$type":/);
    expect(message.length).toBeGreaterThan(2000);
  });

  it('fires timers up to a second early, and goes on', async () => {
    const leadsMs: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      // So long that its time comes only with the clock that is moved here.
      const id = await start(runtime, 'waits', { ms: hourMs });
      await eventually(
        async () => (await clock(runtime)).nextDue !== null,
        () => runtime.logs(),
      );
      const { nextDue, now, offsetMs } = await clock(runtime);
      const { historyEvents = [] } = (await readStatus(runtime, id, 'showHistory=true')) ?? {};
      const created = historyEvents.find(({ EventType }) => EventType === 'TimerCreated');
      leadsMs.push(Date.parse(String(created?.['FireAt'])) - Date.parse(nextDue ?? ''));
      await moveClock(runtime, offsetMs + Date.parse(nextDue ?? '') - Date.parse(now));

      const { output } = await end(runtime, id);
      expect((output as { readonly waitedMs: number }).waitedMs).toBeGreaterThanOrEqual(hourMs - 1000);
    }

    expect(Math.min(...leadsMs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...leadsMs)).toBeGreaterThan(0);
    expect(Math.max(...leadsMs)).toBeLessThanOrEqual(1000);
  });

  it('runs some activities twice and takes each result once', async () => {
    const before = (await runtime.journal()).length;
    expect(await run(runtime, 'fansOut', { count: 100 })).toMatchObject({ output: 4950 });
    await settled(runtime);
    const runs = (await runtime.journal()).length - before;

    expect(runs).toBeGreaterThan(101);
    expect(runs).toBeLessThan(130);
  });

  it('delivers some events twice', async () => {
    const id = await start(runtime, 'actor', { sum: 0, count: 0 });
    for (let index = 0; index < 60; index += 1) {
      await raise(runtime, id, 'add', 1);
    }
    const { input } = await until(runtime, id, (status) => (status.input as { count: number }).count >= 60);

    await settled(runtime);
    expect((input as { count: number }).count).toBeGreaterThanOrEqual(60);
    const { input: last } = await until(runtime, id, () => true);
    expect((last as { count: number }).count).toBeGreaterThan(60);
  });

  it('begins every instance once, though some starts are delivered twice', async () => {
    const before = (await runtime.journal()).filter((line) => line === 'echo "a"').length;
    const statuses = await Promise.all(
      Array.from({ length: 30 }, (_, index) => run(runtime, 'returns', { value: index })),
    );

    expect(statuses.map(({ output }) => output)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect((await runtime.journal()).filter((line) => line === 'echo "a"')).toHaveLength(before);
  });
});

describe('sandbox/runtime/durable/quirks', () => {
  it('repeats about a tenth, the same in every run', () => {
    const draw = (seed: number): readonly boolean[] => {
      const quirks = createRealHost(seed);
      return Array.from({ length: 1000 }, () => quirks.repeatsDelivery());
    };
    const repeated = draw(1).filter(Boolean).length;

    expect(repeated).toBeGreaterThan(70);
    expect(repeated).toBeLessThan(130);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
  });
});
