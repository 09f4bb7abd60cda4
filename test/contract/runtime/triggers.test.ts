/**
 * HTTP, timer and Event Grid triggers, keys, hooks and the admin API, with the real Functions library in a real
 * process.
 */
import { clock, eventually, moveClock, settled } from '../../support/runtime/orchestration-client.ts';
import type { FixtureApp, RuntimeProcess } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp, keys } from '../../support/runtime/runtime-process.ts';
import { sendRaw } from '../../support/runtime/send-raw.ts';

let app: FixtureApp;
let runtime: RuntimeProcess;

const environment = { FIXTURE_SCHEDULE: '0 30 * * * *', 'AzureWebJobs.disabled.Disabled': 'true' };

beforeAll(async () => {
  app = await createFixtureApp({
    entries: ['triggers.cjs', 'late.cjs'],
    hubName: 'Triggers',
    environment,
  });
  runtime = await app.start();
});

afterAll(async () => {
  await runtime.stop();
  await app.remove();
});

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return runtime.request('GET', path, { headers });
}

async function admin(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { 'x-functions-key': keys.master };
  return runtime.request(method, `/admin/${path}`, body === undefined ? { headers } : { headers, body });
}

/** What the fixtures have noted under a name. */
async function notes(name: string): Promise<readonly unknown[]> {
  const lines = (await runtime.journal()).map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return lines.filter((line) => name in line).map((line) => line[name]);
}

