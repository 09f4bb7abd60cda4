import fc from 'fast-check';
import { createCountingTables } from '../../../../bench/counting-tables.ts';
import { dayMs } from '../../../../src/domain/days.ts';
import { createExpiries, type Expiries, type Expiry } from '../../../../src/services/operations/expiries.ts';
import { listExpiries } from '../../../../src/services/operations/list-expiries.ts';
import { createNotices, type Notices } from '../../../../src/services/operations/notices.ts';
import { type ExpiryWatchResult, watchExpiries } from '../../../../src/services/operations/watch-expiries.ts';
import { createOutbox, type Outbox } from '../../../../src/stores/outbox.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';

/** Days before an end at which notice is given, as the changelog promises. */
const noticeThresholdsDays = [90, 60, 30, 14, 7, 3, 1];

interface World {
  readonly clock: TestClock;
  readonly expiries: Expiries;
  readonly notices: Notices;
  readonly outbox: Outbox;
  readonly states: Map<string, string>;
  readonly daysRead: string[];
  watch(): Promise<ExpiryWatchResult>;
  /** What was given so far: threshold and id. */
  given(): Promise<readonly string[]>;
}

function createWorld(tables: MemoryTables = createMemoryTables()): World {
  const clock = createTestClock();
  const { now } = clock;
  const expiries = createExpiries({ tables });
  const notices = createNotices({ tables });
  const outbox = createOutbox({ tables, now, keptDays: 90 });
  const states = new Map<string, string>();
  const daysRead: string[] = [];
  const watched: Pick<Expiries, 'list'> = {
    list: (day) => {
      daysRead.push(day);
      return expiries.list(day);
    },
  };
  return {
    clock,
    expiries,
    notices,
    outbox,
    states,
    daysRead,
    watch: () =>
      watchExpiries({ expiries: watched, notices, outbox, now, describe: (_kind, id) => stateOf(states, id) }),
    given: async () => {
      const pending = await outbox.listPending();
      const records = await Promise.all(pending.map(({ record }) => outbox.get(record.id)));
      const data = records.map((record) => record?.event.data as { thresholdDays: number; id: string });
      return data.map(({ thresholdDays, id }) => `${thresholdDays} ${id}`).sort();
    },
  };
}

function stateOf(states: ReadonlyMap<string, string>, id: string): Promise<{ readonly state: string }> {
  return Promise.resolve({ state: states.get(id) ?? 'issued' });
}

function endingIn(days: number, change: Partial<Expiry> = {}): Expiry {
  const notAfter = new Date(Date.parse('2026-03-01T09:30:00.000Z') + days * dayMs).toISOString();
  return { kind: 'certificate', id: `C${days}`, notAfter, subject: 'CN=kim', owner: 'kim', ...change };
}

