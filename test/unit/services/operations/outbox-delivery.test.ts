import { createHmac } from 'node:crypto';
import { AppError } from '../../../../src/domain/app-error.ts';
import type { LogEntry } from '../../../../src/ports/log.ts';
import type { WebhookAnswer, WebhookRequest } from '../../../../src/ports/webhooks.ts';
import { deliverOutbox, type DeliveryRound } from '../../../../src/services/operations/outbox-delivery.ts';
import { createOutbox, type Outbox } from '../../../../src/stores/outbox.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';

const minute = 60_000;
const hour = 60 * minute;
const webhook = { url: 'https://hooks.contoso.com/gatehouse', secret: 'a secret of this deployment' };
const event = {
  id: 'cert-1-issued',
  type: 'gatehouse.certificate.issued.v1',
  subject: 'certificates/AA',
  data: { a: 1 },
} as const;

interface World {
  readonly outbox: Outbox;
  readonly clock: TestClock;
  readonly sent: WebhookRequest[];
  /** What the receiver answers from now on; an error is no answer. */
  answer: WebhookAnswer | Error;
  deliver(hook?: typeof webhook): Promise<DeliveryRound>;
  readonly told: readonly LogEntry[];
}

function createWorld(tables: MemoryTables = createMemoryTables()): World {
  const clock = createTestClock();
  const outbox = createOutbox({ tables, now: clock.now, keptDays: 90 });
  const sent: WebhookRequest[] = [];
  const { log, told } = createRecordingLog();
  const world: World = {
    outbox,
    clock,
    sent,
    told,
    answer: { status: 204 },
    deliver: (hook = webhook) =>
      deliverOutbox({ outbox, webhook: () => Promise.resolve(hook), send, log, now: clock.now }),
  };
  function send(request: WebhookRequest): Promise<WebhookAnswer> {
    sent.push(request);
    return world.answer instanceof Error ? Promise.reject(world.answer) : Promise.resolve(world.answer);
  }
  return world;
}

async function deliverUntilEnd(world: World, stepMs = 10 * minute): Promise<void> {
  for (let round = 0; round < 2000 && (await world.outbox.listPending()).length > 0; round += 1) {
    await world.deliver();
    world.clock.advance(stepMs);
  }
}

