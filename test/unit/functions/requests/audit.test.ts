import { auditRoutes } from '../../../../src/functions/requests/audit.ts';
import { type AuditRow, createAudit } from '../../../../src/services/requests/audit.ts';
import { createAuditSealing } from '../../../../src/services/requests/audit-seals.ts';
import { verifyAudit, type VerifyAuditOptions } from '../../../../src/services/requests/verify-audit.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { type ApiAnswer, type ApiRequest, createTestApi, type TestApi } from '../../../support/test-route.ts';

const thumbprint = 'AB'.repeat(20);

interface AuditApi {
  readonly routes: TestApi;
  /** How often the rows were read, in requests to the table service. */
  readonly reads: () => number;
  readonly list: (request?: ApiRequest) => Promise<ApiAnswer>;
  readonly verify: (request?: ApiRequest) => Promise<ApiAnswer>;
  readonly write: (change: Partial<AuditRow>) => Promise<void>;
  readonly seal: () => Promise<unknown>;
}

/** How much one verification reads. */
type Limits = Pick<VerifyAuditOptions, 'rowsMax' | 'rowsAtOnceMax'>;

async function openAudit(limits: Limits = {}): Promise<AuditApi> {
  const routes = await createTestApi();
  const { tables, clock } = routes;
  let reads = 0;
  const audit = createAudit({
    tables: {
      ...tables,
      list: (...asked) => {
        reads += 1;
        return tables.list(...asked);
      },
      listPartitions: (...asked) => {
        reads += 1;
        return tables.listPartitions(...asked);
      },
    },
  });
  const [listAudit, verifyRoute] = auditRoutes({
    audit,
    verify: (request) => verifyAudit({ tables, audit, now: clock.now, ...limits }, request),
  });
  if (listAudit === undefined || verifyRoute === undefined) throw new Error('a route is missing');
  let rows = 0;
  return {
    routes,
    reads: () => reads,
    list: (request) => routes.ask(listAudit, request),
    verify: (request) => routes.ask(verifyRoute, request),
    write: async (change) => {
      rows += 1;
      const row = { requestId: `r${rows}`, phase: 'outcome' as const, who: 'ann', action: 'x', target: {} };
      await audit.write({ ...row, at: clock.now().toISOString(), ...change });
    },
    seal: () =>
      createAuditSealing({
        tables,
        audit,
        outbox: createOutbox({ tables, now: clock.now, keptDays: 90 }),
        now: clock.now,
      })(),
  };
}

function itemsOf({ json }: ApiAnswer): readonly Readonly<Record<string, unknown>>[] {
  return json['items'] as Readonly<Record<string, unknown>>[];
}

function idsOf(answer: ApiAnswer): readonly unknown[] {
  return itemsOf(answer).map((item) => item['requestId']);
}

/** The query of a link, with its question mark. */
function queryOf(link: string | undefined): string | undefined {
  return link?.slice(link.indexOf('?')).replace(/>.*$/, '');
}

