import { z } from 'zod';
import { AppError } from '../../../../src/domain/app-error.ts';
import { defineRoute } from '../../../../src/functions/http/define-route.ts';
import type { Route, RouteAnswer } from '../../../../src/functions/http/route.ts';
import { createTestApi, keyOf } from '../../../support/test-route.ts';

interface Probe {
  readonly route: Route;
  /** Ids that the handler made, one for each run. */
  readonly runs: string[];
}

const shelfSchema = z.strictObject({
  name: z.string().min(1).max(10),
  size: z.int().min(1),
  colour: z.enum(['red', 'green']).optional(),
  secret: z.strictObject({ password: z.string().optional() }).optional(),
});

type AnswerOf = (run: number) => RouteAnswer | Promise<RouteAnswer>;

function aRoute(change: Partial<Route> = {}, answerOf: AnswerOf = () => ({ status: 201 })): Probe {
  const runs: string[] = [];
  const route = defineRoute({
    name: 'makeShelf',
    method: 'POST',
    path: 'shelves/{id}',
    action: 'shelf.make',
    role: 'operator',
    summary: 'Makes a shelf.',
    request: {
      params: z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,63}$/) }),
      query: z.strictObject({ preview: z.enum(['true']).optional() }),
      body: shelfSchema,
    },
    responses: { 201: undefined },
    handler: async ({ operationId, randomBytes }) => {
      runs.push(operationId());
      const answer = await answerOf(runs.length);
      const serial = Buffer.from(randomBytes('serial', 8)).toString('hex');
      return answer.body === undefined && answer.bytes === undefined
        ? { ...answer, body: { id: operationId(), serial } }
        : answer;
    },
  });
  return { route: { ...route, ...change }, runs };
}

const params = { id: 'one' };
const body = { name: 'stores', size: 3 };
const ask = { params, body };

interface ProblemError {
  readonly path: string;
  readonly code: string;
}

function errorsOf(json: Readonly<Record<string, unknown>>): readonly string[] {
  return ((json['errors'] ?? []) as ProblemError[]).map(({ path, code }) => `${path} ${code}`);
}

