/**
 * The HTTP API of the durable extension, called as outside tools do and through the real durable client, with the rpc
 * endpoint and without it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  end,
  manage,
  raise,
  readStatus,
  run,
  settled,
  start,
  until,
} from '../../support/runtime/orchestration-client.ts';
import type { FixtureApp, RuntimeProcess } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp, keys } from '../../support/runtime/runtime-process.ts';

let dataFolder: string;
let apps: readonly FixtureApp[];
let runtime: RuntimeProcess;
/** Another hub in the same folder; without the rpc endpoint, and a duplicate start replaces what runs. */
let other: RuntimeProcess;

const entries = ['orchestrations.cjs'];

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'hubs-'));
  const durableTask = { localRpcEndpointEnabled: false, overridableExistingInstanceStates: 'AnyState' };
  const environment = { OTHER_HUB: 'OtherHub' };
  apps = await Promise.all([
    createFixtureApp({ dataFolder, entries, hubName: 'MainHub' }),
    createFixtureApp({ dataFolder, entries, hubName: '%OTHER_HUB%', durableTask, environment }),
  ]);
  [runtime, other] = (await Promise.all(apps.map((app) => app.start()))) as [RuntimeProcess, RuntimeProcess];
});

afterAll(async () => {
  await Promise.all([runtime.stop(), other.stop()]);
  await Promise.all(apps.map((app) => app.remove()));
  await rm(dataFolder, { recursive: true });
});

async function waitForEvent(id: string): Promise<void> {
  await start(runtime, 'waitsForEvent', { names: ['a'] }, id);
  await until(runtime, id, ({ runtimeStatus }) => runtimeStatus === 'Running');
}

