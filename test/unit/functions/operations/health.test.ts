import { healthItemNames } from '../../../../src/domain/health-items.ts';
import { healthRoutes } from '../../../../src/functions/operations/health.ts';
import type { HealthItem, HealthReport } from '../../../../src/services/operations/watch-dependencies.ts';
import { given } from '../../../support/given.ts';
import { type ApiAnswer, type ApiRequest, createTestApi } from '../../../support/test-route.ts';

const lookedAt = '2026-03-01T12:00:00.000Z';

function aReport(change: Partial<Record<string, HealthItem['status']>> = {}): HealthReport {
  const names = healthItemNames.filter((name) => name !== 'look');
  return { lookedAt, items: names.map((name) => ({ name, status: change[name] ?? 'ok', since: lookedAt })) };
}

async function askHealth(
  options: {
    readonly report?: () => Promise<HealthReport | undefined>;
    readonly missing?: readonly string[];
    readonly afterMs?: number;
  },
  request: ApiRequest = { as: 'reader' },
): Promise<ApiAnswer> {
  const api = await createTestApi();
  const { missing = [] } = options;
  const [route] = healthRoutes({
    version: '1.2.3',
    lastReport: options.report ?? (() => Promise.resolve(aReport())),
    missing: () => Promise.resolve(missing),
  });
  api.miss(...missing);
  api.clock.advance(options.afterMs ?? 0);
  return api.ask(given(route), request);
}

function badItems({ json }: ApiAnswer): readonly unknown[] {
  const items = json['items'] as readonly { readonly name: string; readonly status: string }[];
  return items.filter(({ status }) => status !== 'ok').map(({ name, status }) => [name, status]);
}

describe('GET /api/health', () => {
  it('tells anybody ok or not, and nothing else', async () => {
    const nobody = { as: 'nobody' } as const;
    const good = await askHealth({}, nobody);
    const bad = await askHealth({ report: () => Promise.resolve(aReport({ keyVault: 'failing' })) }, nobody);
    const unready = await askHealth({ missing: ['administrator-key'] }, nobody);

    expect([good.status, good.json]).toEqual([200, { status: 'healthy' }]);
    for (const answer of [bad, unready]) expect([answer.status, answer.json]).toEqual([503, { status: 'unhealthy' }]);
  });

  it('tells callers with a key each item, and how old the look is', async () => {
    const answer = await askHealth({ afterMs: 42_500 });

    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ status: 'healthy', version: '1.2.3', lookedAt, ageSeconds: 42 });
    expect((answer.json['items'] as readonly unknown[]).length).toBe(healthItemNames.length);
  });

  it.each(['late', 'failing', 'unknown'] as const)('is not well when one item is %s', async (status) => {
    const answer = await askHealth({ report: () => Promise.resolve(aReport({ 'timer.sweep': status })) });

    expect(answer.status).toBe(503);
    expect(badItems(answer)).toEqual([['timer.sweep', status]]);
  });

  it('knows nothing of now from a look that is old, of an item that was left out, and from no look at all', async () => {
    const old = await askHealth({ afterMs: 5 * 60_000 + 1000 });
    const { items, ...rest } = aReport();
    const short = await askHealth({ report: () => Promise.resolve({ ...rest, items: items.slice(1) }) });
    const none = await askHealth({ report: () => Promise.resolve(undefined) });
    const away = await askHealth({ report: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1')) });

    expect([old.status, short.status, none.status, away.status]).toEqual([503, 503, 503, 503]);
    expect(badItems(old)).toEqual(healthItemNames.map((name) => [name, name === 'look' ? 'late' : 'unknown']));
    expect(badItems(short)).toEqual([['storage', 'unknown']]);
    for (const answer of [none, away]) expect(badItems(answer)).toHaveLength(healthItemNames.length);
    expect(away.text).not.toContain('10.0.0.1');
  });

  it('names what is missing to a key, also while no other route answers', async () => {
    const names = ['GATEHOUSE_VAULT_URL', 'administrator-key'];

    const answer = await askHealth({ missing: names });

    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ status: 'unhealthy', missing: names });
  });

  it('refuses a key that opens nothing, and answers as to nobody while keys cannot be read', async () => {
    const wrong = await askHealth({}, { as: 'nobody', headers: { 'x-api-key': 'wrong' } });
    const api = await createTestApi();
    const readCaller = (): Promise<never> => Promise.reject(new Error('no storage'));
    const [route] = healthRoutes({
      version: '1.2.3',
      lastReport: () => Promise.reject(new Error('no storage')),
      missing: () => Promise.resolve([]),
    });
    Object.assign(api.services, { readCaller });
    const away = await api.ask(given(route), { as: 'reader' });

    expect(wrong.status).toBe(401);
    expect([away.status, away.json]).toEqual([503, { status: 'unhealthy' }]);
  });
});
