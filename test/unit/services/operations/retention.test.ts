/** What is over goes once it has been kept as long as the settings say, and nothing before. */
import { dayMs } from '../../../../src/domain/days.ts';
import { deliverOutbox } from '../../../../src/services/operations/outbox-delivery.ts';
import { retain, type RetentionRound } from '../../../../src/services/operations/retain.ts';
import { createAudit } from '../../../../src/services/requests/audit.ts';
import { createIdempotency } from '../../../../src/services/requests/idempotency.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { createRetentionDues } from '../../../../src/stores/retention-dues.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { createTestClock } from '../../../support/test-clock.ts';

const scope = { callerId: 'kim', route: 'createRoot', params: {}, key: 'key-1' };
const seed = Buffer.alloc(32, 1);
const event = { id: 'e1', type: 'gatehouse.root.created.v1', subject: 'roots/r1', data: {} } as const;
const webhook = { url: 'https://hooks.contoso.com', secret: 'a secret of this deployment' };
const answer = { status: 201, isRerun: false, headers: {} };

type World = ReturnType<typeof createWorld>;

function createWorld(tables: MemoryTables = createMemoryTables(), keptDays: { idempotency?: number } = {}) {
  const clock = createTestClock();
  const { now } = clock;
  const outbox = createOutbox({ tables, now, keptDays: 40 });
  const idempotency = createIdempotency({ tables, now, keptDays: keptDays.idempotency ?? 7 });
  const sent: string[] = [];
  return {
    tables,
    clock,
    outbox,
    sent,
    start: async (key = 'key-1') => idempotency.start({ ...scope, key }, { open: {}, secrets: [] }, seed),
    deliver: (hook: typeof webhook | 'none' = webhook) =>
      deliverOutbox({
        outbox,
        log: createRecordingLog().log,
        now,
        webhook: () => Promise.resolve(hook === 'none' ? undefined : hook),
        send: ({ headers }) => {
          sent.push(headers['webhook-id'] ?? '');
          return Promise.resolve({ status: 200 });
        },
      }),
    retain: (
      onFault: (what: string, error: unknown) => void = (_what, error) => rethrow(error),
    ): Promise<RetentionRound> =>
      retain({
        dues: createRetentionDues({ tables }),
        removers: {
          idempotency: idempotency.removeOld,
          event: outbox.removeOld,
          operation: () => Promise.resolve('none'),
          profile: () => Promise.resolve('none'),
        },
        audit: createAudit({ tables }),
        now,
        onFault,
      }),
  };
}

function rethrow(error: unknown): never {
  throw error;
}

function left({ tables }: World): readonly number[] {
  return ['Idempotency', 'Outbox', 'RetentionDues'].map((table) => tables.rows(table).length);
}

/** Goes on day by day, as the timer does, and answers on which day each table got empty. */
async function daysUntilGone(world: World, daysMax: number): Promise<number | undefined> {
  for (let day = 1; day <= daysMax; day += 1) {
    world.clock.advance(dayMs);
    await world.retain();
    if (left(world).every((count) => count === 0)) return day;
  }
  return undefined;
}

