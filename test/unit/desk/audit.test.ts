import { sealAudit, type AuditSeal } from '../../../src/desk/audit-seals.ts';
import { createAudit, type AuditRow } from '../../../src/desk/audit.ts';
import { atEveryCrash } from '../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../support/memory-tables.ts';
import { createTestClock } from '../../support/test-clock.ts';

const hourMs = 60 * 60 * 1000;

function aRow(at: string, change: Partial<AuditRow> = {}): AuditRow {
  return { at, requestId: `r-${at.slice(11, 23)}`, phase: 'outcome', who: 'ann', action: 'x', target: {}, ...change };
}

async function writeMany(tables: MemoryTables): Promise<ReturnType<typeof createAudit>> {
  const audit = createAudit({ tables });
  for (const time of ['00:00:00.000', '08:59:59.999', '09:00:00.000', '09:30:00.000', '09:30:00.001', '23:59:59.999']) {
    await audit.write(aRow(`2026-03-01T${time}Z`));
  }
  await audit.write(aRow('2026-02-28T23:59:59.999Z'));
  await audit.write(aRow('2026-03-02T00:00:00.000Z'));
  return audit;
}

describe('src/desk/audit', () => {
  it('lists one day, newest first', async () => {
    const audit = await writeMany(createMemoryTables());

    const rows = await audit.list({ day: '2026-03-01', top: 100 });

    expect(rows.map(({ at }) => at.slice(11, 23))).toEqual([
      '23:59:59.999',
      '09:30:00.001',
      '09:30:00.000',
      '09:00:00.000',
      '08:59:59.999',
      '00:00:00.000',
    ]);
  });

  it('goes on where a page ended, without leaving out what has the same time', async () => {
    const audit = await writeMany(createMemoryTables());
    await audit.write(aRow('2026-03-01T09:30:00.000Z', { requestId: 'twin' }));
    const found: string[] = [];
    let before: string | undefined;
    do {
      const rows = await audit.list({ day: '2026-03-01', top: 2, before });
      found.push(...rows.map(({ requestId }) => requestId));
      before = rows.length < 2 ? undefined : rows.at(-1)?.at;
    } while (before !== undefined);

    expect(found).toHaveLength(7);
    expect(new Set(found).size).toBe(7);
  });

  it('lists an hour to its last millisecond', async () => {
    const audit = await writeMany(createMemoryTables());

    const rows = await audit.listHour(new Date('2026-03-01T23:00:00.000Z'));

    expect(rows).toHaveLength(1);
  });
});

describe('src/desk/audit-seals', () => {
  it('seals each closed hour once, each over the one before', async () => {
    const tables = createMemoryTables();
    const audit = createAudit({ tables });
    const clock = createTestClock('2026-03-01T09:20:00.000Z');
    const seal = (): Promise<readonly AuditSeal[]> => sealAudit({ tables, audit, now: clock.now });

    expect(await seal()).toEqual([]);
    await audit.write(aRow('2026-03-01T09:30:00.000Z'));
    clock.advance(45 * 60_000);
    expect(await seal()).toEqual([]);
    clock.advance(10 * 60_000);
    const [first] = await seal();
    expect(await seal()).toEqual([]);
    clock.advance(2 * hourMs);
    const later = await seal();

    expect(first).toMatchObject({ hour: '2026-03-01T09:00:00.000Z', rowCount: 1, previous: '' });
    expect(later.map(({ hour }) => hour)).toEqual(['2026-03-01T10:00:00.000Z', '2026-03-01T11:00:00.000Z']);
    expect(later.map(({ previous }) => previous)).toEqual([first?.hash, later[0]?.hash]);
  });

  it('gives another hash to rows that were changed', async () => {
    const hashes = new Set<string>();
    for (const who of ['ann', 'bob']) {
      const tables = createMemoryTables();
      const audit = createAudit({ tables });
      const clock = createTestClock('2026-03-01T09:20:00.000Z');
      await sealAudit({ tables, audit, now: clock.now });
      await audit.write(aRow('2026-03-01T09:30:00.000Z', { who }));
      clock.advance(hourMs);
      for (const { hash } of await sealAudit({ tables, audit, now: clock.now })) hashes.add(hash);
    }

    expect(hashes.size).toBe(2);
  });

  it('seals every hour once with an unbroken chain, whichever write fails', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const clock = createTestClock('2026-03-01T09:20:00.000Z');
        const audit = createAudit({ tables });
        await sealAudit({ tables, audit, now: clock.now });
        await audit.write(aRow('2026-03-01T09:30:00.000Z'));
        clock.advance(3 * hourMs);
        return { audit, clock, tables };
      },
      work: ({ audit, clock, tables }) => sealAudit({ tables, audit, now: clock.now }),
      check: (_world, tables, place) => {
        const seals = tables.rows('AuditSeals').filter(({ partitionKey }) => partitionKey === 'seal');
        const chain = seals.map(({ columns }) => columns);
        expect({ place, count: chain.length }).toEqual({ place, count: 3 });
        expect(chain.slice(1).map((seal) => seal['previous'])).toEqual(chain.slice(0, -1).map((seal) => seal['hash']));
        return Promise.resolve();
      },
    });
  });
});