describe('src/services/operations/watch-expiries', () => {
  it('gives notice at each threshold day and on no other', async () => {
    const world = createWorld();
    for (let days = 0; days <= 100; days += 1) await world.expiries.put(endingIn(days));

    await world.watch();

    expect(await world.given()).toEqual(noticeThresholdsDays.map((days) => `${days} C${days}`).sort());
  });

  it('reads the days that lie a threshold away and no others', async () => {
    const world = createWorld();

    const result = await world.watch();

    expect(result).toEqual({ notices: 0, daysRead: 7 });
    expect(world.daysRead).toEqual([
      '2026-03-02',
      '2026-03-04',
      '2026-03-08',
      '2026-03-15',
      '2026-03-31',
      '2026-04-30',
      '2026-05-30',
    ]);
  });

  it('gives each notice once, however often it looks', async () => {
    const world = createWorld();
    await world.expiries.put(endingIn(30));

    await Promise.all([world.watch(), world.watch()]);
    await world.watch();

    expect(await world.given()).toEqual(['30 C30']);
  });

  it('tells what the event is about, without secrets', async () => {
    const world = createWorld();
    await world.expiries.put(endingIn(7, { id: 'AB12' }));

    await world.watch();

    const [pending] = await world.outbox.listPending();
    expect((await world.outbox.get(pending?.record.id ?? ''))?.event).toMatchObject({
      type: 'gatehouse.certificate.expiring.v1',
      subject: 'certificates/AB12',
      data: {
        kind: 'certificate',
        id: 'AB12',
        owner: 'kim',
        subject: 'CN=kim',
        state: 'issued',
        thresholdDays: 7,
        daysLeft: 7,
      },
    });
  });

  it.each(['revoked', 'superseded', 'expired', 'retired'])('says nothing of what is %s', async (state) => {
    const world = createWorld();
    await world.expiries.put(endingIn(7));
    world.states.set('C7', state);

    await world.watch();

    expect(await world.given()).toEqual([]);
  });

  it('catches up days that it missed, with the nearest threshold only', async () => {
    const world = createWorld();
    await world.watch();
    for (const days of [40, 32, 21, 18, 13, 9, 100]) await world.expiries.put(endingIn(days));

    world.clock.advance(20 * dayMs);
    await world.watch();

    // Days left: 20, 12, 1, past its end, past its end, past its end, 80.
    expect(await world.given()).toEqual(['1 C13', '1 C18', '1 C21', '1 C9', '14 C32', '30 C40', '90 C100'].sort());
  });

  it('is bounded after years away and unmoved by a clock that went back', async () => {
    const world = createWorld();
    await world.watch();
    world.clock.advance(3000 * dayMs);
    expect((await world.watch()).daysRead).toBeLessThan(250);

    world.clock.advance(-10 * dayMs);
    await world.watch();

    expect(await world.notices.readWatermark('watch-expiries')).toBe('2034-05-18');
  });

  it('gives every threshold exactly once over a life, whatever days the watch was away', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 }), async (gaps) => {
        const world = createWorld();
        await world.expiries.put(endingIn(95));
        await world.watch();
        for (const gap of gaps) {
          world.clock.advance(gap * dayMs);
          await world.watch();
        }

        const given = await world.given();
        expect(new Set(given).size).toBe(given.length);
        const passedDays = gaps.reduce((sum, gap) => sum + gap, 0);
        const isEverDue = passedDays >= 5;
        expect(given.length > 0).toBe(isEverDue);
        if (gaps.every((gap) => gap === 1) && passedDays <= 94) {
          expect(given).toHaveLength(noticeThresholdsDays.filter((days) => 95 - passedDays <= days).length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('neither loses nor doubles a notice, whichever write fails', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createWorld(tables);
        await world.expiries.put(endingIn(30));
        await world.expiries.put(endingIn(7, { kind: 'root', id: 'root1' }));
        return world;
      },
      work: (world) => world.watch(),
      check: async (world, tables) => {
        expect(await world.given()).toEqual(['30 C30', '7 root1']);
        expect(tables.rows('Outbox')).toHaveLength(2);
      },
    });

    expect(places).toBe(7);
  });
});

describe('src/services/operations/list-expiries', () => {
  it('lists what ends within the time, earliest first, in pages, without what is over', async () => {
    const world = createWorld();
    for (const days of [0, 3, 1, 29, 30, 31, 12, -1]) await world.expiries.put(endingIn(days));
    await world.expiries.put(endingIn(3, { id: 'C3b' }));
    world.states.set('C12', 'revoked');
    world.clock.advance(-4 * 60 * 60 * 1000);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await listExpiries(
        { expiries: world.expiries, now: world.clock.now, describe: (_kind, id) => stateOf(world.states, id) },
        { withinDays: 30, top: 2, after },
      );
      found.push(...page.items.map(({ id, state }) => `${id} ${state}`));
      after = page.continuation;
    } while (after !== undefined);

    expect(found).toEqual(['C0 issued', 'C1 issued', 'C3 issued', 'C3b issued', 'C29 issued']);
  });

  it('asks the table service a few times only, however far ahead, where little ends', async () => {
    const tables = createCountingTables();
    const expiries = createExpiries({ tables });
    for (const days of [3, 399]) await expiries.put(endingIn(days));
    const before = tables.requestCount();

    const page = await listExpiries(
      { expiries, now: createTestClock().now, describe: () => Promise.resolve({ state: 'issued' }) },
      { withinDays: 400, top: 100 },
    );

    expect(page.items.map(({ id }) => id)).toEqual(['C3', 'C399']);
    expect(tables.requestCount() - before).toBeLessThanOrEqual(5);
  });

  it('does not read on when a page is full', async () => {
    const tables = createCountingTables();
    const expiries = createExpiries({ tables });
    for (const days of [1, 2, 3]) await expiries.put(endingIn(days));
    const before = tables.requestCount();

    await listExpiries(
      { expiries, now: createTestClock().now, describe: () => Promise.resolve({ state: 'issued' }) },
      { withinDays: 400, top: 2 },
    );

    expect(tables.requestCount() - before).toBe(1);
  });
});