describe('sandbox/runtime (management API)', () => {
  describe('start', () => {
    it('answers 202 with the management URLs, which work', async () => {
      const response = await manage(runtime, 'POST', 'orchestrators/returns/start-1', { value: 1 });
      const body = (await response.json()) as Readonly<Record<string, string>>;

      expect(response.status).toBe(202);
      expect(response.headers.get('retry-after')).toBe('10');
      expect(response.headers.get('location')).toBe(body['statusQueryGetUri']);
      expect(Object.keys(body).sort()).toEqual([
        'id',
        'purgeHistoryDeleteUri',
        'restartPostUri',
        'resumePostUri',
        'sendEventPostUri',
        'statusQueryGetUri',
        'suspendPostUri',
        'terminatePostUri',
      ]);
      expect(body['id']).toBe('start-1');
      expect([200, 202]).toContain((await fetch(body['statusQueryGetUri'] ?? '')).status);
    });

    it('makes an id of 32 hex digits, and takes an empty body as no input', async () => {
      const response = await manage(runtime, 'POST', 'orchestrators/returnsUndefined');
      const { id } = (await response.json()) as { readonly id: string };

      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(await end(runtime, id)).toMatchObject({ input: null, output: null });
    });

    it('refuses an id in use with 409, and begins anew once that one has ended', async () => {
      await waitForEvent('again');
      const refused = await manage(runtime, 'POST', 'orchestrators/returns/again', { value: 1 });
      await raise(runtime, 'again', 'a', 1);
      await end(runtime, 'again');

      expect(refused.status).toBe(409);
      expect(await run(runtime, 'returns', { value: 'fresh' }, 'again')).toMatchObject({
        name: 'returns',
        output: 'fresh',
      });
      const status = await readStatus(runtime, 'again', 'showHistory=true');
      expect(status?.historyEvents?.map(({ EventType }) => EventType)).toEqual([
        'ExecutionStarted',
        'ExecutionCompleted',
      ]);
    });

    it.each([
      ['failed', 'throws', { message: 'x' }],
      ['completed', 'returns', { value: 1 }],
    ])('begins anew over a %s instance', async (kind, name, input) => {
      await run(runtime, name, input, `over-${kind}`);

      expect(await run(runtime, 'returns', { value: 2 }, `over-${kind}`)).toMatchObject({ output: 2 });
    });

    it('replaces a running instance where the host says so', async () => {
      await start(other, 'waitsForEvent', { names: ['a'] }, 'replaced');
      await until(other, 'replaced', ({ runtimeStatus }) => runtimeStatus === 'Running');

      expect(await run(other, 'returns', { value: 'new' }, 'replaced')).toMatchObject({ output: 'new' });
    });

    it('lets an unknown orchestrator fail', async () => {
      const { runtimeStatus, output } = await run(runtime, 'noSuchOrchestrator');

      expect(runtimeStatus).toBe('Failed');
      expect(output).toMatch(/^The function 'noSuchOrchestrator' doesn't exist/);
    });

    it.each([
      ['a body that is not JSON', 'orchestrators/returns', '{'],
      ['an id that starts with @', 'orchestrators/returns/@x', '{}'],
      ['an id with a slash', 'orchestrators/returns/a%2Fb', '{}'],
      ['an id with a control character', 'orchestrators/returns/a%07b', '{}'],
      ['an id that is too long', `orchestrators/returns/${'x'.repeat(257)}`, '{}'],
    ])('refuses %s with 400', async (_what, path, body) => {
      const url = `/runtime/webhooks/durabletask/${path}?code=${keys.durable}`;

      expect((await runtime.request('POST', url, { body })).status).toBe(400);
    });

    it('waits for the end when asked to, and gives the output', async () => {
      const response = await manage(runtime, 'POST', 'orchestrators/sequence?timeout=10&pollingInterval=0.05', {});

      expect(response.status).toBe(200);
      expect(await response.json()).toBe('abc');
    });

    it.each(["o'clock", 'a b', '100%', 'a^b', 'ü:1', 'a+b&c'])('takes the id %s', async (id) => {
      expect(await run(runtime, 'callsActivity', { name: 'big', input: 40_000 }, id)).toMatchObject({ instanceId: id });
      expect((await manage(runtime, 'DELETE', `instances/${encodeURIComponent(id)}`)).status).toBe(200);
    });
  });

  describe('status', () => {
    it('answers 202 with Location and Retry-After while it runs, and 200 at the end', async () => {
      await waitForEvent('status-1');
      const running = await manage(runtime, 'GET', 'instances/status-1');
      await raise(runtime, 'status-1', 'a', 1);
      await end(runtime, 'status-1');
      const ended = await manage(runtime, 'GET', 'instances/status-1?showInput=false');

      expect(running.status).toBe(202);
      expect(running.headers.get('retry-after')).toBe('5');
      expect(running.headers.get('location')).toContain('/instances/status-1?code=');
      expect(ended.status).toBe(200);
      expect(await ended.json()).toMatchObject({
        name: 'waitsForEvent',
        runtimeStatus: 'Completed',
        input: null,
        output: [1],
        createdTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      });
    });

    it('answers 500 for a failed instance when asked to', async () => {
      await run(runtime, 'throws', { message: 'x' }, 'status-2');

      expect((await manage(runtime, 'GET', 'instances/status-2')).status).toBe(200);
      expect((await manage(runtime, 'GET', 'instances/status-2?returnInternalServerErrorOnFailure=true')).status).toBe(
        500,
      );
    });

    it('shows history without turns, each scheduled event merged into its answer', async () => {
      await run(runtime, 'callsActivity', { name: 'echo', input: 'x' }, 'status-3');
      const status = await readStatus(runtime, 'status-3', 'showHistory=true&showHistoryOutput=true');

      expect(status?.historyEvents).toEqual([
        expect.objectContaining({ EventType: 'ExecutionStarted' }),
        expect.objectContaining({ EventType: 'TaskCompleted', FunctionName: 'echo', Result: 'x' }),
        expect.objectContaining({ EventType: 'ExecutionCompleted', Result: 'x' }),
      ]);
      expect(status?.historyEvents?.[1]).not.toHaveProperty('TaskScheduledId');
    });

    it('answers 404 for an unknown instance, and 401 without the key', async () => {
      const path = '/runtime/webhooks/durabletask/instances/nobody';
      const keyless = await runtime.request('GET', path);

      expect((await manage(runtime, 'GET', 'instances/nobody')).status).toBe(404);
      expect(keyless.status).toBe(401);
      expect(keyless.headers.get('www-authenticate')).toBe('Bearer');
      expect((await runtime.request('GET', `${path}?code=wrong`)).status).toBe(401);
      expect((await runtime.request('GET', `${path}?code=${keys.master}`)).status).toBe(404);
    });

    it('answers 403 to a key that opens functions only', async () => {
      const path = '/runtime/webhooks/durabletask/instances/nobody';
      const headers = { 'x-functions-key': keys.master };
      const answers = [];
      for (const owner of ['host', 'functions/client']) {
        const listed = await runtime.request('GET', `/admin/${owner}/keys`, { headers });
        const { keys: found } = (await listed.json()) as { readonly keys: readonly { readonly value: string }[] };
        answers.push((await runtime.request('GET', `${path}?code=${found[0]?.value ?? ''}`)).status);
      }

      expect(answers).toEqual([403, 403]);
    });

    it('has the path of the durable client on a port of its own, and asks for no key there', async () => {
      const port = String(await (await runtime.request('GET', '/api/rpcBaseUrl')).json());

      expect((await runtime.request('GET', '/durabletask/instances/nobody')).status).toBe(404);
      expect((await runtime.request('POST', '/durabletask/orchestrators/returns', { body: {} })).status).toBe(404);
      expect((await fetch(`${port}orchestrators/returns`, { method: 'POST' })).status).toBe(202);
      expect((await fetch(new URL('/api/client', port))).status).toBe(404);
    });
  });

  describe('events and ends', () => {
    it.each(['raiseEvent/a', 'terminate?reason=x'])(
      'answers 404 for an unknown and 410 for an ended instance (%s)',
      async (operation) => {
        await run(runtime, 'returns', { value: 1 }, 'ended');

        expect((await manage(runtime, 'POST', `instances/nobody/${operation}`, {})).status).toBe(404);
        expect((await manage(runtime, 'POST', `instances/ended/${operation}`, {})).status).toBe(410);
      },
    );

    it('refuses an event that is not JSON or does not say so', async () => {
      await waitForEvent('events-1');
      const url = `/runtime/webhooks/durabletask/instances/events-1/raiseEvent/a?code=${keys.durable}`;
      const type = { 'content-type': 'application/json' };

      expect((await runtime.request('POST', url, { body: '1' })).status).toBe(400);
      expect((await runtime.request('POST', url, { body: '', headers: type })).status).toBe(400);
      expect((await runtime.request('POST', url, { body: '{', headers: type })).status).toBe(400);
      expect((await readStatus(runtime, 'events-1'))?.runtimeStatus).toBe('Running');
    });

    it.each(['suspend', 'resume', 'rewind', 'restart'])('refuses %s with 501, naming it', async (operation) => {
      const response = await manage(runtime, 'POST', `instances/ended/${operation}`);

      expect(response.status).toBe(501);
      expect(await response.text()).toContain(`'${operation}'`);
    });

    it('refuses entities with 501, and an unknown route or method with 404', async () => {
      expect((await manage(runtime, 'GET', 'entities/counter/a')).status).toBe(501);
      expect((await manage(runtime, 'GET', 'nowhere')).status).toBe(404);
      expect((await manage(runtime, 'PATCH', 'instances/ended')).status).toBe(404);
    });
  });

  describe('purge', () => {
    it('deletes an ended instance once, with its large values', async () => {
      await run(runtime, 'callsActivity', { name: 'big', input: 50_000 }, 'purge-1');
      const first = await manage(runtime, 'DELETE', 'instances/purge-1');
      const second = await manage(runtime, 'DELETE', 'instances/purge-1');

      expect(first.status).toBe(200);
      expect(await first.json()).toEqual({ instancesDeleted: 1 });
      expect(second.status).toBe(404);
      expect(await readStatus(runtime, 'purge-1')).toBeUndefined();
    });

    it('leaves a running instance alone with 412', async () => {
      await waitForEvent('purge-2');

      expect((await manage(runtime, 'DELETE', 'instances/purge-2')).status).toBe(412);
      expect((await readStatus(runtime, 'purge-2'))?.runtimeStatus).toBe('Running');
    });

    it('deletes by period and status, ended instances only', async () => {
      const from = new Date(Date.now() - 60_000).toISOString();
      await start(other, 'waitsForEvent', { names: ['a'] }, 'purge-3');
      await run(other, 'throws', { message: 'x' }, 'purge-4');
      const wanted = `instances/?createdTimeFrom=${from}&runtimeStatus=Failed,Running`;

      expect(await (await manage(other, 'DELETE', wanted)).json()).toEqual({ instancesDeleted: 1 });
      expect((await manage(other, 'DELETE', wanted)).status).toBe(404);
      expect((await manage(other, 'DELETE', 'instances/')).status).toBe(400);
      expect(await readStatus(other, 'purge-3')).toBeDefined();
    });
  });

  describe('lists', () => {
    it('pages through the instances that match', async () => {
      await Promise.all([1, 2, 3, 4, 5].map((n) => run(runtime, 'returns', { value: n }, `list-${n}`)));
      const path = 'instances/?instanceIdPrefix=list-&top=2&runtimeStatus=Completed';
      const ids: string[][] = [];
      let continuation = '';
      do {
        const url = `/runtime/webhooks/durabletask/${path}&code=${keys.durable}`;
        const page: Response = await runtime.request('GET', url, {
          headers: { 'x-ms-continuation-token': continuation },
        });
        ids.push(((await page.json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId));
        continuation = page.headers.get('x-ms-continuation-token') ?? '';
      } while (continuation !== '');

      expect(ids).toEqual([['list-1', 'list-2'], ['list-3', 'list-4'], ['list-5']]);
    });

    it('answers an empty list with an empty continuation', async () => {
      const response = await manage(runtime, 'GET', 'instances/?instanceIdPrefix=none-of-these');

      expect(await response.json()).toEqual([]);
      expect(response.headers.get('x-ms-continuation-token')).toBe('');
    });
  });

  it('keeps the hubs of one folder apart', async () => {
    await run(runtime, 'returns', { value: 1 }, 'in-main');

    expect(await readStatus(other, 'in-main')).toBeUndefined();
  });

  describe.each([
    ['with the rpc endpoint', () => runtime],
    ['without the rpc endpoint', () => other],
  ])('the durable client %s', (_which, get) => {
    async function call(operation: string, id: string, ...more: unknown[]): Promise<unknown> {
      const response = await get().request('POST', `/api/client/${operation}/${id}`, { body: more });
      return response.json();
    }

    it("starts, and answers the caller with URLs of the caller's origin", async () => {
      const response = await get().request('POST', '/api/starts/returns/client-1', { body: { value: 5 } });
      const body = (await response.json()) as Readonly<Record<string, string>>;

      expect(response.status).toBe(202);
      expect(response.headers.get('retry-after')).toBe('10');
      expect(body['statusQueryGetUri']).toMatch(
        new RegExp(`^${get().url}/runtime/webhooks/durabletask/instances/client-1`),
      );
      expect((await end(get(), 'client-1')).output).toBe(5);
    });

    it('raises events, reads the status, terminates and purges', async () => {
      await get().request('POST', '/api/starts/waitsForEvent/client-2', { body: { names: ['a', 'b'] } });

      expect(await call('raiseEvent', 'client-2', 'a', { n: 1 })).toEqual({ result: null });
      expect(await call('getStatus', 'client-2')).toMatchObject({
        result: { instanceId: 'client-2', input: { names: ['a', 'b'] } },
      });
      expect(await call('terminate', 'client-2', 'enough')).toEqual({ result: null });
      await end(get(), 'client-2');
      expect(await call('getStatus', 'client-2')).toMatchObject({
        result: { runtimeStatus: 'Terminated', output: 'enough' },
      });
      await settled(get());
      expect(await call('purgeInstanceHistory', 'client-2')).toEqual({ result: { instancesDeleted: 1 } });
      expect(await call('purgeInstanceHistory', 'client-2')).toEqual({ result: { instancesDeleted: 0 } });
      expect(await call('getStatus', 'client-2')).toHaveProperty('error');
    });

    it('gives an orchestrator started without input the empty string', async () => {
      await get().request('POST', '/api/starts/returnsUndefined/client-3');

      expect(await end(get(), 'client-3')).toMatchObject({ input: '' });
    });
  });

  it('tells the durable client of a duplicate start', async () => {
    await waitForEvent('client-4');
    const response = await runtime.request('POST', '/api/starts/returns/client-4', { body: { value: 1 } });

    expect(response.status).toBe(409);
    expect(((await response.json()) as { message: string }).message).toContain('already exists');
  });
});
