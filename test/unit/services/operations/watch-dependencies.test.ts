import { timerNames } from '../../../../src/domain/timers.ts';
import { createTimerRuns, type TimerRuns } from '../../../../src/services/operations/timer-runs.ts';
import {
  createDependencyWatch,
  type DependencyWatch,
  type Probe,
} from '../../../../src/services/operations/watch-dependencies.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { createMemoryTables } from '../../../support/memory-tables.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

interface World {
  readonly clock: TestClock;
  readonly watch: DependencyWatch;
  readonly runs: TimerRuns;
  readonly outbox: ReturnType<typeof createOutbox>;
  readonly answers: Record<'storage' | 'resourceManager' | 'keyVault' | 'appVault', Probe>;
  missing: readonly string[];
  hasWebhook: boolean;
  probes: number;
}

function createWorld(): World {
  const tables = createMemoryTables();
  const clock = createTestClock();
  const { now } = clock;
  const ok = (): ReturnType<Probe> => Promise.resolve({ status: 'ok' });
  const outbox = createOutbox({ tables, now, keptDays: 90 });
  const runs = createTimerRuns({ tables, now });
  const answers = { storage: ok, resourceManager: ok, keyVault: ok, appVault: ok };
  const counted = (name: keyof typeof answers) => () => {
    world.probes += 1;
    return world.answers[name]();
  };
  const world: World = {
    clock,
    outbox,
    runs,
    answers,
    missing: [],
    hasWebhook: true,
    probes: 0,
    watch: createDependencyWatch({
      tables,
      outbox,
      timerRuns: runs,
      hasWebhook: () => Promise.resolve(world.hasWebhook),
      missing: () => Promise.resolve(world.missing),
      probes: {
        storage: counted('storage'),
        resourceManager: counted('resourceManager'),
        keyVault: counted('keyVault'),
        appVault: counted('appVault'),
      },
      now,
      answerWithinMs: 20,
    }),
  };
  return world;
}

/** What is not well at the next look, a minute on. */
async function badAfter(world: World, ms = minuteMs): Promise<readonly (readonly unknown[])[]> {
  world.clock.advance(ms);
  await world.watch.look();
  const report = await world.watch.last();
  return (report?.items ?? []).filter(({ status }) => status !== 'ok').map(({ name, status }) => [name, status]);
}

/** What the next look, a minute on, says of one item. */
async function detailAfter(world: World, item: string): Promise<string | undefined> {
  await badAfter(world);
  return (await world.watch.last())?.items.find(({ name }) => name === item)?.detail;
}

/** Every timer runs well. */
async function runAll({ runs }: World): Promise<void> {
  for (const name of timerNames) await runs.succeeded(name);
}

describe('src/services/operations/watch-dependencies', () => {
  it('looks once a minute, however many ask', async () => {
    const world = createWorld();

    await world.watch.look();
    await world.watch.look();
    world.clock.advance(40_000);
    await world.watch.look();
    expect(world.probes).toBe(4);

    world.clock.advance(20_000);
    await world.watch.look();
    expect(world.probes).toBe(8);
  });

  it('takes neither an error nor silence for health, and redacts what it was told', async () => {
    const world = createWorld();
    world.answers.keyVault = () =>
      Promise.reject(new Error('Forbidden: https://a.blob.core.windows.net/c/b?sv=1&sig=abcdefghijklmnop%3D'));
    world.answers.resourceManager = () => new Promise(() => undefined);
    world.answers.storage = () => Promise.resolve({ status: 'failing', detail: 'No.' });

    expect(await badAfter(world)).toEqual([
      ['storage', 'failing'],
      ['resourceManager', 'unknown'],
      ['keyVault', 'failing'],
    ]);
    expect(JSON.stringify(await world.watch.last())).not.toContain('abcdefghijklmnop');
  });

  it('says since when a thing has been as it is', async () => {
    const world = createWorld();
    world.answers.keyVault = () => Promise.reject(new Error('Forbidden'));
    await badAfter(world);
    const since = world.clock.now().toISOString();
    await badAfter(world);

    expect((await world.watch.last())?.items).toContainEqual({
      name: 'keyVault',
      status: 'failing',
      since,
      detail: 'Forbidden',
    });
  });

  it('names missing secrets', async () => {
    const world = createWorld();
    world.missing = ['webhook-secret'];

    expect(await badAfter(world)).toEqual([['secrets', 'failing']]);
  });

  it('calls the outbox late when an event has waited for an hour, unless nobody is to get it', async () => {
    const world = createWorld();
    await world.outbox.append({ id: 'e1', type: 'gatehouse.root.created.v1', subject: 'roots/r', data: {} });
    await runAll(world);

    expect(await badAfter(world)).toEqual([]);
    world.clock.advance(60 * minuteMs);
    await runAll(world);
    expect(await badAfter(world)).toEqual([['outbox', 'late']]);
    world.hasWebhook = false;
    expect(await badAfter(world)).toEqual([]);
  });

  it('says what became of the last try to deliver what has waited longest', async () => {
    const world = createWorld();
    await world.outbox.append({ id: 'e1', type: 'gatehouse.root.created.v1', subject: 'roots/r', data: {} });
    const [pending] = await world.outbox.listPending();
    if (pending === undefined) throw new Error('nothing waits');
    const tried = await world.outbox.reschedule(pending, {
      ...pending.record,
      lastProblem: 'The name does not resolve.',
    });
    world.clock.advance(61 * minuteMs);
    await runAll(world);

    expect(await detailAfter(world, 'outbox')).toContain('The name does not resolve.');
    if (tried === undefined) throw new Error('it was not tried');
    await world.outbox.reschedule(tried, { ...pending.record, lastStatus: 503 });
    expect(await detailAfter(world, 'outbox')).toContain('answered with 503');
  });

  it('names timers that are late, that never ran, and whose last run failed', async () => {
    const world = createWorld();
    expect(await badAfter(world)).toEqual([]);
    await runAll(world);
    await world.runs.failed('watchExpiries', new Error('no storage'));
    world.clock.advance(1);
    await world.runs.failed('watchExpiries', new Error('no storage'));
    expect(await badAfter(world)).toEqual([['timer.watchExpiries', 'failing']]);

    for (const name of timerNames.filter((one) => one !== 'sweep')) await world.runs.succeeded(name);
    world.clock.advance(7 * minuteMs);
    for (const name of timerNames.filter((one) => one !== 'sweep')) await world.runs.succeeded(name);
    expect(await badAfter(world)).toEqual([['timer.sweep', 'late']]);
  });

  it('gives a daily timer its day, also one that is new', async () => {
    const world = createWorld();
    await badAfter(world);
    const minutely = timerNames.filter((one) => one !== 'watchExpiries');
    world.clock.advance(dayMs);
    for (const name of minutely) await world.runs.succeeded(name);
    expect(await badAfter(world)).toEqual([]);

    world.clock.advance(0.1 * dayMs);
    for (const name of minutely) await world.runs.succeeded(name);
    expect(await badAfter(world)).toEqual([['timer.watchExpiries', 'late']]);
  });
});
