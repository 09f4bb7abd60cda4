import type { LogEntry } from '../../../../src/ports/log.ts';
import {
  createOperations,
  type NewOperation,
  type Operations,
} from '../../../../src/services/operations/operations.ts';
import { createOutbox, type Outbox } from '../../../../src/stores/outbox.ts';
import { createUnfinished } from '../../../../src/stores/unfinished.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';

interface World {
  readonly operations: Operations;
  readonly outbox: Outbox;
  readonly clock: TestClock;
  readonly told: readonly LogEntry[];
}

function createWorld(tables: MemoryTables = createMemoryTables(), usualTimeDivisor = 1): World {
  const clock = createTestClock();
  const { now } = clock;
  const { log, told } = createRecordingLog();
  const outbox = createOutbox({ tables, now, keptDays: 90 });
  const unfinished = createUnfinished({ tables, now });
  return {
    operations: createOperations({
      tables,
      now,
      unfinished,
      keptDays: 365,
      log,
      outbox,
      usualTimeDivisor,
    }),
    outbox,
    clock,
    told,
  };
}

function idOf(number: number): string {
  return `op-${number.toString(16).padStart(32, '0')}`;
}

function anOperation(change: Partial<NewOperation> = {}): NewOperation {
  return {
    id: idOf(1),
    kind: 'buildGateway',
    target: 'gw1',
    targetKey: '/Subscriptions/S/GW1',
    requestedBy: 'ann',
    steps: [{ name: 'preflight', usualSeconds: 10 }, { name: 'gateway', usualSeconds: 1990 }, { name: 'verify' }],
    ...change,
  };
}