describe('sandbox/runtime (HTTP triggers)', () => {
  it('hands over method, URL, parameters, query, headers and body', async () => {
    const body = 'with ümlauts';
    const response = await runtime.request('POST', '/API/Echo/a%20b?x=1&y=&x=2', {
      body,
      headers: { 'X-Mixed-Case': 'Yes' },
    });

    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      method: 'POST',
      url: `${runtime.url}/API/Echo/a%20b?x=1&y=&x=2`,
      params: { id: 'a b' },
      query: { x: '1,2', y: '' },
      header: 'Yes',
      body,
    });
  });

  it('leaves an absent optional parameter out', async () => {
    expect(await (await get('/api/echo')).json()).toMatchObject({ params: {}, body: '' });
  });

  it('keeps bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const response = await fetch(`${runtime.url}/api/bytes`, { method: 'POST', body: bytes });

    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('content-type')).toBe('application/x');
  });

  it('hands over form data', async () => {
    const body = new FormData();
    body.set('field', 'value');
    const response = await fetch(`${runtime.url}/api/form`, { method: 'POST', body });

    expect(await response.json()).toEqual({ field: 'value' });
  });

  it('matches catch-all parameters and constraints', async () => {
    expect(await (await get('/api/rest/abc/d/e')).json()).toEqual({ kind: 'abc', path: 'd/e' });
    expect((await get('/api/rest/123/d')).status).toBe(404);
  });

  it('answers status, headers and cookies', async () => {
    const response = await get('/api/cookies');

    expect(response.status).toBe(201);
    expect(response.headers.get('x-answer')).toBe('yes');
    expect(response.headers.getSetCookie()).toEqual([
      'a=1; Path=/p; Max-Age=60; Secure; HttpOnly; SameSite=Strict',
      'b=2',
    ]);
  });

  it.each([
    ['nothing', 204, ''],
    ['noContent', 304, ''],
    ['text', 200, 'plain'],
    ['fails', 500, ''],
    ['disabled', 404, ''],
    ['unknown', 404, ''],
  ])('answers %s with %i', async (name, status, body) => {
    const response = await get(`/api/${name}`);

    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
  });

  it('keeps an idle connection as long as the host does, so that no request meets a closed one', async () => {
    const { headers } = await get('/api/health');

    expect(headers.get('keep-alive')).toBe('timeout=130');
  });

  it('answers 404 for a method that is not listed', async () => {
    expect((await runtime.request('DELETE', '/api/echo')).status).toBe(404);
    expect((await runtime.request('OPTIONS', '/api/echo')).status).toBe(404);
  });

  it('lets the first function name win where templates overlap', async () => {
    expect(await (await get('/api/items/recent')).text()).toBe('shadow');
    expect(await (await runtime.request('POST', '/api/items/recent')).text()).toBe('recent');
  });

  it('hands over a body without a length as nothing', async () => {
    const chunked = await sendRaw(runtime.url, [
      'POST /api/echo/a HTTP/1.1',
      ...['host: x', 'content-type: text/plain', 'transfer-encoding: chunked', 'connection: close'],
      ...['', '5', 'hello', '0', '', ''],
    ]);
    const none = await sendRaw(runtime.url, ['POST /api/echo/a HTTP/1.1', 'host: x', 'connection: close', '', '']);

    for (const answer of [chunked, none]) {
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).toContain('"body":""');
    }
  });

  it.each([
    ['%zz', '%zz'],
    ['%E0%A4%A', '%E0%A4%A'],
    ['a%20b%zz', 'a b%zz'],
  ])('hands over %s as %s', async (sent, id) => {
    expect(await (await get(`/api/echo/${sent}`)).json()).toMatchObject({ params: { id } });
  });

  it('takes headers of 20 KB', async () => {
    expect((await get('/api/text', { 'x-long': 'x'.repeat(20 * 1024) })).status).toBe(200);
  });

  it.each([
    ['a zero character in a path', 400, '/api/echo/a%00b', 'x-key: 1'],
    ['a path of 9 KB', 414, `/api/echo/${'a'.repeat(9 * 1024)}`, 'x-key: 1'],
    ['a header that is not ASCII', 400, '/api/text', 'x-api-key: sch\u00fcssel'],
  ])('answers %s with %i by itself', async (_what, status, path, header) => {
    const answer = await sendRaw(runtime.url, [`GET ${path} HTTP/1.1`, 'host: x', header, 'connection: close', '', '']);

    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.split('\r\n\r\n')[1]).toBe('');
  });

  it('refuses a body of more than 100 MB', async () => {
    const response = await runtime.request('POST', '/api/bytes', {
      body: new Blob([new Uint8Array(100 * 1024 * 1024 + 1)]),
    });

    expect(response.status).toBe(413);
  });

  it('goes on after a rejection that nobody handles', async () => {
    expect(await (await get('/api/crashesLater')).text()).toBe('fine');
    await eventually(
      () => runtime.logs().includes('nobody waits for this'),
      () => runtime.logs(),
    );
    expect((await get('/api/text')).status).toBe(200);
  });

  it('registers no function after start-up', async () => {
    expect(await (await get('/api/late')).text()).toBe('A function can only be registered during app startup.');
  });

  it('answers the root with a page', async () => {
    const response = await get('/');

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
  });
});

describe('sandbox/runtime (keys)', () => {
  async function keyOf(path: string): Promise<string> {
    const body = (await (await admin('GET', path)).json()) as { readonly keys: readonly { readonly value: string }[] };
    return body.keys[0]?.value ?? '';
  }

  it.each([
    ['anonymous', { none: 200, wrong: 200, function: 200, another: 200, host: 200, system: 200, master: 200 }],
    ['function', { none: 401, wrong: 401, function: 200, another: 401, host: 200, system: 401, master: 200 }],
    ['admin', { none: 401, wrong: 401, function: 401, another: 401, host: 401, system: 401, master: 200 }],
  ])('opens the %s level to the right keys', async (level, expected) => {
    const values = {
      none: undefined,
      wrong: 'wrong',
      function: await keyOf(`functions/${level}Level/keys`),
      another: await keyOf('functions/echo/keys'),
      host: await keyOf('host/keys'),
      system: keys.durable,
      master: keys.master,
    };
    const answers = await Promise.all(
      Object.entries(values).map(async ([kind, value]) => {
        const inQuery = await get(`/api/${level}Level${value === undefined ? '' : `?code=${value}`}`);
        const inHeader = await get(`/api/${level}Level`, value === undefined ? {} : { 'x-functions-key': value });
        expect(inHeader.status).toBe(inQuery.status);
        return [kind, inQuery.status] as const;
      }),
    );

    expect(Object.fromEntries(answers)).toEqual(expected);
  });

  it('takes the header before the query', async () => {
    expect((await get(`/api/adminLevel?code=${keys.master}`, { 'x-functions-key': 'wrong' })).status).toBe(401);
  });
});

