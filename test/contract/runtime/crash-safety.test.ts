/**
 * Kills the runtime with SIGKILL while it works and starts it again: nothing may be lost, and nothing done twice but an
 * activity that was running. The cuts are made between the runtime's writes to its hub.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clock,
  end,
  eventually,
  manage,
  raise,
  readStatus,
  start,
  until,
} from '../../support/runtime/orchestration-client.ts';
import { refusal, refuseWrites, takeWrites } from '../../support/runtime/refused-writes.ts';
import type { FixtureApp, RuntimeProcess } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp } from '../../support/runtime/runtime-process.ts';

const hubName = 'Crash';
let app: FixtureApp;
/** Where the app's runtimes keep the hub. */
let data: string;
let live: RuntimeProcess | undefined;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'hub-'));
  app = await createFixtureApp({ dataFolder: data, entries: ['orchestrations.cjs'], hubName });
});

afterEach(async () => {
  await live?.kill();
  live = undefined;
  await app.remove();
  await rm(data, { recursive: true });
});

async function startRuntime(more: Readonly<Record<string, string>> = {}): Promise<RuntimeProcess> {
  live = await app.start(more);
  return live;
}

/** Kills where turns and messages have been refused since the one that `refuseWrites` names. */
async function killAtRefusal(runtime: RuntimeProcess): Promise<void> {
  await eventually(
    () => runtime.logs().includes(refusal),
    () => `no write was refused: ${runtime.logs()}`,
  );
  await runtime.kill();
}

/** Counts the lines of a journal, by what they say. */
function countLines(lines: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    counts[line] = (counts[line] ?? 0) + 1;
  }
  return counts;
}

describe('sandbox/runtime (crash safety)', () => {
  // The operation is a sequence, a fan-out, a timer, a child and another activity: nine messages and eight turns.
  const cuts = [1, 2, 4, 6, 8, 10, 12, 15];

  it('ends every operation rightly, wherever it was cut', async () => {
    // The life after one cut is the life before the next.
    let runtime = await startRuntime();
    for (const write of cuts) {
      const id = `cut-after-${String(write)}`;
      const notedBefore = (await runtime.journal()).length;
      refuseWrites(data, hubName, write);
      await manage(runtime, 'POST', `orchestrators/operation/${id}`, {});
      await killAtRefusal(runtime);
      takeWrites(data, hubName);
      runtime = await startRuntime();
      const { runtimeStatus, output } = await end(runtime, id);

      expect({ id, runtimeStatus, output }).toEqual({
        id,
        runtimeStatus: 'Completed',
        output: 'one two three child four',
      });
      const counts = countLines((await runtime.journal()).slice(notedBefore));
      expect(Object.keys(counts).sort()).toEqual([
        'echo "child"',
        'echo "four"',
        'echo "one"',
        'echo "three"',
        'echo "two"',
      ]);
      // An activity whose completion was not stored runs again: one, or both of the fan-out.
      expect(Math.max(...Object.values(counts))).toBeLessThanOrEqual(2);
      expect(Object.values(counts).filter((count) => count === 2).length).toBeLessThanOrEqual(2);
    }
  });

  it('runs an activity again that was running, and takes its result once', async () => {
    const first = await startRuntime();
    const id = await start(first, 'callsActivity', { name: 'slow', input: 400 });
    await eventually(
      async () => (await first.journal()).includes('slow begins'),
      () => first.logs(),
    );
    await first.kill();

    const second = await startRuntime();
    expect(await end(second, id)).toMatchObject({ output: 400 });
    const status = await readStatus(second, id, 'showHistory=true');
    expect(status?.historyEvents?.filter(({ EventType }) => EventType === 'TaskCompleted')).toHaveLength(1);
    expect(countLines(await second.journal())).toEqual({ 'slow begins': 2, 'slow ends': 1 });
  });

  it('lets a running activity finish when it is asked to end, and does not run it again', async () => {
    const first = await startRuntime();
    const id = await start(first, 'callsActivity', { name: 'slow', input: 600 });
    await eventually(
      async () => (await first.journal()).includes('slow begins'),
      () => first.logs(),
    );
    expect(await first.stop()).toBe(0);

    const second = await startRuntime();
    expect(await end(second, id)).toMatchObject({ output: 600 });
    expect(countLines(await second.journal())).toEqual({ 'slow begins': 1, 'slow ends': 1 });
  });

  it('collects a fan-in that was cut in two', async () => {
    const first = await startRuntime();
    const id = await start(first, 'fansOut', { count: 60 });
    await eventually(
      async () => (await first.journal()).length > 20,
      () => first.logs(),
    );
    await first.kill();

    const second = await startRuntime();
    expect(await end(second, id)).toMatchObject({ output: (59 * 60) / 2 });
  });

  it('keeps pending timers, waits and buffered events', async () => {
    const first = await startRuntime();
    const waiting = await start(first, 'waitsForEvent', { names: ['a', 'b'] });
    const sleeping = await start(first, 'waits', { ms: 60_000 });
    await raise(first, waiting, 'b', 'early');
    await until(first, sleeping, ({ runtimeStatus }) => runtimeStatus === 'Running');
    await eventually(
      async () => (await clock(first)).nextDue !== null,
      () => first.logs(),
    );
    const due = (await clock(first)).nextDue;
    await first.kill();

    const second = await startRuntime({ SANDBOX_CLOCK_OFFSET_MS: '50000' });
    expect((await clock(second)).nextDue).toBe(due);
    await second.kill();
    const third = await startRuntime({ SANDBOX_CLOCK_OFFSET_MS: '61000' });
    await raise(third, waiting, 'a', 'late');
    expect(await end(third, waiting)).toMatchObject({ output: ['late', 'early'] });
    expect(await end(third, sleeping)).toMatchObject({ output: { after: 'after' } });
  });

  it('finds what is unfinished only, and forgets what has ended', async () => {
    const first = await startRuntime();
    await end(first, await start(first, 'sequence', {}, 'ended'));
    await start(first, 'waitsForEvent', { names: ['a'] }, 'unfinished');
    await first.stop();

    const second = await startRuntime();
    expect(await raise(second, 'ended', 'a', 1)).toBe(410);
    expect(await raise(second, 'unfinished', 'a', 1)).toBe(202);
    expect(await end(second, 'unfinished')).toMatchObject({ output: [1] });
  });

  it('fails an instance whose code has changed, instead of hanging', async () => {
    const first = await startRuntime();
    const id = await start(first, 'changes');
    await eventually(
      async () => (await first.journal()).length === 1,
      () => first.logs(),
    );
    await first.stop();

    const second = await startRuntime({ FIXTURE_CHANGED: 'yes' });
    await raise(second, id, 'go', 1);
    const { runtimeStatus, output } = await end(second, id);
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain('Non-Deterministic workflow detected');
  });
});
