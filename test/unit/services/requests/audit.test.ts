import { type Audit, type AuditRow, createAudit } from '../../../../src/services/requests/audit.ts';
import { type AuditSeal, createAuditSealing } from '../../../../src/services/requests/audit-seals.ts';
import { type AuditPage, type AuditQuery, searchAudit } from '../../../../src/services/requests/search-audit.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { createTestClock } from '../../../support/test-clock.ts';

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

describe('src/services/requests/audit', () => {
  const search = (audit: Audit, query: Partial<AuditQuery> = {}): Promise<AuditPage> =>
    searchAudit(audit, { from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z', top: 100, ...query });

  it('finds the rows of a time, newest first', async () => {
    const audit = await writeMany(createMemoryTables());

    const { rows, before } = await search(audit);

    expect(before).toBeUndefined();
    expect(rows.map(({ at }) => at.slice(11, 23))).toEqual([
      '23:59:59.999',
      '09:30:00.001',
      '09:30:00.000',
      '09:00:00.000',
      '08:59:59.999',
      '00:00:00.000',
    ]);
  });

  it('goes on where a page ended, leaving out nothing of the same time, whatever is written meanwhile', async () => {
    const audit = await writeMany(createMemoryTables());
    await audit.write(aRow('2026-03-01T09:30:00.000Z', { requestId: 'twin' }));
    const found: string[] = [];
    let to: string | undefined = '2026-03-02T00:00:00.000Z';
    while (to !== undefined) {
      const page: AuditPage = await search(audit, { to, top: 2 });
      found.push(...page.rows.map(({ requestId }) => requestId));
      to = page.before;
      await audit.write(aRow('2026-03-02T00:00:01.000Z', { requestId: `new-${found.length}` }));
    }

    expect(found).toHaveLength(7);
    expect(new Set(found).size).toBe(7);
  });

  it.each([
    [{ who: 'ANN' }, ['r1']],
    [{ action: 'certificate.revoke' }, ['r1']],
    [{ action: 'certificate' }, ['r2', 'r1']],
    [{ target: 'Op-1' }, ['r1']],
    [{ target: 'root-9' }, ['r2']],
    [{ thumbprint: 'AB'.repeat(20) }, ['r1']],
    [{ reason: 'left' }, ['r1']],
    [{ reason: 'commonNameTaken' }, ['r2']],
    [{ reason: 'ERR_REQUEST_INVALID' }, ['r2']],
    [{ who: 'ann', reason: 'commonNameTaken' }, []],
  ])('finds by %j', async (filter, expected) => {
    const audit = createAudit({ tables: createMemoryTables() });
    await audit.write({
      ...aRow('2026-03-01T08:00:00.000Z', { requestId: 'r1', action: 'certificate.revoke', reason: 'left' }),
      target: { thumbprint: 'AB'.repeat(20) },
      operationId: 'op-1',
    });
    await audit.write({
      ...aRow('2026-03-01T09:00:00.000Z', { requestId: 'r2', who: 'bob', action: 'certificate.issue' }),
      target: { rootId: 'root-9' },
      code: 'ERR_REQUEST_INVALID',
      reasons: ['commonNameTaken'],
    });
    await audit.write(aRow('2026-03-01T09:30:00.000Z', { requestId: 'r3', who: 'certificates', action: 'other' }));

    const { rows } = await search(audit, filter);

    expect(rows.map(({ requestId }) => requestId)).toEqual(expected);
  });

  it('reads years of few rows in a handful of requests, and a busy day in parts', async () => {
    const tables = createMemoryTables();
    const audit = createAudit({ tables });
    await audit.write(aRow('2023-01-05T08:00:00.000Z', { requestId: 'old' }));
    for (let index = 0; index < 2500; index += 1) {
      const at = new Date(Date.parse('2024-06-01T00:00:00.000Z') + index * 30_000).toISOString();
      await audit.write(aRow(at, { requestId: `busy-${index}`, who: 'bob' }));
    }
    let requests = 0;
    const counted: Pick<Audit, 'listPart' | 'listDays'> = {
      listPart: (from, to) => {
        requests += 1;
        return audit.listPart(from, to);
      },
      listDays: (from, to, rowsMax) => {
        requests += 1;
        return audit.listDays(from, to, rowsMax);
      },
    };

    const years = { from: '2023-01-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z', top: 10 };
    const { rows } = await searchAudit(counted, { ...years, who: 'ann' });
    const all = await searchAudit(counted, { ...years, top: 3000 });

    expect(rows.map(({ requestId }) => requestId)).toEqual(['old']);
    expect(all.rows).toHaveLength(2501);
    expect(new Set(all.rows.map(({ requestId }) => requestId)).size).toBe(2501);
    expect(requests).toBeLessThan(120);
  });

  it('ends a page that finds nothing in much, and says where to go on', async () => {
    const row = aRow('2026-03-01T12:00:00.000Z');
    const crowd = Array.from({ length: 1500 }, () => row);
    const endless = { listPart: () => Promise.resolve(crowd), listDays: () => Promise.resolve(crowd) };

    const page = await searchAudit(endless, { from: '2020-01-01T00:00:00.000Z', to: row.at, top: 1, who: 'bob' });

    expect(page.rows).toEqual([]);
    expect(Date.parse(page.before ?? '')).toBeGreaterThan(Date.parse('2020-01-01T00:00:00.000Z'));
  });

  it('ends a page also where nothing is for ages, and comes to the end page by page', async () => {
    const audit = createAudit({ tables: createMemoryTables() });
    await audit.write(aRow('0301-03-01T12:00:00.000Z'));
    const found: string[] = [];
    const stretches: number[] = [];
    let to: string | undefined = '2026-03-02T00:00:00.000Z';
    while (to !== undefined) {
      let count = 0;
      const counted: Pick<Audit, 'listPart' | 'listDays'> = {
        listPart: (...asked) => {
          count += 1;
          return audit.listPart(...asked);
        },
        listDays: (...asked) => {
          count += 1;
          return audit.listDays(...asked);
        },
      };
      const page: AuditPage = await searchAudit(counted, { from: '0001-01-01T00:00:00.000Z', to, top: 10 });
      found.push(...page.rows.map(({ at }) => at));
      stretches.push(count);
      to = page.before;
    }

    expect(found).toEqual(['0301-03-01T12:00:00.000Z']);
    expect(Math.max(...stretches)).toBeLessThanOrEqual(100);
  });

  it('lists an hour to its last millisecond', async () => {
    const audit = await writeMany(createMemoryTables());

    const rows = await audit.listHour(new Date('2026-03-01T23:00:00.000Z'));

    expect(rows).toHaveLength(1);
  });
});

describe('src/services/requests/audit-seals', () => {
  it('seals each closed hour once, each over the one before', async () => {
    const tables = createMemoryTables();
    const audit = createAudit({ tables });
    const clock = createTestClock('2026-03-01T09:20:00.000Z');
    const seal = (): Promise<readonly AuditSeal[]> =>
      createAuditSealing({
        tables,
        audit,
        outbox: createOutbox({ tables, now: clock.now, keptDays: 90 }),
        now: clock.now,
      })();

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

  it('asks storage once more in an hour in which nothing is left to seal, and then no more', async () => {
    const tables = createMemoryTables();
    const clock = createTestClock('2026-03-01T09:20:00.000Z');
    const outbox = createOutbox({ tables, now: clock.now, keptDays: 90 });
    const seal = createAuditSealing({ tables, audit: createAudit({ tables }), outbox, now: clock.now });
    const reads = jest.spyOn(tables, 'get');
    const sealedIn = async (): Promise<readonly [hours: number, reads: number]> => {
      reads.mockClear();
      return [(await seal()).length, reads.mock.calls.length];
    };

    await seal();
    expect(await sealedIn()).toEqual([0, 0]);
    clock.advance(2 * hourMs);
    expect((await sealedIn())[0]).toBe(2);
    expect(await sealedIn()).toEqual([0, 1]);
    clock.advance(30 * 60_000);
    expect(await sealedIn()).toEqual([0, 0]);
    clock.advance(30 * 60_000);
    expect((await sealedIn())[0]).toBe(1);
  });

  it('gives another hash to rows that were changed', async () => {
    const hashes = new Set<string>();
    for (const who of ['ann', 'bob']) {
      const tables = createMemoryTables();
      const audit = createAudit({ tables });
      const clock = createTestClock('2026-03-01T09:20:00.000Z');
      await createAuditSealing({
        tables,
        audit,
        outbox: createOutbox({ tables, now: clock.now, keptDays: 90 }),
        now: clock.now,
      })();
      await audit.write(aRow('2026-03-01T09:30:00.000Z', { who }));
      clock.advance(hourMs);
      for (const { hash } of await createAuditSealing({
        tables,
        audit,
        outbox: createOutbox({ tables, now: clock.now, keptDays: 90 }),
        now: clock.now,
      })()) {
        hashes.add(hash);
      }
    }

    expect(hashes.size).toBe(2);
  });

  it('seals every hour once with an unbroken chain, whichever write fails', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const clock = createTestClock('2026-03-01T09:20:00.000Z');
        const audit = createAudit({ tables });
        await createAuditSealing({
          tables,
          audit,
          outbox: createOutbox({ tables, now: clock.now, keptDays: 90 }),
          now: clock.now,
        })();
        await audit.write(aRow('2026-03-01T09:30:00.000Z'));
        clock.advance(3 * hourMs);
        return { audit, clock, tables };
      },
      work: ({ audit, clock, tables }) =>
        createAuditSealing({
          tables,
          audit,
          outbox: createOutbox({ tables, now: clock.now, keptDays: 90 }),
          now: clock.now,
        })(),
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