describe('sandbox/runtime (hooks)', () => {
  it('lets hooks change handler and result, with data of their own', async () => {
    expect(await (await get('/api/hooked?q=5')).json()).toEqual({ query: '5', extra: null, wrapped: true, seen: '5' });
  });

  it('fails the invocation when a hook says so', async () => {
    expect((await get('/api/hooked?q=fail')).status).toBe(500);
  });

  it('runs the hook of the start once', async () => {
    expect(await notes('appStart')).toEqual([true]);
  });
});

describe('sandbox/runtime (Event Grid)', () => {
  async function post(
    type: string | undefined,
    body: unknown,
    name = 'onEvent',
    code = keys.eventGrid,
  ): Promise<Response> {
    const headers: Readonly<Record<string, string>> = type === undefined ? {} : { 'aeg-event-type': type };
    return runtime.request('POST', `/runtime/webhooks/eventgrid?functionName=${name}&code=${code}`, { body, headers });
  }

  it('answers the validation handshake without running the function', async () => {
    const response = await post('SubscriptionValidation', [{ subject: 'handshake', data: { validationCode: 'abc' } }]);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ validationResponse: 'abc' });
    expect(await notes('event')).not.toContain('handshake');
  });

  it.each([
    ['one event', { subject: 'one' }, ['one']],
    ['a batch', [{ subject: 'two' }, { subject: 'three' }], ['two', 'three']],
  ])('runs the function for each event of %s', async (_what, body, subjects) => {
    expect((await post('notification', body)).status).toBe(202);
    expect(await notes('event')).toEqual(expect.arrayContaining(subjects));
  });

  it('fails the whole batch when one event fails, the others having run', async () => {
    const response = await post('Notification', [{ subject: 'four' }, { subject: 'bad' }, { subject: 'five' }]);

    expect(response.status).toBe(500);
    expect(await response.text()).toContain('refused by the app');
    expect(await notes('event')).toEqual(expect.arrayContaining(['four', 'five']));
  });

  it('refuses what is not for it', async () => {
    const unknown = await post('Notification', [], 'onevent');

    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toBe("cannot find function: 'onevent'");
    expect((await post(undefined, [])).status).toBe(400);
    expect((await post('Other', [])).status).toBe(400);
    expect((await post('Notification', [], 'onEvent', 'wrong')).status).toBe(401);
    expect((await post('Unsubscribe', [])).status).toBe(202);
  });
});

describe('sandbox/runtime (admin API)', () => {
  it('wants the master key, but not for a ping', async () => {
    expect((await get('/admin/host/ping')).status).toBe(200);
    expect((await get('/admin/host/status')).status).toBe(401);
    expect((await get('/admin/functions', { 'x-functions-key': keys.durable })).status).toBe(401);
  });

  it('tells its state and its functions', async () => {
    const names = ((await (await admin('GET', 'functions')).json()) as { readonly name: string }[]).map(
      ({ name }) => name,
    );

    expect(await (await admin('GET', 'host/status')).json()).toMatchObject({ state: 'Running' });
    expect(names).toEqual(expect.arrayContaining(['echo', 'hourly', 'onEvent']));
    expect(await (await admin('GET', 'functions/echo')).json()).toMatchObject({
      language: 'node',
      invoke_url_template: `${runtime.url}/api/echo/{id?}`,
    });
  });

  it('runs a timer function by hand, in the background', async () => {
    const before = (await notes('hourly')).length;

    expect((await admin('POST', 'functions/hourly', {})).status).toBe(202);
    await eventually(
      async () => (await notes('hourly')).length > before,
      () => runtime.logs(),
    );
    expect((await notes('hourly')).at(-1)).toMatchObject({ isPastDue: false, schedule: { adjustForDST: true } });
  });

  it('hands an event to an Event Grid function by hand', async () => {
    await admin('POST', 'functions/onEvent', { input: JSON.stringify({ subject: 'by hand' }) });

    await eventually(
      async () => (await notes('event')).includes('by hand'),
      () => runtime.logs(),
    );
  });

  it('refuses a run by hand that it cannot read', async () => {
    const headers = { 'x-functions-key': keys.master };

    expect((await admin('POST', 'functions/nobody', {})).status).toBe(404);
    expect((await admin('POST', 'functions/hourly')).status).toBe(400);
    expect((await runtime.request('POST', '/admin/functions/hourly', { headers, body: '{}' })).status).toBe(415);
    expect((await runtime.request('POST', '/admin/functions/hourly', { body: {} })).status).toBe(401);
  });
});