describe('GET /api/audit', () => {
  it('lists to operators, newest first, in pages that keep the question', async () => {
    const { routes, list, write } = await openAudit();
    for (let number = 0; number < 6; number += 1) {
      routes.clock.advance(60_000);
      await write({ who: number === 2 ? 'bob' : 'ann' });
    }
    const seen: unknown[] = [];
    let query: string | undefined = '?top=2&who=ann';
    while (query !== undefined) {
      const answer: ApiAnswer = await list({ query });
      seen.push(...idsOf(answer));
      query = queryOf(answer.json['nextLink'] as string | undefined);
      await write({});
    }

    expect(seen).toEqual(['r6', 'r5', 'r4', 'r2', 'r1']);
    expect((await list({ as: 'requester' })).status).toBe(403);
  });

  it.each([
    '?from=2026-02-30',
    '?to=yesterday',
    '?from=2026-02-28&to=2026-02-27',
    '?from=2026-02-28T12:00:00Z&to=2026-02-28T11:00:00Z',
    '?thumbprint=AB',
    '?format=xml',
    '?nothing=1',
  ])('refuses %s', async (query) => {
    const { list } = await openAudit();

    expect((await list({ query })).status).toBe(400);
  });

  it.each(['?from=0001-01-01', '?to=9999-12-31', '?from=0001-01-01&to=9999-12-31', '?from=0001-01-01&to=2026-01-01'])(
    'asks the tables a handful of times for %s where little happened',
    async (query) => {
      const { reads, list, write } = await openAudit();
      const countReads = async (): Promise<number> => {
        const before = reads();
        expect((await list({ query })).status).toBe(200);
        return reads() - before;
      };
      const onEmpty = await countReads();
      await write({ at: '2025-12-24T08:00:00.000Z' });
      const afterOneRow = await countReads();

      expect(onEmpty).toBeLessThan(100);
      expect(afterOneRow).toBeLessThan(100);
      expect(idsOf(await list({ query }))).toEqual(['r1']);
    },
  );

  it.each([
    thumbprint,
    thumbprint.toLowerCase(),
    'ab '.repeat(20).trim(),
    'Ab:'.repeat(20).slice(0, -1),
    `\u200e${thumbprint}`,
  ])('finds a certificate by its thumbprint, written as %s', async (text) => {
    const { list, write } = await openAudit();
    await write({ target: { thumbprint } });
    await write({ target: { thumbprint: 'CD'.repeat(20) } });

    expect(idsOf(await list({ query: `?thumbprint=${encodeURIComponent(text)}` }))).toEqual(['r1']);
  });

  it('takes days, whole ones, and times in any offset', async () => {
    const { list, write } = await openAudit();
    await write({ at: '2026-02-26T23:59:59.999Z' });
    await write({ at: '2026-02-27T00:00:00.000Z' });
    await write({ at: '2026-02-28T23:59:59.999Z' });
    await write({ at: '2026-03-01T00:00:00.000Z' });

    expect(idsOf(await list({ query: '?from=2026-02-27&to=2026-02-28' }))).toEqual(['r3', 'r2']);
    const inOffset = `?from=${encodeURIComponent('2026-02-27T01:00:00+01:00')}&to=2026-02-28T00:00:00Z`;
    expect(idsOf(await list({ query: inOffset }))).toEqual(['r2']);
  });

  it('goes back to the first row where no beginning is given', async () => {
    const { routes, list, write } = await openAudit();
    await write({});
    routes.clock.advance(500 * 86_400_000);

    expect(idsOf(await list())).toEqual(['r1']);
    await routes.tables.upsert('Audit', { partitionKey: '1', rowKey: 'no row of the audit' }, {});
    expect(idsOf(await list())).toEqual(['r1']);
  });

  it('answers CSV that no spreadsheet carries out', async () => {
    const { list, write } = await openAudit();
    await write({ who: '=HYPERLINK("http://x","y")', target: { name: 'a "quoted", name\r\nand a line' } });
    await write({ who: '@SUM(A1)', reason: '-2+3', source: '+1', target: { id: '\tx' } });

    const answer = await list({ query: '?format=csv' });

    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers['content-disposition']).toContain('gatehouse-audit.csv');
    expect(answer.text.startsWith('"at","requestId","phase","who",')).toBe(true);
    expect(answer.text.endsWith('\r\n')).toBe(true);
    expect(answer.text).toContain(`"'=HYPERLINK(""http://x"",""y"")"`);
    expect(answer.text).toContain(`"name=a ""quoted"", name\r\nand a line"`);
    for (const cell of [`"'@SUM(A1)"`, `"'-2+3"`, `"'+1"`]) expect(answer.text).toContain(cell);
  });

  it.each([
    ['?format=jsonl', {}, 'application/x-ndjson'],
    ['', { accept: 'application/x-ndjson' }, 'application/x-ndjson'],
    ['', { accept: 'text/html, text/csv;q=0.5, application/json;q=0.1' }, 'text/csv'],
    ['?format=json', { accept: 'text/csv' }, 'application/json'],
    ['', { accept: '*/*' }, 'application/json'],
  ])('answers %s with %j as %s', async (query, headers, type) => {
    const { list, write } = await openAudit();
    await write({});

    expect((await list({ query, headers })).headers['content-type']).toContain(type);
  });

  it('answers JSON lines in pages, the next one in a header', async () => {
    const { routes, list, write } = await openAudit();
    for (let number = 0; number < 3; number += 1) {
      routes.clock.advance(1000);
      await write({});
    }

    const first = await list({ query: '?format=jsonl&top=2' });
    const second = await list({ query: queryOf(first.headers['link']?.slice(1)) ?? '' });

    const ids = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as AuditRow).requestId);
    expect([ids(first.text), ids(second.text)]).toEqual([['r3', 'r2'], ['r1']]);
    expect(second.headers['link']).toBeUndefined();
  });
});

