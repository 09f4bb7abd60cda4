/** The control API over real HTTP, with small emulators for ARM and the runtime behind it. */
import { request } from 'node:http';
import { join } from 'node:path';
import type { ArmControl } from '../../../sandbox/control/arm-control.ts';
import type { ControlServer } from '../../../sandbox/control/control-server.ts';
import { startControl } from '../../../sandbox/control/control-service.ts';
import { openWebhookInbox, type WebhookInbox } from '../../../sandbox/control/webhook-inbox.ts';
import { SessionRefused } from '../../../sandbox/platform/session-refused.ts';
import { createTestHost, type TestHost } from '../../support/service-host.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

let test: TestHost;
let control: ControlServer;
let inbox: WebhookInbox;
let cut: (sessionId: string) => void;
let wasReset = false;
const roles: unknown[] = [];
const sessions: { id: string; [key: string]: unknown }[] = [];

const arm: ArmControl = {
  isIdle: () => true,
  putAsSomebodyElse: (method, path, body) => Promise.resolve({ status: 201, body: { method, path, body } }),
  assignRole: (role) => roles.push(role),
  connectSession: (session) => {
    if (session.gateway === 'revoking') throw new SessionRefused('The certificate is revoked.');
    const made = { ...session, id: session.id ?? `OVPN_${sessions.length}` };
    sessions.push(made);
    return made;
  },
  endSession: (id) => {
    sessions.splice(0, sessions.length, ...sessions.filter((session) => session.id !== id));
  },
  listSessions: () => sessions,
  gatewaysForVpn: () => [{ resourceId: '/gateway' }],
  onSessionDisconnect: (listener) => {
    cut = listener;
  },
};

beforeAll(async () => {
  test = await createTestHost();
  inbox = openWebhookInbox(join(test.host.directory, 'webhook.json'));
  control = await startControl(test.host, {
    port: 0,
    arm,
    inbox,
    runtime: {
      moveClock: (offsetMs) => Promise.resolve({ offsetMs, now: '', nextDue: null, nextTimer: null, idle: true }),
    },
    findCommonName: (thumbprint) => Promise.resolve(thumbprint === 'KNOWN' ? 'ann.1234abcd@example.com' : undefined),
    services: {},
    reset: () => {
      wasReset = true;
    },
  });
});

afterAll(async () => {
  await control.close();
  inbox.flush();
  test.close();
});

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${control.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** `fetch` sets Host and Origin by itself; this sends what it is told. */
function askWith(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: control.port, path: '/clock', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end();
  });
}

