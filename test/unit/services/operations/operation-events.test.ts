import { createOperations, type Operations } from '../../../../src/services/operations/operations.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { createUnfinished } from '../../../../src/stores/unfinished.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';

const id = `op-${'4'.repeat(32)}`;
const dayMs = 24 * 3600 * 1000;

interface World {
  readonly operations: Operations;
  readonly clock: TestClock;
  readonly tables: MemoryTables;
}

async function createWorld(tables = createMemoryTables()): Promise<World> {
  const clock = createTestClock();
  const { now } = clock;
  const unfinished = createUnfinished({ tables, now });
  const operations = createOperations({
    tables,
    now,
    unfinished,
    keptDays: 365,
    log: createRecordingLog().log,
    outbox: createOutbox({ tables, now, keptDays: 90 }),
  });
  const steps = [{ name: 'first' }, { name: 'second' }];
  await operations.create({ id, kind: 'connectClouds', target: 'wap', targetKey: 'wap', requestedBy: 'ann', steps });
  return { operations, clock, tables };
}

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function eventsOf({ tables }: Pick<World, 'tables'>, type: string): readonly Event[] {
  return tables
    .rows('Outbox')
    .map(({ columns }) => JSON.parse(String(columns['eventJson'])) as Event)
    .filter((event) => event.type === type);
}

describe('the event of an operation that failed', () => {
  it('says the step, the words of Azure, and where to look', async () => {
    const world = await createWorld();
    const azure = { code: 'QuotaExceeded', message: 'No more addresses.', correlationId: 'c-1' };
    await world.operations.setStep(id, 'first', { status: 'succeeded', now: world.clock.now() });

    await world.operations.setStep(id, 'second', { status: 'failed', detail: 'Refused.', now: world.clock.now() });
    await world.operations.finish(id, {
      status: 'failed',
      problem: { code: 'ERR_AZURE_REFUSED', detail: 'Step second failed.', azure },
    });

    expect(eventsOf(world, 'gatehouse.operation.ended.v1').map(({ data }) => data)).toEqual([
      {
        id,
        kind: 'connectClouds',
        target: 'wap',
        status: 'failed',
        look: `/api/operations/${id}`,
        code: 'ERR_AZURE_REFUSED',
        detail: 'Step second failed.',
        step: { name: 'second', detail: 'Refused.' },
        azure,
      },
    ]);
  });

  it('has nothing of failures when it went well', async () => {
    const world = await createWorld();

    await world.operations.finish(id, { status: 'succeeded' });

    const [event] = eventsOf(world, 'gatehouse.operation.ended.v1');
    expect(Object.keys(event?.data ?? {})).toEqual(['id', 'kind', 'target', 'status', 'look']);
  });
});

describe('the events of an approval that waits', () => {
  const ask = ({ operations, clock }: World, days = 7) =>
    operations.openWait(id, 'look', {
      kind: 'approval',
      detail: 'Look at the portal.',
      until: new Date(clock.now().getTime() + days * dayMs).toISOString(),
      instanceId: `${id}-1`,
      eventName: 'decided-look',
    });
  const told = (world: World): readonly number[] =>
    ['asked', 'expiring'].map((verb) => eventsOf(world, `gatehouse.approval.${verb}.v1`).length);

  it('are one when it is asked and one when a day is left, however often it is asked and swept', async () => {
    const world = await createWorld();
    const until = new Date(world.clock.now().getTime() + 7 * dayMs).toISOString();
    const wait = {
      kind: 'approval',
      detail: 'Look.',
      until,
      instanceId: `${id}-1`,
      eventName: 'decided-look',
    } as const;
    const hour = async (): Promise<void> => {
      await world.operations.openWait(id, 'look', wait);
      await world.operations.repair();
      await world.operations.repair();
    };

    await hour();
    expect(told(world)).toEqual([1, 0]);
    world.clock.advance(6 * dayMs - 1);
    await hour();
    expect(told(world)).toEqual([1, 0]);
    world.clock.advance(1);
    await hour();
    world.clock.advance(3600 * 1000);
    await hour();

    expect(told(world)).toEqual([1, 1]);
    const [event] = eventsOf(world, 'gatehouse.approval.expiring.v1');
    expect(event?.data).toMatchObject({
      id,
      name: 'look',
      requestedBy: 'ann',
      until,
      look: `/api/operations/${id}`,
      approve: `/api/operations/${id}/approve`,
    });
    expect(JSON.stringify(event)).not.toContain('decided-look');
    expect(JSON.stringify(await world.operations.view(id))).not.toContain('isExpiryNotified');
  });

  it('are none once it is decided, and none of a question that had no more than a day', async () => {
    const decided = await createWorld();
    await ask(decided);
    await decided.operations.decide(id, { name: 'look', decision: 'approved', by: 'bob' });
    const short = await createWorld();
    await ask(short, 1);
    for (const world of [decided, short]) {
      world.clock.advance(6.5 * dayMs);
      await world.operations.repair();
    }

    expect([told(decided), told(short)]).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('are one each wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: createWorld,
      work: async (world) => {
        const { operations, clock } = world;
        const begun = Date.parse('2026-03-01T12:00:00.000Z');
        await operations.openWait(id, 'look', {
          kind: 'approval',
          detail: 'Look.',
          until: new Date(begun + 7 * dayMs).toISOString(),
        });
        clock.advance(begun + 6.5 * dayMs - clock.now().getTime());
        await operations.repair();
      },
      check: (_world, tables, place) => {
        const ids = tables.rows('Outbox').map(({ rowKey }) => rowKey.split('-').slice(2, 4).join(' '));
        expect({ place, ids: ids.toSorted() }).toEqual({ place, ids: ['look asked', 'look expiring'] });
        expect(tables.rows('OutboxPending')).toHaveLength(2);
        return Promise.resolve();
      },
    });
    expect(places).toBeGreaterThan(3);
  });
});