describe('src/services/operations/outbox-delivery', () => {
  it('delivers a CloudEvent signed as Standard Webhooks says', async () => {
    const world = createWorld();
    await world.outbox.append(event);

    const round = await world.deliver();

    expect(round).toEqual({ delivered: 1, postponed: 0, undeliverable: 0, kept: 0 });
    const [request] = world.sent;
    expect(JSON.parse(request?.body ?? '')).toEqual({
      specversion: '1.0',
      source: '/gatehouse',
      time: '2026-03-01T12:00:00.000Z',
      datacontenttype: 'application/json',
      ...event,
    });
    const signed = `cert-1-issued.1772366400.${request?.body ?? ''}`;
    expect(request).toMatchObject({
      url: webhook.url,
      timeoutMs: 10_000,
      headers: {
        'webhook-id': 'cert-1-issued',
        'webhook-timestamp': '1772366400',
        'webhook-signature': `v1,${createHmac('sha256', webhook.secret).update(signed).digest('base64')}`,
      },
    });
    expect(await world.outbox.get(event.id)).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 204 });
    const sent = { event: 'notice.sent', outcome: 'delivered', target: `events/${event.id}`, kind: event.type };
    expect(world.told).toEqual([{ ...sent, seconds: 0, code: 'Http204' }]);
  });

  it('signs with the decoded key of a whsec_ secret', async () => {
    const world = createWorld();
    const key = Buffer.from('0123456789abcdef0123456789abcdef');
    await world.outbox.append(event);

    await world.deliver({ ...webhook, secret: `whsec_${key.toString('base64')}` });

    const { body = '', headers = {} } = world.sent[0] ?? {};
    const signature = createHmac('sha256', key).update(`cert-1-issued.1772366400.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  });

  it('takes an event id once, also after it was delivered', async () => {
    const world = createWorld();

    await world.outbox.append(event);
    await world.outbox.append({ ...event, data: { a: 2 } });
    await world.deliver();
    await world.outbox.append(event);
    await world.deliver();

    expect(world.sent).toHaveLength(1);
    expect(await world.outbox.listPending()).toEqual([]);
  });

  it('backs off from a minute, doubling, with the same webhook id', async () => {
    const world = createWorld();
    world.answer = { status: 503 };
    await world.outbox.append(event);
    const waits: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await world.deliver();
      const [pending] = await world.outbox.listPending();
      const wait = Date.parse(pending?.record.nextAttemptAt ?? '') - world.clock.now().getTime();
      waits.push(wait / minute);
      world.clock.advance(wait);
    }

    for (const [round, base] of [1, 2, 4, 8, 16].entries()) {
      expect(waits[round]).toBeGreaterThanOrEqual(base);
      expect(waits[round]).toBeLessThanOrEqual(base * 1.2);
    }
    expect(new Set(world.sent.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([event.id]));
  });

  it.each([
    ['seconds', '3600'],
    ['a date', 'Sun, 01 Mar 2026 13:00:00 GMT'],
  ])('honours Retry-After in %s', async (_name, retryAfter) => {
    const world = createWorld();
    world.answer = { status: 429, retryAfter };
    await world.outbox.append(event);

    await world.deliver();

    const [pending] = await world.outbox.listPending();
    expect(pending?.record.nextAttemptAt).toBe('2026-03-01T13:00:00.000Z');
  });

  it.each([
    ['gone', { status: 410 }, 1],
    ['refused', { status: 400 }, 3],
    ['a redirect', { status: 302 }, 3],
    ['no answer', new Error('connect ECONNREFUSED'), 12],
    ['a server that fails for ever', { status: 500 }, 12],
  ])('ends as undeliverable: %s', async (_name, answer, triesMax) => {
    const world = createWorld();
    world.answer = answer;
    await world.outbox.append(event);

    await deliverUntilEnd(world);

    expect(world.sent.length).toBeLessThanOrEqual(triesMax);
    expect(world.sent.length).toBeGreaterThanOrEqual(Math.min(triesMax, 3));
    expect(await world.outbox.get(event.id)).toMatchObject({
      state: 'undeliverable',
      attempts: world.sent.length,
      ...(answer instanceof Error ? {} : { lastStatus: answer.status }),
    });
    expect(world.clock.now().getTime()).toBeLessThan(Date.parse('2026-03-01T12:00:00.000Z') + 49 * hour);
  });

  it.each([
    [
      'an address that is refused',
      new AppError('ERR_REQUEST_INVALID', 'The name resolves to a private address.'),
      'Not sent: The name resolves to a private address.',
    ],
    [
      'a connection that fails',
      Object.assign(new Error('connect ECONNREFUSED https://hooks/secret'), { code: 'ECONNREFUSED' }),
      'The connection failed: ECONNREFUSED.',
    ],
    ['silence', Object.assign(new Error('aborted'), { name: 'TimeoutError' }), 'No answer within 10 s.'],
  ])('keeps with the event why %s took no delivery, and says so', async (_what, error, problem) => {
    const world = createWorld();
    world.answer = error;
    await world.outbox.append(event);

    const round = await world.deliver();

    expect(round).toMatchObject({ postponed: 1, problem });
    expect((await world.outbox.listPending())[0]?.record).toMatchObject({ lastProblem: problem });
    world.answer = { status: 503 };
    world.clock.advance(hour);
    expect(await world.deliver()).not.toHaveProperty('problem');
    expect((await world.outbox.listPending())[0]?.record).not.toHaveProperty('lastProblem');
    world.answer = error;
    await deliverUntilEnd(world);
    expect(await world.outbox.get(event.id)).toMatchObject({ state: 'undeliverable', lastProblem: problem });
  });

  it('waits for a webhook for a week, then keeps the event', async () => {
    const world = createWorld();
    await world.outbox.append(event);
    const deliverToNobody = (): Promise<DeliveryRound> =>
      deliverOutbox({
        outbox: world.outbox,
        webhook: () => Promise.resolve(undefined),
        log: createRecordingLog().log,
        now: world.clock.now,
        send: () => Promise.reject(new Error('nobody')),
      });

    await deliverToNobody();
    expect(await world.outbox.get(event.id)).toMatchObject({ state: 'pending' });
    world.clock.advance(7 * 24 * hour);
    await deliverToNobody();

    expect(await world.outbox.get(event.id)).toMatchObject({ state: 'kept', attempts: 0 });
    expect(await world.outbox.listPending()).toEqual([]);
  });

  it('delivers what waited for a webhook for days', async () => {
    const world = createWorld();
    await world.outbox.append(event);
    world.clock.advance(6 * 24 * hour);

    await world.deliver();

    expect(await world.outbox.get(event.id)).toMatchObject({ state: 'delivered' });
  });

  it('sends once when two deliverers meet', async () => {
    const world = createWorld();
    await world.outbox.append(event);

    await Promise.all([world.deliver(), world.deliver(), world.deliver()]);

    expect(world.sent).toHaveLength(1);
  });

  it('delivers again what a dead deliverer had leased', async () => {
    const tables = createMemoryTables();
    const world = createWorld(tables);
    await world.outbox.append(event);
    tables.setFault((write) => (write === 1 ? 'after' : undefined));
    await expect(world.deliver()).rejects.toThrow('write 1');
    tables.setFault(undefined);

    await world.deliver();
    expect(world.sent).toHaveLength(0);
    world.clock.advance(2 * minute);
    await world.deliver();

    expect(world.sent).toHaveLength(1);
  });

  it('ends every event exactly once, whichever write fails', async () => {
    await atEveryCrash({
      setUp: createWorld,
      work: async (world) => {
        await world.outbox.append(event);
        world.clock.advance(2 * minute);
        await world.deliver();
      },
      check: async (world, tables) => {
        expect(await world.outbox.get(event.id)).toMatchObject({ state: 'delivered' });
        expect(tables.rows('OutboxPending')).toEqual([]);
        expect(tables.rows('Outbox')).toHaveLength(1);
      },
    });
  });
});