describe('src/services/operations/operations', () => {
  it('takes back one that was refused before it began, and none that is under way or has ended', async () => {
    const { operations } = createWorld();
    await operations.create(anOperation());
    await operations.create(anOperation({ id: idOf(2) }));
    await operations.setStep(idOf(2), 'preflight', { status: 'running', now: new Date() });
    await operations.create(anOperation({ id: idOf(3) }));
    await operations.finish(idOf(3), { status: 'failed' });

    for (const number of [1, 2, 3, 4]) await operations.withdraw(idOf(number));

    expect(await operations.view(idOf(1))).toBeUndefined();
    const { items } = await operations.list({ top: 10 });
    expect(items.map(({ id }) => id).toSorted()).toEqual([idOf(2), idOf(3)]);
    expect(await operations.repair()).toEqual([idOf(2)]);
  });

  it('creates an operation once, whoever asks again', async () => {
    const { operations } = createWorld();

    const first = await operations.create(anOperation());
    const second = await operations.create(anOperation({ requestedBy: 'bob' }));

    expect(first).toMatchObject({ status: 'pending', attempt: 1, targetKey: '/subscriptions/s/gw1' });
    expect(second).toEqual(first);
  });

  it('weighs the percent by usual times and never shows 100 before the end', async () => {
    const { operations, clock } = createWorld();
    await operations.create(anOperation());
    await operations.setStep(idOf(1), 'preflight', { status: 'succeeded', now: clock.now() });
    await operations.setStep(idOf(1), 'gateway', { status: 'running', now: clock.now() });

    clock.advance(995_000);
    const halfway = await operations.view(idOf(1));
    clock.advance(100_000_000);
    const late = await operations.view(idOf(1));

    expect(halfway).toMatchObject({ status: 'running', percent: 50, remainingSeconds: 1000 });
    expect(late?.percent).toBeLessThan(100);
    expect(late?.remainingSeconds).toBe(5);
  });

  it('counts the entries into a step, keeps its start and ignores late deliveries', async () => {
    const { operations, clock } = createWorld();
    await operations.create(anOperation());
    const step = async (status: 'running' | 'failed' | 'succeeded', detail?: string): Promise<void> => {
      clock.advance(1000);
      await operations.setStep(idOf(1), 'gateway', {
        status,
        now: clock.now(),
        ...(detail === undefined ? {} : { detail }),
      });
    };

    await step('running');
    await step('running', 'accepted by Azure');
    await step('failed');
    await step('running');
    await step('succeeded');
    await step('running');

    expect((await operations.view(idOf(1)))?.steps[1]).toEqual({
      name: 'gateway',
      status: 'succeeded',
      attempts: 2,
      startedAt: '2026-03-01T12:00:01.000Z',
      endedAt: '2026-03-01T12:00:05.000Z',
      usualSeconds: 1990,
    });
  });

  it('logs the end that counts, with the time since the request and why it failed', async () => {
    const { operations, clock, told } = createWorld();
    await operations.create(anOperation());
    clock.advance(90_000);

    const azure = { code: 'QuotaExceeded', message: 'No more.' };
    await operations.finish(idOf(1), { status: 'failed', problem: { code: 'ERR_AZURE_REFUSED', detail: 'no', azure } });
    await operations.finish(idOf(1), { status: 'succeeded' });
    await operations.repair();

    const ended = { event: 'operation.ended', outcome: 'failed', operationId: idOf(1), kind: 'buildGateway' };
    expect(told).toEqual([{ ...ended, target: 'gw1', seconds: 90, code: 'QuotaExceeded' }]);
  });

  it('keeps the first end and tells of it once', async () => {
    const { operations, outbox, clock } = createWorld();
    await operations.create(anOperation());

    await operations.finish(idOf(1), { status: 'succeeded', result: { id: 'gw1' } });
    await operations.finish(idOf(1), { status: 'failed', problem: { code: 'ERR_INTERNAL', detail: 'late' } });
    await operations.setStep(idOf(1), 'gateway', { status: 'running', now: clock.now() });

    expect(await operations.view(idOf(1))).toMatchObject({ status: 'succeeded', percent: 100, result: { id: 'gw1' } });
    expect(await outbox.listPending()).toHaveLength(1);
    expect(await operations.repair()).toEqual([]);
  });

  it('says what is waited for, since when that kind of wait lasts', async () => {
    const { operations, clock } = createWorld();
    await operations.create(anOperation());

    await operations.setWaiting(idOf(1), { kind: 'azure', detail: 'Updating' });
    clock.advance(60_000);
    await operations.setWaiting(idOf(1), { kind: 'azure', detail: 'still Updating' });

    expect(await operations.view(idOf(1))).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'azure', since: '2026-03-01T12:00:00.000Z', detail: 'still Updating' },
    });

    await operations.setWaiting(idOf(1), undefined);
    expect(await operations.view(idOf(1))).not.toHaveProperty('waitingFor');
  });

  it('ends with the last settled step, failed if one has failed', async () => {
    const { operations, clock } = createWorld();
    await operations.create(anOperation({ steps: [{ name: 'gw1' }, { name: 'gw2' }] }));
    const problem = { code: 'ERR_AZURE_REFUSED', detail: 'gw1 refused the root.' };

    await operations.settleStep(idOf(1), 'gw1', { status: 'failed', now: clock.now(), problem });
    expect((await operations.view(idOf(1)))?.status).toBe('running');
    await operations.settleStep(idOf(1), 'gw2', { status: 'succeeded', now: clock.now() });

    expect(await operations.view(idOf(1))).toMatchObject({ status: 'failed', problem });
  });

  it('opens the next attempt once, with what ended well left alone', async () => {
    const { operations, clock } = createWorld();
    await operations.create(anOperation());
    await operations.setStep(idOf(1), 'preflight', { status: 'succeeded', now: clock.now() });
    await operations.setStep(idOf(1), 'gateway', { status: 'failed', now: clock.now() });
    await operations.finish(idOf(1), { status: 'failed', problem: { code: 'ERR_AZURE_REFUSED', detail: 'no' } });

    const attempts = [await operations.nextAttempt(idOf(1), 1), await operations.nextAttempt(idOf(1), 1)];

    expect(attempts).toEqual([2, 2]);
    const view = await operations.view(idOf(1));
    expect(view?.steps.map(({ status }) => status)).toEqual(['succeeded', 'pending', 'pending']);
    expect(view).not.toHaveProperty('problem');
    expect(await operations.repair()).toEqual([idOf(1)]);
  });

  it('keeps the note with which a later try goes on, and drops one that nobody goes on with', async () => {
    const tables = createMemoryTables();
    const { operations, clock } = createWorld(tables);
    const unfinished = createUnfinished({ tables, now: clock.now });
    const crashed = (): Promise<unknown> => {
      tables.setFault((write) => (write === 2 ? 'before' : undefined));
      return expect(operations.create(anOperation())).rejects.toThrow('failed before');
    };
    await crashed();
    clock.advance(2 * 60 * 60 * 1000);
    const listed = await unfinished.list('operation');
    await crashed();

    await operations.repair(listed);
    expect(await unfinished.list('operation')).toHaveLength(1);

    clock.advance(2 * 60 * 60 * 1000);
    await operations.repair();
    expect(await unfinished.list('operation')).toEqual([]);
  });

  it('opens no attempt of an operation that succeeded or never was', async () => {
    const { operations } = createWorld();
    await operations.create(anOperation());
    await operations.finish(idOf(1), { status: 'succeeded' });

    expect(await operations.nextAttempt(idOf(1), 1)).toBeUndefined();
    expect(await operations.nextAttempt(idOf(2), 1)).toBeUndefined();
  });

  it('takes a cancel request until the end', async () => {
    const { operations } = createWorld();
    await operations.create(anOperation());

    expect(await operations.isCancelRequested(idOf(1))).toBe(false);
    expect(await operations.requestCancel(idOf(1))).toBe(true);
    expect(await operations.requestCancel(idOf(1))).toBe(true);
    expect(await operations.isCancelRequested(idOf(1))).toBe(true);

    await operations.finish(idOf(1), { status: 'canceled' });
    expect(await operations.requestCancel(idOf(1))).toBe(false);
    expect(await operations.requestCancel(idOf(2))).toBe(false);
  });

  it('adds steps that are not there yet', async () => {
    const { operations } = createWorld();
    await operations.create(anOperation({ steps: [{ name: 'gw1' }] }));

    await operations.addSteps(idOf(1), [{ name: 'gw1' }, { name: 'gw2', usualSeconds: 5 }]);
    await operations.addSteps(idOf(1), [{ name: 'gw2' }]);

    expect((await operations.view(idOf(1)))?.steps.map(({ name }) => name)).toEqual(['gw1', 'gw2']);
  });

  describe('lists', () => {
    async function createMany(): Promise<World> {
      const world = createWorld();
      for (let number = 1; number <= 7; number += 1) {
        const kind = number % 2 === 0 ? 'trustRoot' : 'buildGateway';
        await world.operations.create(anOperation({ id: idOf(number), kind, targetKey: `gw${number % 3}` }));
        world.clock.advance(1000);
      }
      await world.operations.finish(idOf(3), { status: 'succeeded' });
      return world;
    }

    it.each([
      ['everything, newest first', {}, [7, 6, 5, 4, 3, 2, 1]],
      ['one kind', { kind: 'trustRoot' }, [6, 4, 2]],
      ['one target', { target: 'GW1' }, [7, 4, 1]],
      ['one target and kind', { target: 'gw1', kind: 'buildGateway' }, [7, 1]],
      ['what has ended', { status: 'succeeded' as const }, [3]],
      ['what is open', { status: 'pending' as const }, [7, 6, 5, 4, 2, 1]],
      ['what is open of one kind', { status: 'pending' as const, kind: 'buildGateway' }, [7, 5, 1]],
    ])('%s', async (_name, query, expected) => {
      const { operations } = await createMany();
      const found: string[] = [];
      let continuation: string | undefined;
      do {
        const page = await operations.list({ ...query, top: 2, continuation });
        expect(page.items.length).toBeLessThanOrEqual(2);
        found.push(...page.items.map(({ id }) => id));
        continuation = page.continuation;
      } while (continuation !== undefined);

      expect(found).toEqual(expected.map(idOf));
    });
  });

  it('loses and doubles nothing when any one write of a life fails', async () => {
    const places = await atEveryCrash({
      setUp: createWorld,
      work: async ({ operations, clock }) => {
        await operations.create(anOperation({ steps: [{ name: 'only' }] }));
        await operations.settleStep(idOf(1), 'only', { status: 'succeeded', now: clock.now() });
        await operations.repair();
      },
      check: async ({ operations, outbox }) => {
        expect(await operations.view(idOf(1))).toMatchObject({ status: 'succeeded' });
        expect((await operations.list({ kind: 'buildGateway', top: 10 })).items).toHaveLength(1);
        expect(await outbox.listPending()).toHaveLength(1);
        expect(await operations.repair()).toEqual([]);
      },
    });

    expect(places).toBeGreaterThan(7);
  });

  it('tells usual times as they are where the surroundings are faster, and what was measured as it was', async () => {
    const { operations } = createWorld(createMemoryTables(), 100);
    await operations.create(
      anOperation({
        steps: [
          { name: 'preflight', usualSeconds: 10 },
          { name: 'gateway', usualSeconds: 1990 },
          { name: 'update', usualSeconds: 7, isMeasured: true },
        ],
      }),
    );
    await operations.addSteps(idOf(1), [{ name: 'more', usualSeconds: 500 }]);

    const view = await operations.view(idOf(1));

    expect(view?.steps.map(({ usualSeconds }) => usualSeconds)).toEqual([1, 20, 7, 5]);
    expect(view?.remainingSeconds).toBe(33);
  });

  it('forgets what a step waited for once it is done', async () => {
    const { operations, clock } = createWorld();
    const now = clock.now();
    await operations.create(anOperation());
    await operations.setStep(idOf(1), 'gateway', { status: 'waiting', detail: 'Azure is busy: TooManyRequests', now });

    await operations.setStep(idOf(1), 'gateway', { status: 'succeeded', now });
    await operations.setStep(idOf(1), 'preflight', { status: 'waiting', detail: 'Azure is busy', now });
    await operations.settleStep(idOf(1), 'preflight', { status: 'succeeded', detail: 'ab12', now });

    const steps = (await operations.view(idOf(1)))?.steps;
    expect(steps?.map(({ name, detail }) => [name, detail])).toEqual([
      ['preflight', 'ab12'],
      ['gateway', undefined],
      ['verify', undefined],
    ]);
  });

  it('keeps a page of long words, whichever way they come in', async () => {
    const tables = createMemoryTables();
    const { operations, clock } = createWorld(tables);
    const words = 'x'.repeat(64 * 1024);
    const problem = {
      code: 'ERR_AZURE_REFUSED',
      detail: words,
      errors: [{ path: '', code: 'precondition' as const, message: words, fix: 'b' }],
    };
    const now = clock.now();
    await operations.create(anOperation());
    await operations.setWaiting(idOf(1), { kind: 'azure', detail: words });
    await operations.setStep(idOf(1), 'preflight', { status: 'waiting', detail: words, now });
    await operations.settleStep(idOf(1), 'gateway', { status: 'failed', detail: words, problem, now });
    const open = await operations.view(idOf(1));

    await operations.finish(idOf(1), { status: 'failed', problem, result: { said: [words] } });
    const ended = await operations.view(idOf(1));

    for (const shown of [open, ended, ...tables.rows('Operations')]) {
      expect(JSON.stringify(shown)).toContain('(cut, 65536 characters)');
      expect(JSON.stringify(shown).length).toBeLessThan(40_000);
    }
  });

  it('finishes with the sweep alone what a crash in finish left', async () => {
    const tables = createMemoryTables();
    const { operations, outbox } = createWorld(tables);
    await operations.create(anOperation());
    tables.setFault((write) => (write === 2 ? 'before' : undefined));
    await expect(operations.finish(idOf(1), { status: 'succeeded' })).rejects.toThrow('write 2');
    tables.setFault(undefined);

    await operations.repair();

    expect(await outbox.listPending()).toHaveLength(1);
    expect(tables.rows('Unfinished')).toEqual([]);
  });

  it('drops the note of an operation that was never recorded, but not at once', async () => {
    const tables = createMemoryTables();
    const { operations, clock } = createWorld(tables);
    tables.setFault((write) => (write === 2 ? 'before' : undefined));
    await expect(operations.create(anOperation())).rejects.toThrow('write 2');
    tables.setFault(undefined);

    await operations.repair();
    expect(tables.rows('Unfinished')).toHaveLength(1);
    clock.advance(2 * 60 * 60 * 1000);
    await operations.repair();
    expect(tables.rows('Unfinished')).toEqual([]);
  });
});
