/**
 * Runs the real libraries on the runtime and holds it to the conformance cases of Durable Functions: results, retries,
 * timers, events, continue-as-new, sub-orchestrations. One runtime serves all cases; each has instances of its own.
 */
import {
  end,
  eventually,
  manage,
  raise,
  run,
  settled,
  start,
  until,
} from '../../support/runtime/orchestration-client.ts';
import type { FixtureApp, RuntimeProcess } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp } from '../../support/runtime/runtime-process.ts';

let app: FixtureApp;
let runtime: RuntimeProcess;

beforeAll(async () => {
  app = await createFixtureApp({
    entries: ['orchestrations.cjs'],
    hubName: 'Conformance',
  });
  runtime = await app.start();
});

afterAll(async () => {
  await runtime.stop();
  await app.remove();
});

describe('sandbox/runtime (orchestrations)', () => {
  describe('results', () => {
    it.each([[false], [0], [''], [null], ['text'], [{ a: [1] }]])(
      'completes without a yield and keeps the output %p',
      async (value) => {
        expect(await run(runtime, 'returns', { value })).toMatchObject({ runtimeStatus: 'Completed', output: value });
      },
    );

    it.each(['returnsNaN', 'returnsUndefined'])('answers null for what JSON cannot say (%s)', async (name) => {
      expect(await run(runtime, name)).toMatchObject({ runtimeStatus: 'Completed', output: null });
    });

    it('fails with the constraint message when something else than a task is yielded', async () => {
      const { runtimeStatus, output } = await run(runtime, 'yieldsNoTask');

      expect(runtimeStatus).toBe('Failed');
      expect(output).toContain('Orchestration yielded data of type string');
    });

    it('fails with the prefixed text for an error that is not caught, and keeps the custom status', async () => {
      expect(await run(runtime, 'throws', { message: 'no luck' })).toMatchObject({
        runtimeStatus: 'Failed',
        output: "Orchestrator function 'throws' failed: no luck",
        customStatus: 'before the end',
      });
    });

    it('says aloud that an error without a message leaves the instance Running', async () => {
      const id = await start(runtime, 'throwsNothing');

      await eventually(
        () => runtime.logs().includes(`${id}: threw an error without a message`),
        () => runtime.logs(),
      );
      await settled(runtime);
      expect((await until(runtime, id, () => true)).runtimeStatus).toBe('Running');
    });
  });

  describe('activities', () => {
    it.each([
      ['string', '"{\\"a\\":1}"', '{"a":1}'],
      ['string', '""', ''],
      ['number', '0', 0],
      ['object', '{"a":[]}', { a: [] }],
      // Bare booleans arrive as .NET spells them, and null as nothing.
      ['string', '"False"', false],
      ['undefined', 'undefined', null],
    ])('hands over a %s input %s', async (type, text, input) => {
      expect(await run(runtime, 'callsActivity', { name: 'describe', input })).toMatchObject({
        output: `${type}:${text}`,
      });
    });

    it.each([[0], [''], [false], [null], ['text'], [[1, 2]]])('keeps the result %p', async (value) => {
      const { output } = await run(runtime, 'callsActivity', { name: 'echo', input: { value } });

      expect(output).toEqual({ value });
    });

    it('hands over nothing when there is no input, and null when there is no result', async () => {
      expect(await run(runtime, 'callsWithoutInput')).toMatchObject({ output: 'undefined:undefined' });
      expect(await run(runtime, 'callsActivity', { name: 'nothing' })).toMatchObject({
        runtimeStatus: 'Completed',
        output: null,
      });
    });

    it('runs a sequence', async () => {
      expect(await run(runtime, 'sequence')).toMatchObject({ output: 'abc' });
    });

    it('schedules a task once that is yielded twice', async () => {
      expect(await run(runtime, 'yieldsTwice')).toMatchObject({ output: ['twice', 'twice'] });
      expect((await runtime.journal()).filter((line) => line === 'echo "twice"')).toHaveLength(1);
    });

    it('lets the orchestrator go on after an error that it caught', async () => {
      const { output } = await run(runtime, 'compensates');

      expect(output).toMatchObject({ undone: 'undone' });
      expect((output as { message: string }).message).toContain("Activity function 'fail' failed:  first");
    });

    it('fails the orchestration at once for an unknown activity, which it cannot catch', async () => {
      const { runtimeStatus, output } = await run(runtime, 'callsUnknown');

      expect(runtimeStatus).toBe('Failed');
      expect(output).toContain("The function 'noSuchActivity' doesn't exist");
    });

    it('fails an orchestration that asks for an entity, and says that there are none', async () => {
      expect((await run(runtime, 'entity')).output).toContain('callEntity is not implemented');
    });
  });

  describe('retries', () => {
    it('succeeds at the second attempt', async () => {
      expect(await run(runtime, 'retries', { key: 'second', times: 1, max: 3 })).toMatchObject({
        output: { result: 2, after: 'after' },
      });
    });

    it('fails after the last attempt', async () => {
      const { runtimeStatus, output } = await run(runtime, 'retries', { key: 'never', times: 9, max: 3, delayMs: 10 });

      expect(runtimeStatus).toBe('Failed');
      expect(output).toContain('attempt 3');
      expect((await runtime.journal()).filter((line) => line.startsWith('failUntil never'))).toHaveLength(3);
    });

    it('keeps the ids of siblings apart that retry in a fan-out', async () => {
      expect(await run(runtime, 'retriesInFanOut')).toMatchObject({ output: { results: [1, 2, 3], after: 'after' } });
    });

    it.each([[undefined], ['child-of-retries']])('runs a failed child again (id %s)', async (childId) => {
      expect(await run(runtime, 'retriesChild', { childId })).toMatchObject({
        output: { caught: true, after: 'after' },
      });
    });
  });

  describe('fan-out', () => {
    it('collects more activities than one table transaction takes', async () => {
      expect(await run(runtime, 'fansOut', { count: 150 })).toMatchObject({ output: (149 * 150) / 2 });
    });

    it('throws at the first fault, and completes only when the siblings are done', async () => {
      const before = performance.now();
      const { output } = await run(runtime, 'failsInFanOut');

      expect(output).toContain('fast');
      expect(performance.now() - before).toBeGreaterThan(650);
    });

    it('takes whichever of a set and a timer is first', async () => {
      expect(await run(runtime, 'nestsSets')).toMatchObject({ output: [1, 2] });
    });
  });

  describe('timers', () => {
    it.each([[0], [-1000], [150]])('fires after %i ms and never early', async (ms) => {
      const { output } = await run(runtime, 'waits', { ms });

      expect(output).toMatchObject({ after: 'after' });
      expect((output as { waitedMs: number }).waitedMs).toBeGreaterThanOrEqual(Math.max(ms, 0));
    });

    it('completes at once when the losing timer is canceled', async () => {
      expect(await run(runtime, 'races', { timerMs: 3_600_000, activityMs: 10, cancel: true })).toMatchObject({
        output: 'work',
      });
    });

    it('stays Running until a timer fires that was not canceled', async () => {
      const before = performance.now();

      expect(await run(runtime, 'races', { timerMs: 900, activityMs: 10, cancel: false })).toMatchObject({
        output: 'work',
      });
      expect(performance.now() - before).toBeGreaterThan(850);
    });

    it('lets the timer win against slow work', async () => {
      expect(await run(runtime, 'races', { timerMs: 50, activityMs: 400, cancel: false })).toMatchObject({
        output: 'timer',
      });
    });
  });

  describe('custom status', () => {
    it('shows what was set last and keeps it', async () => {
      const id = await start(runtime, 'statuses');

      await until(runtime, id, ({ customStatus }) => JSON.stringify(customStatus) === '{"step":1}');
      await raise(runtime, id, 'go', 1);
      await until(runtime, id, ({ customStatus }) => JSON.stringify(customStatus) === '{"step":2}');
      await raise(runtime, id, 'go', 2);
      expect(await end(runtime, id)).toMatchObject({ customStatus: { step: 2 }, output: 'done' });
    });

    it('fails an orchestration whose status is larger than 16 KB', async () => {
      const { runtimeStatus, output } = await run(runtime, 'largeStatus');

      expect(runtimeStatus).toBe('Failed');
      expect(output).toContain('must not exceed 16 KB');
    });
  });

  describe('external events', () => {
    it('gives events of one name in their order, also those raised before the wait, and leaves other names alone', async () => {
      const id = await start(runtime, 'waitsForEvent', { names: ['a', 'b', 'a'] });

      for (const [name, value] of [
        ['x', 0],
        ['b', 1],
        ['a', 2],
        ['a', 3],
      ] as const) {
        expect(await raise(runtime, id, name, value)).toBe(202);
      }
      expect(await end(runtime, id)).toMatchObject({ output: [2, 1, 3] });
    });

    it('gives the first event to the wait that was opened last', async () => {
      const id = await start(runtime, 'waitsTwiceAtOnce');

      await until(runtime, id, ({ runtimeStatus }) => runtimeStatus === 'Running');
      await raise(runtime, id, 'e', 'one');
      await raise(runtime, id, 'e', 'two');
      expect(await end(runtime, id)).toMatchObject({ output: { first: 'two', second: 'one' } });
    });

    it('reaches a sub-orchestration', async () => {
      const id = await start(runtime, 'parent', { childId: 'waiting-child', wait: true });

      await until(runtime, 'waiting-child', ({ runtimeStatus }) => runtimeStatus === 'Running');
      await raise(runtime, 'waiting-child', 'go', null);
      expect(await end(runtime, id)).toMatchObject({ output: { echoed: 'child' } });
    });
  });

  describe('continue-as-new', () => {
    it('goes on with the new input and a history of its own', async () => {
      const id = await start(runtime, 'counts', { count: 1, until: 5 });

      expect(await end(runtime, id)).toMatchObject({
        output: [1, 2, 3, 4, 5],
        input: { count: 5, until: 5, seen: [1, 2, 3, 4] },
      });
    });

    it('loses none of many events that come quickly', async () => {
      const id = await start(runtime, 'actor', { sum: 0, count: 0 });
      const values = Array.from({ length: 30 }, (_, index) => index + 1);

      await Promise.all(values.map((value) => raise(runtime, id, 'add', value)));
      await raise(runtime, id, 'add', 'stop');
      expect(await end(runtime, id)).toMatchObject({ output: { sum: (30 * 31) / 2, count: 30 } });
    });
  });

  describe('sub-orchestrations', () => {
    it("gives the child's result, its generated id and its parent", async () => {
      const id = await start(runtime, 'parent');
      const { output } = await end(runtime, id);

      expect(output).toMatchObject({ echoed: 'child', parentInstanceId: id });
      expect((output as { instanceId: string }).instanceId).toMatch(/^[0-9a-f]{32}:0$/);
    });

    it("gives the child's failure to the parent", async () => {
      const { output } = await run(runtime, 'parent', { fail: true });

      expect((output as { caught: string }).caught).toContain("Orchestrator function 'child' failed");
    });

    it('reports a terminated child as a failure', async () => {
      const id = await start(runtime, 'parent', { childId: 'ended-child', wait: true });

      await until(runtime, 'ended-child', ({ runtimeStatus }) => runtimeStatus === 'Running');
      await manage(runtime, 'POST', 'instances/ended-child/terminate?reason=enough');
      expect((await end(runtime, id)).output).toEqual({ caught: expect.stringContaining('enough') as string });
    });

    it('refuses a child with the id of its parent', async () => {
      expect((await run(runtime, 'parentOfItself')).output).toContain('must differ from that of its parent');
    });

    it('refuses a child whose id is in use', async () => {
      await start(runtime, 'child', { wait: true }, 'taken');

      expect(await run(runtime, 'parent', { childId: 'taken' })).toMatchObject({
        output: { caught: expect.stringContaining('already exists') as string },
      });
    });
  });

  describe('replay', () => {
    it('makes the same guids in every replay and moves the clock with the turns only', async () => {
      const { output } = await run(runtime, 'guids');
      const { first, again, other, clocks, replayed, last } = output as {
        first: string;
        again: string;
        other: string;
        clocks: readonly [number, number];
        replayed: readonly boolean[];
        last: boolean;
      };

      expect(first).toMatch(/^[0-9a-f-]{36}$/);
      expect(again).toBe(first);
      expect(other).not.toBe(first);
      expect(clocks[1]).toBeGreaterThanOrEqual(clocks[0]);
      expect({ replayed, last }).toEqual({ replayed: [true, true], last: false });
    });

    it('says aloud that a loop of Task.any over what remains runs work twice', async () => {
      const id = await start(runtime, 'relists');

      await eventually(
        () => runtime.logs().includes(`${id}: A later Task.any`),
        () => runtime.logs(),
      );
    });
  });

  describe('large values', () => {
    it('keeps inputs and results that do not fit a table row', async () => {
      const large = 'ü'.repeat(70_000);

      expect(await run(runtime, 'returns', { value: large })).toMatchObject({ output: large, input: { value: large } });
      expect(((await run(runtime, 'callsActivity', { name: 'big', input: 600_000 })).output as string).length).toBe(
        600_000,
      );
    });
  });

  describe('terminate', () => {
    it('ends a running instance with the reason, and drops results that come later', async () => {
      const id = await start(runtime, 'callsActivity', { name: 'slow', input: 300 });

      await until(runtime, id, ({ runtimeStatus }) => runtimeStatus === 'Running');
      expect((await manage(runtime, 'POST', `instances/${id}/terminate?reason=not%20needed`)).status).toBe(202);
      await end(runtime, id);
      await settled(runtime);
      expect(await end(runtime, id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'not needed' });
    });
  });
});