describe('src/services/operations/retain', () => {
  it('replays a key for its seven days, and removes its row after them', async () => {
    const world = createWorld();
    const begun = await world.start();
    if (begun.outcome === 'run') await begun.turn.complete(answer);

    world.clock.advance(7 * dayMs - 1);
    await world.retain();
    expect(await world.start()).toMatchObject({ outcome: 'replay' });
    expect(await daysUntilGone(world, 30)).toBe(8);
  });

  it('keeps rows of keys for as long as it is set, and never less than seven days', async () => {
    const long = createWorld(createMemoryTables(), { idempotency: 20 });
    const short = createWorld(createMemoryTables(), { idempotency: 1 });
    await long.start();
    await short.start();

    expect(await daysUntilGone(long, 30)).toBe(21);
    expect(await daysUntilGone(short, 30)).toBe(8);
  });

  it('looks again on the later day where a time was raised since', async () => {
    const tables = createMemoryTables();
    await createWorld(tables).start();

    expect(await daysUntilGone(createWorld(tables, { idempotency: 20 }), 30)).toBe(21);
  });

  it('leaves a key that somebody has taken over to its own seven days', async () => {
    const world = createWorld();
    await world.start();
    world.clock.advance(7 * dayMs + 1);
    const again = await world.start();
    if (again.outcome === 'run') await again.turn.complete(answer);
    world.clock.advance(dayMs);

    expect(await world.retain()).toEqual({});
    expect(await world.start()).toMatchObject({ outcome: 'replay' });
  });

  it('removes a delivered event after its days, and says in the audit how much it removed', async () => {
    const world = createWorld();
    await world.outbox.append(event);
    await world.outbox.append({ ...event, id: 'e2' });
    await world.deliver();

    expect(await daysUntilGone(world, 60)).toBe(41);
    expect(world.tables.rows('Audit').map(({ columns }) => columns)).toEqual([
      expect.objectContaining({ who: 'gatehouse', action: 'retention.removed', targetJson: '{"event":"2"}' }),
    ]);
  });

  it('keeps an event that waits, and one that nobody took a year longer', async () => {
    const world = createWorld();
    await world.outbox.append(event);
    world.clock.advance(60 * dayMs);
    await world.retain();
    expect(await world.outbox.get('e1')).toMatchObject({ state: 'pending' });

    await world.deliver('none');

    expect(await world.outbox.get('e1')).toMatchObject({ state: 'kept' });
    expect(await daysUntilGone(world, 500)).toBe(40 + 365 + 1);
  });

  it('keeps an event that still waits, though its end was listed before a crash', async () => {
    const world = createWorld();
    await world.outbox.append(event);
    world.tables.setFault((write) => (write === 2 ? 'after' : undefined));
    await expect(world.deliver()).rejects.toThrow('write 2');
    world.tables.setFault(undefined);
    expect(world.tables.rows('RetentionDues')).toHaveLength(1);

    world.clock.advance(60 * dayMs);
    await world.retain();

    expect(await world.outbox.get('e1')).toMatchObject({ state: 'pending' });
    await world.deliver();
    expect(await daysUntilGone(world, 60)).toBe(41);
  });

  it('never sends an event twice that is appended again and again, and forgets it once that ends', async () => {
    const world = createWorld();
    for (let day = 0; day < 100; day += 1) {
      await world.outbox.append(event);
      await world.deliver();
      await world.retain();
      world.clock.advance(dayMs);
    }

    expect(world.sent).toEqual(['e1']);
    expect(await daysUntilGone(world, 60)).toBe(40);
  });

  it('reads what is due and nothing else', async () => {
    const world = createWorld();
    await world.start();
    await world.outbox.append(event);
    await world.deliver();
    const reads: string[] = [];
    const listPartitions = world.tables.listPartitions.bind(world.tables);
    Object.assign(world.tables, {
      listPartitions: async (...call: Parameters<typeof listPartitions>) => {
        const rows = await listPartitions(...call);
        reads.push(`${call[0]} ${rows.length}`);
        return rows;
      },
      list: () => Promise.reject(new Error('a partition was listed')),
    });
    await world.retain();
    world.clock.advance(8 * dayMs);
    await world.retain();

    expect(reads).toEqual(['RetentionDues 0', 'RetentionDues 1']);
  });

  it('does no more than it can in one run, and the rest in the next', async () => {
    const world = createWorld();
    for (let key = 0; key < 2100; key += 1) await world.start(`key-${key}`);
    world.clock.advance(8 * dayMs);

    expect([await world.retain(), await world.retain(), await world.retain()]).toEqual([
      { idempotency: 2000 },
      { idempotency: 100 },
      {},
    ]);
  });

  it('holds nothing up for one thing that cannot be read, and looks at that again a day later', async () => {
    const world = createWorld();
    await world.start();
    await world.start('key-2');
    const [broken] = world.tables.rows('Idempotency');
    if (broken !== undefined) await world.tables.upsert('Idempotency', broken, { hash: 'nothing else' });
    world.clock.advance(8 * dayMs);
    const faults: string[] = [];
    const note = (what: string): void => void faults.push(what);

    expect([await world.retain(note), await world.retain(note)]).toEqual([{ idempotency: 1 }, {}]);
    world.clock.advance(dayMs);
    await world.retain(note);

    expect(faults).toEqual(Array(2).fill(expect.stringMatching(/^idempotency [0-9a-f]{64}$/)));
  });

  it('leaves nothing half and nothing behind, whichever write fails', async () => {
    const places = await atEveryCrash({
      setUp: createWorld,
      work: async (world) => {
        await world.start();
        await world.outbox.append(event);
        world.clock.advance(2 * 60_000);
        await world.deliver();
        world.clock.advance(50 * dayMs);
        await world.retain();
      },
      check: async (world, _tables, place) => {
        world.clock.advance(50 * dayMs);
        await world.retain();
        expect([place, ...left(world)]).toEqual([place, 0, 0, 0]);
      },
    });

    expect(places).toBeGreaterThanOrEqual(12);
  });
});