describe('sandbox/control', () => {
  it('tells the journal, of one service and since a time', async () => {
    test.host.journal.add({ at: '2026-01-01T00:00:00.000Z', service: 'arm', method: 'GET', path: '/a', status: 200 });
    test.host.journal.add({ at: '2026-01-02T00:00:00.000Z', service: 'arm', method: 'PUT', path: '/b', status: 201 });
    test.host.journal.add({
      at: '2026-01-02T00:00:00.000Z',
      service: 'keyvault',
      method: 'GET',
      path: '/c',
      status: 200,
    });

    expect((await ask('GET', '/journal?service=arm&since=2026-01-02T00:00:00.000Z')).body).toEqual([
      expect.objectContaining({ method: 'PUT', path: '/b' }),
    ]);
  });

  it('takes faults, which then happen as often as asked', async () => {
    const fault = { service: 'arm', method: 'PUT', path: 'gateways', times: 1, then: { status: 503, code: 'Busy' } };

    expect((await ask('POST', '/faults', fault)).status).toBe(200);

    const target = { service: 'arm', method: 'PUT', path: '/x/gateways/y' };
    expect(test.host.faults.take(target)).toEqual(fault.then);
    expect(test.host.faults.take(target)).toBeUndefined();
  });

  it('takes back the faults that nothing met yet', async () => {
    const fault = { service: 'arm', times: 3, then: { status: 503, code: 'Busy' } };
    const target = { service: 'arm', method: 'PUT', path: '/x' };
    await ask('POST', '/faults', fault);
    expect(test.host.faults.take(target)).toEqual(fault.then);

    expect((await ask('DELETE', '/faults')).status).toBe(200);

    expect(test.host.faults.take(target)).toBeUndefined();
  });

  it.each([
    ['a fault without a service', '/faults', { times: 1, then: { hangMs: 5 } }],
    ['a fault of no known kind', '/faults', { service: 'arm', times: 1, then: { explode: true } }],
    ['an answer that is none', '/faults', { service: 'arm', times: 1, then: { status: 100 } }],
    [
      'a header that cannot be sent',
      '/faults',
      { service: 'arm', times: 1, then: { status: 200, headers: { 'a b': '' } } },
    ],
    ['two kinds in one', '/faults', { service: 'arm', times: 1, then: { status: 503, code: 'Busy', body: null } }],
    ['a path that is no regular expression', '/faults', { service: 'arm', path: '(', times: 1, then: { hangMs: 5 } }],
    ['an unknown field', '/clock', { advance: 'PT1S', until: 'noon' }],
    ['months, which have no fixed length', '/clock', { advance: 'P1M' }],
    ['words for a duration', '/clock', { advance: 'tomorrow' }],
    ['an empty duration', '/clock', { advance: 'PT' }],
    ['a session of nobody', '/sessions', { gateway: 'g', publicIp: '192.0.2.1' }],
    ['a role without a scope', '/roles', { principal: 'app', actions: ['*'] }],
    ['a change without a path', '/resources', { method: 'PUT' }],
    ['text that is not JSON', '/clock', 'PT1H'],
  ])('refuses %s with a problem', async (_what, path, body) => {
    const answer = await ask('POST', path, body);

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 400, code: expect.any(String) as string });
  });

  it('answers 404 and 405 where it has nothing', async () => {
    expect((await ask('GET', '/nothing')).status).toBe(404);
    expect((await ask('DELETE', '/clock')).status).toBe(405);
  });

  it('refuses what a web page could send', async () => {
    const own = `127.0.0.1:${control.port}`;

    expect(await askWith({ host: own })).toBe(200);
    expect(await askWith({ host: `localhost:${control.port}` })).toBe(200);
    expect(await askWith({ host: 'rebound.example.com' })).toBe(403);
    expect(await askWith({ host: own, origin: 'http://127.0.0.1' })).toBe(403);
  });

  it('moves the clock and says where it is', async () => {
    const before = Date.parse(((await ask('GET', '/clock')).body as { now: string }).now);

    const answer = await ask('POST', '/clock', { advance: 'P1DT2H' });

    expect(answer).toMatchObject({ status: 200, body: { steps: 1 } });
    const { now, offsetMs } = answer.body as { now: string; offsetMs: number };
    expect(Date.parse(now) - before).toBeGreaterThanOrEqual(26 * 3_600_000);
    expect((await ask('GET', '/clock')).body).toMatchObject({ offsetMs });
  });

  it('passes a change by somebody else on to ARM', async () => {
    const change = { method: 'PUT', path: '/subscriptions/s/x', body: { location: 'eastus' } };

    expect((await ask('POST', '/resources', change)).body).toEqual({ status: 201, body: change });
  });

  it('passes on what an identity may do', async () => {
    const role = { principal: 'app', actions: ['*/read'], scope: '/subscriptions/s' };

    expect(await ask('POST', '/roles', role)).toEqual({ status: 200, body: role });
    expect(roles).toEqual([role]);
  });

  it('connects a client, known by the common name of its certificate', async () => {
    const asked = { gateway: 'g', thumbprint: 'KNOWN', publicIp: '192.0.2.7' };

    const { status, body } = await ask('POST', '/sessions', asked);

    expect(status).toBe(201);
    expect(body).toMatchObject({ commonName: 'ann.1234abcd@example.com', thumbprint: 'KNOWN' });
    const { id } = body as { id: string };
    expect((await ask('GET', '/sessions')).body).toEqual([expect.objectContaining({ id })]);
    await ask('DELETE', `/vpn/sessions/${id}`);
    expect((await ask('GET', '/sessions')).body).toEqual([]);
  });

  it('answers 409 when the gateway would refuse the client', async () => {
    const asked = { gateway: 'revoking', commonName: 'ann', publicIp: '192.0.2.7' };

    expect(await ask('POST', '/sessions', asked)).toMatchObject({ status: 409, body: { code: 'sessionRefused' } });
  });

  it('tells the VPN emulator its gateways, and each session to cut as soon as it is known', async () => {
    expect((await ask('GET', '/vpn/gateways')).body).toEqual([{ resourceId: '/gateway' }]);

    const waiting = ask('GET', '/vpn/disconnects?after=0');
    cut('OVPN_1');
    expect((await waiting).body).toEqual({ next: 1, items: [{ seq: 1, id: 'OVPN_1' }] });
    cut('OVPN_2');
    expect((await ask('GET', '/vpn/disconnects?after=1')).body).toEqual({ next: 2, items: [{ seq: 2, id: 'OVPN_2' }] });
  });

  it('keeps the notices that the app delivers, and refuses them when a fault says so', async () => {
    await ask('POST', '/faults', { service: 'webhook', times: 1, then: { status: 503, code: 'Busy' } });

    expect((await ask('POST', '/webhook', { id: 'refused' })).status).toBe(503);
    expect((await ask('POST', '/webhook', { id: 'kept' })).status).toBe(200);

    expect((await ask('GET', '/webhook')).body).toEqual([expect.objectContaining({ body: '{"id":"kept"}' })]);
  });

  it('answers a delivery with a raw answer, and does not keep what it brought', async () => {
    const before = (await ask('GET', '/webhook')).body;
    const raw = { status: 200, headers: { 'Retry-After': '7' }, body: ['taken?'] };
    await ask('POST', '/faults', { service: 'webhook', times: 1, then: raw });

    const response = await fetch(`${control.url}/webhook`, { method: 'POST', body: '{"id":"unkept"}' });

    expect([response.status, response.headers.get('retry-after'), response.headers.get('content-type')]).toEqual([
      200,
      '7',
      null,
    ]);
    expect(await response.text()).toBe('["taken?"]');
    expect((await ask('GET', '/webhook')).body).toEqual(before);
  });

  it('empties everything on reset', async () => {
    expect((await ask('POST', '/reset')).status).toBe(200);
    expect(wasReset).toBe(true);
  });
});
