import { z } from 'zod';
import { countedAddress } from '../../../../src/domain/counted-address.ts';
import { defineRoute } from '../../../../src/functions/http/define-route.ts';
import type { Route } from '../../../../src/functions/http/route.ts';
import { type ApiAnswer, createTestApi, keyOf, type TestApi } from '../../../support/test-route.ts';

const route = defineRoute({
  name: 'getShelf',
  method: 'GET',
  path: 'shelf',
  action: 'shelf.read',
  role: 'reader',
  summary: 'Shows the shelf.',
  responses: { 200: undefined },
  handler: () => Promise.resolve({ status: 200, body: {} }),
});
const link = defineRoute({
  name: 'takeDownload',
  method: 'POST',
  path: 'downloads',
  action: 'download.take',
  role: 'keyless',
  summary: 'Hands something over.',
  secretQuery: ['token'],
  isOpenedBy: ({ token }) => Promise.resolve(token === 'good'),
  request: { query: z.strictObject({ token: z.string() }) },
  responses: { 200: undefined },
  handler: ({ query }) => Promise.resolve({ status: query.token === 'good' ? 200 : 404, body: {} }),
});

function guess(api: TestApi, number: number, address = '203.0.113.9:4711'): Promise<ApiAnswer> {
  const headers = { 'x-forwarded-for': `10.0.0.${number % 250}, ${address}`, 'x-api-key': `guess-${number}` };
  return api.ask(route, { as: 'nobody', headers });
}

async function statusesOf(count: number, ask: (number: number) => Promise<ApiAnswer>): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let number = 0; number < count; number += 1) statuses.push((await ask(number)).status);
  return statuses;
}

async function askWithKey(api: TestApi, address: string, asked: Route = route): Promise<ApiAnswer> {
  return api.ask(asked, { as: 'nobody', headers: { 'x-forwarded-for': address, 'x-api-key': keyOf('reader') } });
}

describe('src/functions/http, callers whom nobody knows', () => {
  it('turns an address away for a while that keeps guessing, whatever it says before its own hop', async () => {
    const api = await createTestApi();

    const statuses = await statusesOf(130, (number) => guess(api, number));
    const refused = await guess(api, 500);

    expect(statuses.filter((status) => status === 401)).toHaveLength(100);
    expect(statuses.slice(100)).toEqual(Array.from({ length: 30 }, () => 429));
    expect(refused).toMatchObject({ status: 429, json: { code: 'ERR_THROTTLED' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    api.clock.advance(Number(refused.headers['retry-after']) * 1000);
    expect((await guess(api, 501)).status).toBe(401);
  });

  it('leaves other addresses alone, and a key behind the same address that was good before', async () => {
    const api = await createTestApi();
    await askWithKey(api, '203.0.113.9');
    await statusesOf(130, (number) => guess(api, number));

    expect((await askWithKey(api, '203.0.113.9')).status).toBe(200);
    expect((await askWithKey(api, '203.0.113.10')).status).toBe(200);
    expect((await guess(api, 1, '203.0.113.10')).status).toBe(401);
  });

  it('hears somebody who comes for the first time with a good key behind an address that others have used up', async () => {
    const api = await createTestApi();
    await statusesOf(400, (number) => guess(api, number));
    const long = (number: number): Promise<ApiAnswer> => {
      const headers = { 'x-forwarded-for': '203.0.113.9', 'x-api-key': `guess-${number}`.padEnd(40, '.') };
      return api.ask(route, { as: 'nobody', headers });
    };
    await statusesOf(50, long);

    expect((await askWithKey(api, '203.0.113.9')).status).toBe(200);
    expect((await long(1)).status).toBe(429);
    expect((await guess(api, 1)).status).toBe(429);
  });

  it('looks only so many keys up for an address that is turned away', async () => {
    const api = await createTestApi();
    let reads = 0;
    const { readCaller } = api.services;
    Object.assign(api.services, {
      readCaller: (headers: Pick<Headers, 'get'>) => {
        reads += 1;
        return readCaller(headers);
      },
    });

    await statusesOf(500, (number) => guess(api, number));
    expect(reads).toBe(100);
    await statusesOf(500, (number) => {
      const headers = { 'x-forwarded-for': '203.0.113.9', 'x-api-key': `guess-${number}`.padEnd(40, '.') };
      return api.ask(route, { as: 'nobody', headers });
    });
    expect(reads).toBe(200);
  });

  it('keeps a bounded record of them, with how many there were at least', async () => {
    const api = await createTestApi();

    await statusesOf(1000, (number) => guess(api, number));

    const rows = api.tables.rows('Audit').map(({ columns }) => columns);
    expect(rows.length).toBeLessThanOrEqual(51);
    expect(rows.find(({ action }) => action === 'caller.turnedAway')).toMatchObject({
      who: 'unknown',
      source: '203.0.113.9:4711',
      count: 512,
    });
  });

  it('keeps a bounded record also of many addresses', async () => {
    const api = await createTestApi();

    await statusesOf(2000, (number) => guess(api, number, `198.51.${number >> 8}.${number & 255}`));

    expect(api.tables.rows('Audit').length).toBeLessThanOrEqual(201);
  });

  it('bounds guesses at links likewise, and notes no intent of them', async () => {
    const api = await createTestApi();
    const headers = { 'x-forwarded-for': '203.0.113.9' };

    const statuses = await statusesOf(300, (number) =>
      api.ask(link, { as: 'nobody', query: `?token=guess-${number}`, headers }),
    );
    const good = await api.ask(link, { as: 'nobody', query: '?token=good' });

    expect(statuses.filter((status) => status === 404)).toHaveLength(100);
    expect(statuses.at(-1)).toBe(429);
    expect(good.status).toBe(200);
    const phases = api.tables.rows('Audit').map(({ columns }) => columns['phase']);
    expect(phases.length).toBeLessThanOrEqual(53);
    expect(phases.filter((phase) => phase === 'intent')).toHaveLength(1);
  });

  it.each([
    ['203.0.113.9:4711', '203.0.113.9'],
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['[2001:db8:1:2:3::4]:443', '20010db800010002'],
    ['2001:db8:1:2:ffff::5', '20010db800010002'],
    ['nonsense', 'unknown'],
    [undefined, 'unknown'],
  ])('counts %s against %s', (source, counted) => {
    expect(countedAddress(source)).toBe(counted);
  });
});
