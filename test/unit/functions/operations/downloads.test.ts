/** The routes behind a link, asked as browsers, mail scanners and scripts would. */
import { createHash } from 'node:crypto';
import { downloadRoutes } from '../../../../src/functions/operations/downloads.ts';
import { createDownloads, type NewDownload } from '../../../../src/services/operations/downloads.ts';
import { createMemoryBlobs } from '../../../support/memory-blobs.ts';
import { createTestEscrow } from '../../../support/test-escrow.ts';
import { type ApiAnswer, type ApiRequest, createTestApi } from '../../../support/test-route.ts';

const token = createHash('sha256').update('the only token').digest('base64url');
const unknown = createHash('sha256').update('another').digest('base64url');
const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
// What a browser sends for a form without fields.
const form = { ...html, 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' };

async function open(change: Partial<NewDownload> = {}) {
  const api = await createTestApi();
  const { tables, clock } = api;
  const downloads = createDownloads({
    tables,
    blobs: createMemoryBlobs(tables),
    container: 'downloads',
    now: clock.now,
    escrow: createTestEscrow(),
    newToken: () => token,
  });
  await downloads.offer({
    fileName: 'kim.zip',
    contentType: 'application/zip',
    content: Buffer.from('content of the kit'),
    howTo: 'Unpack it & open <Install.cmd>.',
    target: 'stack-1/kim',
    requestedBy: 'operator',
    ...change,
  });
  const [getDownload, takeDownload] = downloadRoutes({ downloads });
  if (getDownload === undefined || takeDownload === undefined) throw new Error('There are not two routes.');
  const asNobody = { query: `?token=${token}`, as: 'nobody' } as const;
  return {
    api,
    look: (request: ApiRequest = {}): Promise<ApiAnswer> => api.ask(getDownload, { ...asNobody, ...request }),
    take: (request: ApiRequest = {}): Promise<ApiAnswer> => api.ask(takeDownload, { ...asNobody, ...request }),
  };
}

const guarded = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'content-security-policy': "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

describe('src/functions/operations/downloads', () => {
  it('shows a page that names the file, its size and its end, and uses nothing up', async () => {
    const { look, take } = await open();

    for (let count = 0; count < 10; count += 1) await look({ headers: html });
    const page = await look();

    expect(page).toMatchObject({ status: 200, headers: { ...guarded, 'content-type': 'text/html; charset=utf-8' } });
    expect(page.text).toContain('kim.zip');
    expect(page.text).toContain('18 bytes');
    expect(page.text).toContain('2026-03-02 12:00 UTC');
    expect(page.text).toContain('<p>Unpack it &#38; open &#60;Install.cmd&#62;.</p>');
    expect(page.text.match(/<form method="post">/g)).toHaveLength(1);
    expect(page.text).not.toMatch(/<script|<link|<img|https?:|src=|style/i);
    expect(page.text).not.toContain(token);
    expect((await take()).text).toBe('content of the kit');
  });

  it('gives the file to the button of a browser and to a script', async () => {
    const { take } = await open();

    const byForm = await take({ headers: form });
    const byScript = await take({ headers: { accept: '*/*' } });

    for (const answer of [byForm, byScript]) {
      expect(answer).toMatchObject({
        status: 200,
        text: 'content of the kit',
        headers: {
          ...guarded,
          'content-type': 'application/zip',
          'content-disposition': `attachment; filename="kim.zip"; filename*=UTF-8''kim.zip`,
        },
      });
    }
  });

  it('gives it three times, also to one idempotency key, and then says no more than for an unknown link', async () => {
    const { take, look } = await open();
    const statuses = [];
    for (let count = 0; count < 4; count += 1) {
      statuses.push((await take({ headers: { 'idempotency-key': 'one' } })).status);
    }

    const [usedUp, never, malformed] = [
      await take(),
      await take({ query: `?token=${unknown}` }),
      await take({ query: '?token=x' }),
    ];
    const pages = [await look(), await look({ query: `?token=${unknown}` }), await look({ query: '?token=<b>' })];

    expect(statuses).toEqual([200, 200, 200, 404]);
    for (const answer of [usedUp, never, malformed]) {
      expect(answer).toMatchObject({ status: 404, json: { code: 'ERR_NOT_FOUND', detail: usedUp.json['detail'] } });
    }
    for (const page of pages) expect(page).toMatchObject({ status: 404, text: pages[0]?.text, headers: guarded });
  });

  it('gives the whole file to whoever asks for a part or has an old copy, each time as one of three', async () => {
    const { take } = await open();
    const wishes: readonly Readonly<Record<string, string>>[] = [
      { range: 'bytes=0-3' },
      { range: 'bytes=-1', 'if-range': '"x"' },
      { 'if-none-match': '*', 'if-modified-since': 'Sun, 01 Mar 2026 12:00:00 GMT' },
      {},
    ];

    const answers: ApiAnswer[] = [];
    for (const headers of wishes) answers.push(await take({ headers }));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404]);
    for (const { text, headers } of answers.slice(0, 3)) {
      expect([text, headers['cache-control']]).toEqual(['content of the kit', 'no-store']);
      expect(headers).not.toHaveProperty('content-range');
      expect(headers).not.toHaveProperty('etag');
    }
  });

  it('shows a page to a browser whose button came too late', async () => {
    const { api, take } = await open();
    api.clock.advance(25 * 3_600_000);

    const answer = await take({ headers: form });

    expect(answer).toMatchObject({ status: 404, headers: { ...guarded, 'content-type': 'text/html; charset=utf-8' } });
    expect(answer.text).toContain('Ask for a new one.');
  });

  it('forgives what mail programs add to links', async () => {
    const { look, take } = await open();

    expect((await look({ query: `?token=${token}&utm_source=mail&data=1` })).status).toBe(200);
    expect((await take({ query: `?utm_source=mail&token=${token}` })).status).toBe(200);
  });

  it('takes names that would break a page or a header for what they are', async () => {
    const { look, take } = await open({ fileName: `Müller's "kit" <script>\r\nX: y\u202e.zip` });

    const page = await look();
    const { headers } = await take();

    expect(page.text).not.toContain('<script');
    expect(page.text).toContain('Müller&#39;s _kit_ _script___X_ y_.zip');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="M_ller_s _kit_ _script___X_ y_.zip"; filename*=UTF-8''M%C3%BCller%27s%20_kit_%20_script___X_%20y_.zip`,
    );
  });

  it('tells the audit who fetched what by the hash of the token, and nobody the token', async () => {
    const { api, look, take } = await open();
    await look();
    await take({ headers: { 'x-forwarded-for': '203.0.113.9' } });
    await take({ query: `?token=${unknown}` });

    const rows = api.tables.rows('Audit');

    const hash = createHash('sha256').update(token).digest('hex');
    expect(rows.map(({ columns }) => [columns['phase'], columns['status'], columns['targetJson']])).toEqual(
      expect.arrayContaining([
        ['intent', undefined, JSON.stringify({ token: `sha256:${hash}` })],
        ['outcome', 200, JSON.stringify({ token: `sha256:${hash}` })],
      ]),
    );
    // Of the token that opens nothing, that it was turned away.
    expect(rows).toHaveLength(3);
    expect(api.tables.rows('Deliveries').map(({ rowKey }) => rowKey)).toEqual([hash]);
    expect(api.tables.rows('Idempotency')).toEqual([]);
    const everything = ['Audit', 'Deliveries', 'DeliveryDues'].map((table) => api.tables.rows(table));
    expect(JSON.stringify(everything)).not.toContain(token);
    expect(api.errors).toEqual([]);
  });

  it('refuses a body that is no form and no JSON', async () => {
    const { take } = await open();

    expect((await take({ body: 'a=b', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  });
});