describe('GET /api/audit/verification', () => {
  /** Two hours with rows, sealed. */
  async function sealed(limits?: Limits): Promise<AuditApi> {
    const opened = await openAudit(limits);
    await opened.seal();
    for (let hour = 0; hour < 2; hour += 1) {
      for (let row = 0; row < 3; row += 1) {
        opened.routes.clock.advance(60_000);
        await opened.write({ who: 'ann' });
      }
      opened.routes.clock.advance(3_600_000);
    }
    opened.routes.clock.advance(1_200_000);
    await opened.seal();
    return opened;
  }

  function findingsOf({ json }: ApiAnswer): readonly Readonly<Record<string, string>>[] {
    return json['findings'] as readonly Readonly<Record<string, string>>[];
  }

  function auditRows({ routes }: AuditApi): ReturnType<TestApi['tables']['rows']> {
    return routes.tables.rows('Audit').toSorted((a, b) => (a.rowKey < b.rowKey ? -1 : 1));
  }

  it('finds an audit that nobody touched intact, and says what that does not prove', async () => {
    const opened = await sealed();

    const answer = await opened.verify();

    expect(answer.json).toMatchObject({ status: 'intact', findings: [], rowsChecked: 6 });
    expect(answer.json['limits']).toHaveLength(2);
    expect((await opened.verify({ as: 'requester' })).status).toBe(403);
  });

  it('names a row that was changed', async () => {
    const opened = await sealed();
    const [row] = auditRows(opened);
    if (row === undefined) throw new Error('no row');
    await opened.routes.tables.upsert('Audit', row, { ...row.columns, who: 'mallory' });

    expect(findingsOf(await opened.verify())).toMatchObject([
      { finding: 'rowChanged', hour: `${row.rowKey.slice(0, 13)}:00:00.000Z`, row: row.rowKey },
    ]);
  });

  it('names a row that was removed, also the last ones', async () => {
    const opened = await sealed();
    const rows = auditRows(opened);
    const gone = [rows[1], rows[4], rows[5]].flatMap((row) => row ?? []);
    for (const row of gone) await opened.routes.tables.remove('Audit', row);

    expect(findingsOf(await opened.verify())).toMatchObject(
      gone.map(({ rowKey }) => ({ finding: 'rowRemoved', row: rowKey })),
    );
  });

  it.each([
    ['in its place', '2026-03-01-0'],
    ['where the service never writes', '2026-03-01-99'],
  ])('names a row that was added %s', async (_where, partitionKey) => {
    const opened = await sealed();
    const [row] = auditRows(opened);
    if (row === undefined) throw new Error('no row');
    const keys = {
      partitionKey: partitionKey.replace('2026-03-01', row.partitionKey.slice(0, 10)),
      rowKey: `${row.rowKey}x`,
    };
    await opened.routes.tables.upsert('Audit', keys, { ...row.columns, requestId: 'forged' });

    const findings = findingsOf(await opened.verify());

    expect(findings).toMatchObject([{ finding: 'rowAdded' }]);
    expect(findings[0]?.['row']).toContain('forged');
  });

  it('says when a row cannot be read', async () => {
    const opened = await sealed();
    const [row] = auditRows(opened);
    if (row === undefined) throw new Error('no row');
    await opened.routes.tables.upsert('Audit', row, { phase: 'nonsense' });

    expect(findingsOf(await opened.verify())).toMatchObject([{ finding: 'rowUnreadable' }]);
  });

  it('says which seal was changed or removed, also with its list of digests', async () => {
    const opened = await sealed();
    const { tables } = opened.routes;
    const seals = tables.rows('AuditSeals').filter(({ partitionKey }) => partitionKey === 'seal');
    const [first, second] = seals;
    if (first === undefined || second === undefined) throw new Error('no seals');
    const check = async (): Promise<readonly (readonly unknown[])[]> =>
      findingsOf(await opened.verify()).map(({ finding, hour }) => [finding, hour]);

    await tables.upsert('AuditSeals', first, { ...first.columns, rowCount: 7 });
    expect(await check()).toEqual([['sealChanged', first.rowKey]]);
    await tables.upsert('AuditSeals', first, { ...first.columns, hash: 'f'.repeat(64) });
    expect(await check()).toEqual([
      ['sealChanged', first.rowKey],
      ['sealChanged', second.rowKey],
    ]);
    await tables.remove('AuditSeals', first);
    expect(await check()).toEqual([['sealRemoved', second.rowKey]]);
    await tables.upsert('AuditSeals', first, first.columns);
    await tables.remove('AuditSeals', second);
    expect(await check()).toEqual([['sealRemoved', second.rowKey]]);
    await tables.upsert('AuditSeals', second, second.columns);
    const [digests] = tables.rows('AuditDigests');
    if (digests === undefined) throw new Error('no digests');
    await tables.remove('AuditDigests', digests);
    expect(await check()).toEqual([['sealChanged', expect.any(String)]]);
  });

  /** Every page, by the links of the pages before. */
  async function verifyAll({ verify }: AuditApi): Promise<readonly ApiAnswer[]> {
    const pages = [await verify()];
    for (;;) {
      const query = queryOf(pages.at(-1)?.json['nextLink'] as string | undefined);
      if (query === undefined) return pages;
      pages.push(await verify({ query }));
    }
  }

  it('looks at a day with many rows hour by hour, and goes on in it where one answer is full', async () => {
    const opened = await sealed({ rowsMax: 3, rowsAtOnceMax: 2 });
    const { tables } = opened.routes;
    const [first, ...rows] = auditRows(opened);
    const last = rows.at(-1);
    if (first === undefined || last === undefined) throw new Error('no rows');

    const untouched = await verifyAll(opened);
    await tables.upsert('Audit', last, { ...last.columns, who: 'mallory' });
    const day = first.rowKey.slice(0, 10);
    await tables.upsert(
      'Audit',
      { partitionKey: `${day}-99`, rowKey: `${first.rowKey}x` },
      { ...first.columns, requestId: 'forged' },
    );
    await tables.upsert(
      'Audit',
      { partitionKey: first.partitionKey, rowKey: 'zzz' },
      { ...first.columns, requestId: 'stray' },
    );
    const touched = await verifyAll(opened);

    expect(untouched.map(({ json }) => [json['status'], json['rowsChecked']])).toEqual([
      ['intact', 3],
      ['intact', 3],
    ]);
    expect(touched.flatMap(findingsOf).map(({ finding, row }) => [finding, row?.split('-').at(-2)])).toEqual([
      ['rowAdded', 'forged'],
      ['rowChanged', expect.stringMatching(/^r\d+$/)],
      ['rowAdded', 'stray'],
    ]);
  });

  it('holds the other rows of a day to their seals when one of them cannot be read', async () => {
    const opened = await sealed();
    const rows = auditRows(opened);
    const [first] = rows;
    const last = rows.at(-1);
    if (first === undefined || last === undefined) throw new Error('no rows');
    await opened.routes.tables.upsert('Audit', first, { phase: 'nonsense' });
    await opened.routes.tables.remove('Audit', last);

    expect(findingsOf(await opened.verify()).map(({ finding }) => finding)).toEqual(['rowUnreadable', 'rowRemoved']);
  });

  it('begins where there is something when it is asked from long before, and answers that in one page', async () => {
    const opened = await sealed();
    const usual = (await opened.verify()).json;

    const { json } = await opened.verify({ query: '?from=2001-01-01' });

    expect(json).toMatchObject({ status: 'intact', from: auditRows(opened)[0]?.rowKey.slice(0, 10), rowsChecked: 6 });
    expect(json['hoursChecked']).toBe(usual['hoursChecked']);
    expect(json).not.toHaveProperty('nextLink');
  });

  it('refuses a continuation that no answer has', async () => {
    const { verify } = await openAudit();
    const continuation = Buffer.from('2026-03-41T00:00:00.000Z').toString('base64url');

    expect((await verify({ query: `?continuation=${continuation}` })).status).toBe(400);
  });

  it('says when the end of the chain is missing', async () => {
    const opened = await sealed();

    opened.routes.clock.advance(3 * 3_600_000);

    expect(findingsOf(await opened.verify())).toMatchObject([{ finding: 'sealLate' }]);
  });

  it.each([
    ['with all rows', true],
    ['and no row', false],
  ])('says at once that all seals were removed %s, though the end of the chain is there', async (_what, withRows) => {
    const opened = await sealed();
    const { tables } = opened.routes;
    const head = tables.rows('AuditSeals').find(({ partitionKey }) => partitionKey === 'head');
    for (const row of tables.rows('AuditSeals')) {
      if (row.partitionKey !== 'head') await tables.remove('AuditSeals', row);
    }
    for (const row of withRows ? tables.rows('Audit') : []) await tables.remove('Audit', row);

    const answer = await opened.verify();

    expect(answer.json).toMatchObject({ status: 'violated', hoursChecked: 0 });
    expect(findingsOf(answer)).toContainEqual({
      finding: 'sealRemoved',
      hour: head?.columns['hour'],
      message: expect.stringContaining('no seal is there any more') as string,
    });
  });

  it.each(['?from=2027-01-01&to=2027-02-01', '?from=2025-01-01&to=2025-02-01', '?from=9999-12-31&to=9999-12-31'])(
    'does not call intact what it has not looked at: %s',
    async (query) => {
      const opened = await sealed();

      expect((await opened.verify({ query })).json).toMatchObject({ status: 'nothingChecked', hoursChecked: 0 });
    },
  );

  it.each(['?from=2026-02-28&to=2026-02-27', '?from=2027-01-01'])('refuses %s', async (query) => {
    const { verify } = await openAudit();

    expect((await verify({ query })).status).toBe(400);
  });

  it('says of rows without a seal that they have none only when the seal is late', async () => {
    const opened = await sealed();
    const { clock } = opened.routes;
    const checkedBefore = (await opened.verify()).json['hoursChecked'];
    await opened.write({});
    const hourEnd = (Math.floor(clock.now().getTime() / 3_600_000) + 1) * 3_600_000;
    clock.advance(hourEnd + 10 * 60_000 - clock.now().getTime());

    const due = await opened.verify();
    clock.advance(20 * 60_000);
    const late = await opened.verify();

    expect(due.json).toMatchObject({ status: 'intact', findings: [], hoursChecked: checkedBefore });
    expect(findingsOf(late).map(({ finding }) => finding)).toEqual(['sealLate', 'notSealed']);
  });

  it('sees by a seal that was kept elsewhere that the whole chain was made anew', async () => {
    const opened = await sealed();
    const { hour, hash } = (await opened.verify()).json['lastSeal'] as { hour: string; hash: string };
    const query = `?hour=${encodeURIComponent(hour)}&hash=${hash}`;
    expect((await opened.verify({ query })).json['status']).toBe('intact');

    const { tables, clock } = opened.routes;
    const [row] = auditRows(opened);
    if (row === undefined) throw new Error('no row');
    await tables.remove('Audit', row);
    const head = tables.rows('AuditSeals').find(({ partitionKey }) => partitionKey === 'head');
    for (const seal of tables.rows('AuditSeals')) await tables.remove('AuditSeals', seal);
    const begin = new Date(Date.parse(hour) - 4 * 3_600_000).toISOString();
    await tables.upsert('AuditSeals', { partitionKey: 'head', rowKey: '' }, { hour: begin, hash: '' });
    await opened.seal();

    expect(head).toBeDefined();
    expect(clock.now().toISOString() > hour).toBe(true);
    expect((await opened.verify()).json['status']).toBe('intact');
    expect(findingsOf(await opened.verify({ query }))).toMatchObject([{ finding: 'sealDiffers', hour }]);
    expect((await opened.verify({ query: `?hash=${hash}` })).status).toBe(400);
  });
});