describe('sandbox/runtime (timers and the clock)', () => {
  it('runs at start-up what asks for it, without a status', async () => {
    expect(await notes('atStart')).toEqual([
      { schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false },
    ]);
  });

  it('goes on from schedule to schedule as the clock is moved, and shows the app the moved time', async () => {
    await settled(runtime);
    const runsBefore = (await notes('hourly')).length;
    for (let step = 0; step < 4; step += 1) {
      const { nextDue, now, offsetMs } = await clock(runtime);
      await moveClock(runtime, offsetMs + Date.parse(nextDue ?? '') - Date.parse(now));
      await settled(runtime);
    }

    const runs = (await notes('hourly')).slice(runsBefore) as {
      readonly scheduleStatus: { readonly last: string; readonly next: string };
    }[];
    expect(runs).toHaveLength(2);
    expect(runs[1]?.scheduleStatus.last).toBe(runs[0]?.scheduleStatus.next);
    expect((await notes('fromSetting')).length).toBeGreaterThanOrEqual(2);
    const before = Date.parse((await clock(runtime)).now);
    const { now, isDate } = (await (await get('/api/time')).json()) as {
      readonly now: number;
      readonly isDate: boolean;
    };
    const after = Date.parse((await clock(runtime)).now);
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(after);
    expect(isDate).toBe(true);
  });

  it('refuses to go back, and refuses strangers', async () => {
    const { offsetMs } = await clock(runtime);

    expect((await moveClock(runtime, offsetMs - 1)).status).toBe(409);
    expect((await runtime.request('PUT', '/sandbox/clock', { body: { offsetMs } })).status).toBe(401);
    expect(
      (await runtime.request('GET', '/sandbox/other', { headers: { 'x-sandbox-key': keys.control } })).status,
    ).toBe(404);
  });

  it('makes up for a missed run once, as past due, and ends with the hook of the end', async () => {
    const { offsetMs } = await clock(runtime);
    const exitCode = await runtime.stop();
    const before = (await notes('hourly')).length;
    runtime = await app.start({ SANDBOX_CLOCK_OFFSET_MS: String(offsetMs + 3 * 3_600_000) });
    await settled(runtime);

    expect(exitCode).toBe(0);
    expect(await notes('appTerminate')).toEqual([true]);
    expect((await notes('hourly')).slice(before)).toEqual([expect.objectContaining({ isPastDue: true })]);
  });
});

describe('sandbox/runtime (start-up)', () => {
  it.each([
    ['queue.cjs', 'queueTrigger'],
    ['streaming.cjs', 'HTTP streaming'],
    ['duplicate.cjs', 'has already been registered'],
    ['broken.cjs', 'the entry is broken'],
  ])('refuses the app %s', async (entry, text) => {
    const refused = await createFixtureApp({ entries: [entry], hubName: 'Refused' });

    await expect(refused.start()).rejects.toThrow(text);
    await refused.remove();
  });
});