describe('src/functions/http/answer-request', () => {
  it('answers what the handler answers, never to be cached', async () => {
    const api = await createTestApi();
    const { route } = aRoute();

    const answer = await api.ask(route, ask);

    expect(answer).toMatchObject({
      status: 201,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-request-id': 'request-000001',
      },
      json: { id: expect.stringMatching(/^op-[0-9a-f]{32}$/) as string },
    });
    expect(api.changes()).toBe(1);
  });

  describe('callers', () => {
    it.each([
      ['no key', {}],
      ['an unknown key', { 'x-api-key': 'x'.repeat(43) }],
      ['an empty key', { 'x-api-key': '' }],
      ['a huge key', { 'x-api-key': 'x'.repeat(5000) }],
      ['two keys', { 'x-api-key': `${keyOf('operator')}, ${keyOf('operator')}` }],
      [
        'a forged principal',
        { 'x-ms-client-principal': Buffer.from('{"userRoles":["administrator"]}').toString('base64') },
      ],
      ['a key where only headers count', { cookie: `x-api-key=${keyOf('operator')}` }],
    ])('refuses %s alike', async (_name, headers) => {
      const api = await createTestApi();
      const { route, runs } = aRoute();

      const answer = await api.ask(route, { ...ask, as: 'nobody', headers });

      expect(answer).toMatchObject({
        status: 401,
        headers: {
          'content-type': 'application/problem+json; charset=utf-8',
          'www-authenticate': expect.stringContaining('ApiKey') as string,
        },
        json: { code: 'ERR_CALLER_UNKNOWN', detail: 'Send a valid API key in the header x-api-key.' },
      });
      expect(runs).toEqual([]);
    });

    it.each(['eyJhbGciOiJub25lIn0.e30.', 'x', 'é'])('refuses a bearer token and says why: %s', async (token) => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, {
        ...ask,
        as: 'nobody',
        headers: { authorization: `Bearer ${token}` },
      });

      expect(answer).toMatchObject({
        status: 401,
        json: { detail: expect.stringContaining('Entra ID is not configured') as string },
      });
    });

    it.each([
      ['reader', 403],
      ['requester', 403],
      ['operator', 201],
      ['administrator', 201],
    ] as const)('judges a %s by the least role', async (role, status) => {
      const api = await createTestApi();
      const { route, runs } = aRoute();

      const answer = await api.ask(route, { ...ask, as: role });

      expect(answer.status).toBe(status);
      expect(runs).toHaveLength(status === 201 ? 1 : 0);
    });

    it('turns away before it reads a body', async () => {
      const api = await createTestApi();

      expect(await api.ask(aRoute().route, { params, body: '{', as: 'nobody' })).toMatchObject({ status: 401 });
    });
  });

  describe('bodies', () => {
    it('reports everything that is wrong in one answer', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();

      const answer = await api.ask(route, {
        params: { id: 'NOT an id' },
        query: '?preview=yes&force=1&force=2',
        body: { name: '', size: 'many', colour: 'blue', owner: 'me', 'a/b': 1 },
      });

      expect(answer).toMatchObject({
        status: 400,
        json: { code: 'ERR_REQUEST_INVALID', title: expect.any(String) as string },
      });
      expect([...errorsOf(answer.json)].sort()).toEqual([
        '/a~1b unknownField',
        '/colour unknownValue',
        '/name tooShort',
        '/owner unknownField',
        '/path/id wrongFormat',
        '/query/force duplicateField',
        '/query/force unknownField',
        '/query/preview unknownValue',
        '/size wrongType',
      ]);
      for (const error of answer.json['errors'] as Readonly<Record<string, string>>[]) {
        expect(error['fix']).toMatch(/\w/);
        expect(error['message']).toMatch(/\w/);
      }
      expect(runs).toEqual([]);
    });

    it('tells what is wrong with the right parts together with the shape', async () => {
      const api = await createTestApi();
      const { route } = aRoute();
      const asked: unknown[] = [];
      const withRules = {
        ...route,
        alsoWrong: (parts: unknown) => {
          asked.push(parts);
          return Promise.resolve([
            { path: '/name', code: 'idTaken' as const, message: 'It is taken.', fix: 'Take another.' },
          ]);
        },
      };

      const answer = await api.ask(withRules, {
        params,
        body: { name: 'stores', size: 'many', secret: { password: 'p', more: 1 }, extra: true },
      });

      expect([...errorsOf(answer.json)].sort()).toEqual([
        '/extra unknownField',
        '/name idTaken',
        '/secret/more unknownField',
        '/size wrongType',
      ]);
      expect(asked).toEqual([{ name: 'stores', secret: { password: 'p' } }]);
      await api.ask(withRules, ask);
      expect(asked).toHaveLength(1);
    });

    it.each([
      ['nothing', undefined, ['/name missingField', '/size missingField']],
      ['{}', '{}', ['/name missingField', '/size missingField']],
      ['an array', '[]', [' wrongType']],
      ['null', 'null', [' wrongType']],
      ['a number', '7', [' wrongType']],
      ['1e400', '{"name":"a","size":1e400}', ['/size wrongType']],
      ['a name twice', '{"name":"a","name":"b","size":1}', ['/name duplicateField']],
      ['__proto__', '{"__proto__":{"name":"a"},"size":1}', ['/__proto__ forbiddenField']],
      ['a thousand levels', '['.repeat(1000), [' tooDeep']],
    ])('refuses %s', async (_name, text, errors) => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, { params, ...(text === undefined ? {} : { body: text }) });

      expect(answer.status).toBe(400);
      expect(errorsOf(answer.json)).toEqual(errors);
    });

    it.each([
      ['application/json', 201],
      ['application/json; charset=utf-8', 201],
      ['Application/JSON;charset="UTF-8"', 201],
      ['application/json; charset=utf-16', 415],
      ['application/json; charset=utf-7', 415],
      ['text/plain', 415],
      ['application/x-www-form-urlencoded', 415],
      ['application/jsonp', 415],
      ['application/json, text/html', 415],
    ])('judges the content type %s', async (contentType, status) => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, { ...ask, headers: { 'content-type': contentType } });

      expect(answer.status).toBe(status);
    });

    it('refuses a compressed body', async () => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, { ...ask, headers: { 'content-encoding': 'gzip' } });

      expect(answer).toMatchObject({ status: 415, json: { code: 'ERR_MEDIA_TYPE' } });
    });

    it.each([
      [1024 * 1024, 400],
      [1024 * 1024 + 1, 413],
    ])('judges a body of %i bytes', async (bytes, status) => {
      const api = await createTestApi();
      const text = JSON.stringify({ name: 'a', size: 1, junk: '' });

      const answer = await api.ask(aRoute().route, {
        params,
        body: text.replace('""', `"${'x'.repeat(bytes - text.length)}"`),
      });

      expect(answer.status).toBe(status);
    });

    it('believes a content-length that is too large', async () => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, { ...ask, headers: { 'content-length': '99999999' } });

      expect(answer.status).toBe(413);
    });

    it('takes an announced body that did not arrive for no empty one', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();

      const answer = await api.ask(route, { params, headers: { 'transfer-encoding': 'chunked' } });

      expect(answer).toMatchObject({ status: 411, json: { code: 'ERR_LENGTH_REQUIRED' } });
      expect(answer.json['detail']).toContain('Content-Length');
      expect(runs).toEqual([]);
    });

    it('reads a chunked body where the host hands it over', async () => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, { ...ask, headers: { 'transfer-encoding': 'chunked' } });

      expect(answer.status).toBe(201);
    });

    it('refuses a query that is too long', async () => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, { ...ask, query: `?preview=${'t'.repeat(4100)}` });

      expect(errorsOf(answer.json)).toContain('/query tooLong');
    });

    it('refuses a body at a route that takes none', async () => {
      const api = await createTestApi();
      const { route } = aRoute();
      const bodiless = { ...route, request: { ...route.request, body: undefined } };

      expect(await api.ask(bodiless, { params })).toMatchObject({ status: 201 });
      expect(errorsOf((await api.ask(bodiless, ask)).json)).toEqual(['/name unknownField', '/size unknownField']);
    });
  });

  describe('errors', () => {
    it('quotes what Azure said apart from its own words', async () => {
      const api = await createTestApi();
      const azure = { code: 'Forbidden', message: 'The operation is not allowed.', correlationId: 'r-1' };
      const { route } = aRoute({}, () => {
        throw new AppError('ERR_AZURE_REFUSED', 'Key Vault refuses.', { azure });
      });

      expect(await api.ask(route, ask)).toMatchObject({
        status: 502,
        json: { code: 'ERR_AZURE_REFUSED', detail: 'Key Vault refuses.', azure },
      });
    });

    it('answers an AppError in its own words', async () => {
      const api = await createTestApi();
      const { route } = aRoute({}, () => {
        throw new AppError('ERR_AZURE_BUSY', 'Key Vault is busy. Try again.', { retryAfterSeconds: 7 });
      });

      const answer = await api.ask(route, ask);

      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '7' },
        json: {
          type: 'urn:gatehouse:problem:azure-busy',
          status: 503,
          code: 'ERR_AZURE_BUSY',
          detail: 'Key Vault is busy. Try again.',
          instance: 'urn:gatehouse:request:request-000001',
        },
      });
      expect(api.changes()).toBe(0);
    });

    it('answers anything else blandly and logs it in one line without secrets', async () => {
      const api = await createTestApi();
      const { route } = aRoute({}, () => {
        const cause = new Error('GET https://acc.blob/x?sv=1&sig=abcdef0123 failed\nrequest 1 succeeded');
        throw new TypeError('undefined is not a vault', { cause });
      });

      const answer = await api.ask(route, ask);

      expect(answer.status).toBe(500);
      expect(answer.text).not.toMatch(/vault|blob|TypeError|at .*\.ts/);
      expect(answer.json['detail']).toContain('request-000001');
      expect(api.errors).toHaveLength(1);
      expect(api.errors[0]).toMatch(/request-000001.*undefined is not a vault.*sig=\[redacted\]/);
      expect(api.errors[0]).not.toMatch(/abcdef0123|\n/);
    });
  });

  describe('idempotency', () => {
    const keyed = { ...ask, headers: { 'idempotency-key': 'key-1' } };

    it('has one effect for a hundred identical requests at once', async () => {
      const api = await createTestApi();
      const made = new Set<string>();
      const { route, runs } = aRoute({}, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        made.add(runs.at(-1) ?? '');
        return { status: 201 };
      });

      const answers = await Promise.all(Array.from({ length: 100 }, () => api.ask(route, keyed)));

      expect(runs).toHaveLength(1);
      expect(made.size).toBe(1);
      for (const { status, headers, json } of answers) {
        if (status === 409) {
          expect(json['code']).toBe('ERR_IN_PROGRESS');
          expect(Number(headers['retry-after'])).toBeGreaterThan(0);
        } else {
          expect(status).toBe(201);
        }
      }
    });

    it('replays the same answer for the same key and body, however its fields are ordered', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();

      const first = await api.ask(route, keyed);
      const second = await api.ask(route, { ...keyed, body: { size: 3, name: 'stores' } });

      expect(runs).toHaveLength(1);
      expect(second).toMatchObject({ status: 201, json: first.json, headers: { 'idempotency-replayed': 'true' } });
      expect(first.headers).not.toHaveProperty('idempotency-replayed');
    });

    it.each([
      'ERR_CALLER_NOT_ALLOWED',
      'ERR_NOT_FOUND',
      'ERR_REQUEST_INVALID',
      'ERR_CONFLICT',
      'ERR_ETAG_CHANGED',
    ] as const)('carries out what was refused with %s once it can be, under the same key', async (code) => {
      const api = await createTestApi();
      const { route, runs } = aRoute();
      const refusals = [new AppError(code, 'Not now.')];
      const refusing: Route = {
        ...route,
        handle: (request) => {
          const refusal = refusals.pop();
          return refusal === undefined ? route.handle(request) : Promise.reject(refusal);
        },
      };

      const refused = await api.ask(refusing, keyed);
      const done = await api.ask(refusing, keyed);
      const again = await api.ask(refusing, keyed);

      expect([refused.json['code'], done.status, again.status]).toEqual([code, 201, 201]);
      expect(again.headers['idempotency-replayed']).toBe('true');
      expect(runs).toHaveLength(1);
    });

    it('refuses the same key with another body or query', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();
      await api.ask(route, keyed);

      const otherBody = await api.ask(route, { ...keyed, body: { ...body, size: 4 } });
      const otherQuery = await api.ask(route, { ...keyed, query: '?preview=true' });

      expect([otherBody.status, otherQuery.status]).toEqual([422, 422]);
      expect(otherBody.json['code']).toBe('ERR_IDEMPOTENCY_KEY_REUSED');
      expect(runs).toHaveLength(1);
    });

    it('keeps callers, paths and routes apart', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();

      await api.ask(route, keyed);
      await api.ask(route, { ...keyed, as: 'administrator' });
      await api.ask(route, { ...keyed, params: { id: 'two' } });
      await api.ask({ ...route, name: 'otherRoute' }, keyed);

      expect(runs).toHaveLength(4);
      expect(new Set(runs).size).toBe(4);
    });

    it('takes a path for the same however it was written', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute({ path: 'shelves/{id}' });

      const first = await api.ask(route, keyed);
      const others = [];
      for (const path of ['/API/Shelves/one', '/api/shelves/%6fne', '/api/shelves/one/', '//api//shelves/one']) {
        others.push(await api.ask(route, { ...keyed, path }));
      }

      expect(others.map(({ json }) => json)).toEqual(Array.from({ length: 4 }, () => first.json));
      expect(runs).toHaveLength(1);
    });

    it('forgets a key after seven days', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();
      await api.ask(route, keyed);

      api.clock.advance(7 * 24 * 3600 * 1000);
      const answer = await api.ask(route, { ...keyed, body: { ...body, size: 9 } });

      expect(answer.status).toBe(201);
      expect(new Set(runs).size).toBe(2);
    });

    it('runs again with the same ids after a failure that may pass', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute({}, (run) => {
        if (run === 1) throw new AppError('ERR_AZURE_BUSY', 'busy', { retryAfterSeconds: 1 });
        if (run === 2) throw new AppError('ERR_CONFLICT', 'held');
        if (run === 3) throw new Error('socket hang up');
        return { status: 201 };
      });

      const statuses = [];
      for (let time = 0; time < 5; time += 1) statuses.push((await api.ask(route, keyed)).status);

      expect(statuses).toEqual([503, 409, 500, 201, 201]);
      expect(runs).toHaveLength(4);
      expect(new Set(runs).size).toBe(1);
    });

    it('takes over from a run that died, with the same ids', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();
      api.tables.setFault((write) => (write >= 4 ? 'before' : undefined));
      expect((await api.ask(route, keyed)).status).toBe(500);
      api.tables.setFault(undefined);

      const early = await api.ask(route, keyed);
      api.clock.advance(2 * 60 * 1000);
      const later = await api.ask(route, keyed);

      expect([early.status, later.status]).toEqual([409, 201]);
      expect(runs).toHaveLength(2);
      expect(new Set(runs).size).toBe(1);
    });

    it('makes the same ids and ends with one kept answer, whichever write fails', async () => {
      for (let place = 1; place <= 7; place += 1) {
        for (const when of ['before', 'after'] as const) {
          const api = await createTestApi();
          const { route, runs } = aRoute();
          api.tables.setFault((write) => (write === place ? when : undefined));
          await api.ask(route, keyed);
          api.tables.setFault(undefined);
          api.clock.advance(2 * 60 * 1000);

          const retried = await api.ask(route, keyed);
          const replayed = await api.ask(route, keyed);

          expect(retried.status).toBe(201);
          expect(replayed).toMatchObject({ status: 201, json: retried.json });
          expect(new Set(runs).size).toBe(1);
        }
      }
    });

    it('does not keep a sensitive answer, but makes it again from the same seed', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute({ sensitiveAnswer: true });

      const first = await api.ask(route, keyed);
      const second = await api.ask(route, keyed);

      expect(runs).toHaveLength(2);
      expect(second.json).toEqual(first.json);
      expect(JSON.stringify(api.tables.rows('Idempotency'))).not.toContain(String(first.json['serial']));
    });

    it('tells another secret from the same again, and stores neither', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute({ secretFields: ['/secret/password'] });
      const send = (secret: object) => api.ask(route, { ...keyed, body: { ...body, secret } });

      const first = await send({ password: 'hunter2' });
      const others = [await send({ password: 'hunter3' }), await send({})];
      const again = await send({ password: 'hunter2' });

      expect(others).toMatchObject([
        { status: 422, json: { code: 'ERR_IDEMPOTENCY_KEY_REUSED' } },
        { status: 422, json: { code: 'ERR_IDEMPOTENCY_KEY_REUSED' } },
      ]);
      expect(again).toMatchObject({ status: 201, json: first.json });
      expect(runs).toHaveLength(1);
      const stored = JSON.stringify([...api.tables.rows('Idempotency'), ...api.tables.rows('Audit')]);
      expect(stored).not.toMatch(/hunter|stores/);
    });

    it('takes the key from the body where a header cannot be set', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();
      const inBody = { params, body: { ...body, idempotencyKey: 'key-1' } };

      await api.ask(route, inBody);
      await api.ask(route, inBody);
      const replayed = await api.ask(route, keyed);

      expect(runs).toHaveLength(1);
      expect(replayed.status).toBe(201);
    });

    it.each([
      ['empty', { 'idempotency-key': '' }, {}],
      ['too long', { 'idempotency-key': 'k'.repeat(256) }, {}],
      ['with blanks inside', { 'idempotency-key': 'a b' }, {}],
      ['not ASCII', { 'idempotency-key': 'clé' }, {}],
      ['a number', {}, { idempotencyKey: 7 }],
      ['two that differ', { 'idempotency-key': 'a' }, { idempotencyKey: 'b' }],
    ])('refuses a key that is %s', async (_name, headers, field) => {
      const api = await createTestApi();

      const answer = await api.ask(aRoute().route, { params, headers, body: { ...body, ...field } });

      expect(answer.status).toBe(400);
      expect(errorsOf(answer.json)[0]).toMatch(/invalidIdempotencyKey/);
    });

    it('uses up no key for an invalid request', async () => {
      const api = await createTestApi();
      const { route } = aRoute();
      await api.ask(route, { ...keyed, body: { ...body, size: 0 } });

      expect((await api.ask(route, keyed)).status).toBe(201);
    });
  });

  describe('audit', () => {
    function rowsOf(api: Awaited<ReturnType<typeof createTestApi>>): readonly Readonly<Record<string, unknown>>[] {
      return api.tables.rows('Audit').map(({ columns }) => columns);
    }

    it('knows the intent before the handler runs and the outcome after', async () => {
      const api = await createTestApi();
      const seen: unknown[] = [];
      const { route } = aRoute({}, () => {
        seen.push(...rowsOf(api).map((row) => row['phase']));
        return { status: 201 };
      });

      await api.ask(route, {
        ...ask,
        headers: { 'x-forwarded-for': '6.6.6.6, 203.0.113.9:4711', 'idempotency-key': 'key-1' },
      });

      expect(seen).toEqual(['intent']);
      expect(rowsOf(api)).toEqual([
        expect.objectContaining({
          phase: 'intent',
          who: 'operator',
          role: 'operator',
          action: 'shelf.make',
          targetJson: '{"id":"one"}',
          source: '203.0.113.9:4711',
          requestId: 'request-000001',
          idempotencyKeyHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        }),
        expect.objectContaining({ phase: 'outcome', status: 201 }),
      ]);
    });

    it('has what it was about in forms that can be searched for, why it was asked, and what follows', async () => {
      const api = await createTestApi();
      const thumbprint = 'AB'.repeat(20);
      const operationId = `op-${'1'.repeat(32)}`;
      const route = defineRoute({
        name: 'revoke',
        method: 'POST',
        path: 'certificates/{thumbprint}/revoke',
        action: 'certificate.revoke',
        role: 'operator',
        summary: 'Revokes.',
        request: {
          params: z.strictObject({ thumbprint: z.string() }),
          body: z.strictObject({ reason: z.string(), owner: z.string(), password: z.string() }),
        },
        responses: { 202: undefined },
        handler: () => Promise.resolve({ status: 202, body: { id: operationId, rootId: 'root-1' } }),
      });

      await api.ask(route, {
        params: { thumbprint: 'ab:'.repeat(20).slice(0, -1) },
        body: { reason: 'left', owner: 'kim', password: 'hunter2' },
      });

      const about = { owner: 'kim', thumbprint };
      expect(rowsOf(api).map(({ targetJson, reason, operationId: id }) => [targetJson, reason, id])).toEqual([
        [JSON.stringify(about), 'left', undefined],
        [JSON.stringify({ rootId: 'root-1', ...about }), 'left', operationId],
      ]);
      expect(JSON.stringify(rowsOf(api))).not.toContain('hunter2');
    });

    it.each([
      ['a stranger', { as: 'nobody' as const }, { who: 'unknown', status: 401, code: 'ERR_CALLER_UNKNOWN' }],
      ['too small a role', { as: 'reader' as const }, { who: 'reader', status: 403, code: 'ERR_CALLER_NOT_ALLOWED' }],
      ['an invalid body', { body: {} }, { who: 'operator', status: 400, code: 'ERR_REQUEST_INVALID' }],
      ['a wrong type', { headers: { 'content-type': 'text/xml' } }, { who: 'operator', status: 415 }],
    ])('notes the refusal of %s without an intent', async (_name, change, expected) => {
      const api = await createTestApi();

      await api.ask(aRoute().route, { ...ask, ...change });

      expect(rowsOf(api)).toEqual([expect.objectContaining({ phase: 'outcome', ...expected })]);
    });

    it('says why, by the codes of all that was wrong, also when the refusal is told again', async () => {
      const api = await createTestApi();
      const problem = (path: string) => ({ path, code: 'needsAdministrator' as const, message: 'No.', fix: 'Ask.' });
      const problems = [problem('/a'), problem('/b')];
      const { route } = aRoute({}, () => {
        throw new AppError('ERR_CALLER_NOT_ALLOWED', 'No.', { problems });
      });
      const keyed = { ...ask, headers: { 'idempotency-key': 'key-1' } };

      await api.ask(route, keyed);
      await api.ask(route, keyed);

      const outcomes = rowsOf(api).filter((row) => row['phase'] === 'outcome');
      const why = { status: 403, code: 'ERR_CALLER_NOT_ALLOWED', reasonsJson: '["needsAdministrator"]' };
      expect(outcomes).toEqual([expect.objectContaining(why), expect.objectContaining(why)]);
    });

    it('keeps rows small whatever is sent', async () => {
      const api = await createTestApi();

      await api.ask(aRoute().route, {
        body,
        as: 'nobody',
        params: { id: 'x'.repeat(8000) },
        headers: { 'x-forwarded-for': 'y'.repeat(8000) },
      });

      expect(JSON.stringify(rowsOf(api)).length).toBeLessThan(1500);
    });

    it('leaves no trace of a read, but of one that was turned away', async () => {
      const api = await createTestApi();
      const { route } = aRoute({ method: 'GET' });
      const read = { ...route, request: { ...route.request, body: undefined } };

      await api.ask(read, { params });
      expect(rowsOf(api)).toEqual([]);
      await api.ask(read, { params, as: 'nobody' });
      expect(rowsOf(api)).toHaveLength(1);
    });

    it('does nothing when the intent cannot be written', async () => {
      const api = await createTestApi();
      const { route, runs } = aRoute();
      api.tables.setFault((write) => (write === 1 ? 'before' : undefined));

      const answer = await api.ask(route, ask);

      expect(answer.status).toBe(500);
      expect(runs).toEqual([]);
    });

    it('answers what was done even when the outcome cannot be written', async () => {
      const api = await createTestApi();
      api.tables.setFault((write) => (write === 2 ? 'before' : undefined));

      const answer = await api.ask(aRoute().route, ask);

      expect(answer.status).toBe(201);
      expect(api.errors).toHaveLength(1);
    });
  });
});
