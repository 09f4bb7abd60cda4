import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RunningEventGrid, startEventGrid } from '../../../sandbox/eventgrid/event-grid.ts';
import type { EventGridEvent } from '../../../sandbox/platform/event-grid-event.ts';
import { createTestHost, type TestHost } from '../../support/service-host.ts';

interface Delivery {
  readonly type: string;
  readonly events: EventGridEvent[];
}

const gateway = '/subscriptions/s/resourcegroups/RG/providers/Microsoft.Network/virtualNetworkGateways/gw';
const secondMs = 1000;
const hourMs = 3600 * secondMs;

function anEvent(subject = gateway, operationName = 'Microsoft.Network/virtualNetworkGateways/write'): EventGridEvent {
  return {
    id: randomUUID(),
    topic: '/subscriptions/s',
    subject,
    eventType: 'Microsoft.Resources.ResourceWriteSuccess',
    eventTime: '2026-11-21T00:00:00Z',
    dataVersion: '2',
    metadataVersion: '1',
    data: { operationName },
  };
}

/** A small endpoint that answers as it is told and keeps what it was sent; the clock jumps instead of waiting. */
describe('sandbox/eventgrid/event-grid', () => {
  let test: TestHost;
  let server: Server;
  let eventGrid: RunningEventGrid | undefined;
  let deliveries: Delivery[];
  let answers: number[];
  let isShakingHands: boolean;

  beforeEach(async () => {
    test = await createTestHost();
    deliveries = [];
    answers = [];
    isShakingHands = true;
    server = createServer((incoming, outgoing) => {
      void readJson(incoming).then((events) => {
        const type = String(incoming.headers['aeg-event-type']);
        deliveries.push({ type, events });
        const code = isShakingHands ? events[0]?.data['validationCode'] : 'wrong';
        const status = type === 'SubscriptionValidation' ? 200 : (answers.shift() ?? 200);
        outgoing.writeHead(status, { connection: 'close', 'content-type': 'application/json' });
        outgoing.end(JSON.stringify(type === 'SubscriptionValidation' ? { validationResponse: code } : {}));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    eventGrid?.stop();
    eventGrid?.flush();
    test.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const notifications = () => deliveries.filter(({ type }) => type === 'Notification');
  const received = () => notifications().flatMap(({ events }) => events.map(({ id }) => id));

  async function start(): Promise<RunningEventGrid> {
    eventGrid = startEventGrid(test.host, { url: url() });
    await test.until(() => eventGrid?.isIdle() === true);
    return eventGrid;
  }

  it('shakes hands once before it delivers, and again only for another endpoint', async () => {
    const running = await start();
    running.publish(anEvent());
    await test.advance(10 * secondMs);
    await running.setTarget(url());
    await running.setTarget(`${url()}?other`);

    expect(deliveries.map(({ type }) => type).filter((type) => type === 'SubscriptionValidation')).toHaveLength(2);
    expect(deliveries[0]?.events[0]).toMatchObject({
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      data: { validationCode: expect.any(String) as string },
    });
  });

  it('delivers nothing to an endpoint that fails the handshake, until it passes', async () => {
    isShakingHands = false;
    const running = await start();
    const event = anEvent();
    running.publish(event);
    await test.advance(5 * secondMs);
    expect(notifications()).toEqual([]);

    isShakingHands = true;
    await test.advance(60 * secondMs);
    expect(received()).toContain(event.id);
  });

  it('passes only writes and deletions of gateways', async () => {
    const running = await start();
    const kept = anEvent(gateway.toUpperCase(), 'Microsoft.Network/virtualNetworkGateways/delete');
    running.publish(anEvent(gateway, 'Microsoft.Network/virtualNetworkGateways/generatevpnprofile/action'));
    running.publish(anEvent(gateway.replace('virtualNetworkGateways', 'virtualNetworks')));
    running.publish(kept);
    await test.advance(10 * secondMs);

    expect(new Set(received())).toEqual(new Set([kept.id]));
  });

  it('delivers every event at least once: in batches of up to five, some twice, some out of order', async () => {
    const running = await start();
    const events = Array.from({ length: 60 }, () => anEvent());
    for (const event of events) {
      running.publish(event);
      await test.advance(100);
    }
    await test.advance(60 * secondMs);

    const ids = received();
    expect(new Set(ids)).toEqual(new Set(events.map(({ id }) => id)));
    expect(ids.length).toBeGreaterThan(events.length);
    const sizes = notifications().map((delivery) => delivery.events.length);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5);
    const order = [...new Set(ids)].map((id) => events.findIndex((event) => event.id === id));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });

  it.each([500, 503, 404, 429])('tries again with growing waits after a %d', async (status) => {
    answers = Array.from({ length: 2 }, () => status);
    const running = await start();
    const event = anEvent();
    running.publish(event);
    await test.advance(5 * secondMs);
    const early = notifications().length;
    await test.advance(2 * 60 * secondMs);

    expect(early).toBeGreaterThanOrEqual(1);
    expect(received().filter((id) => id === event.id).length).toBeGreaterThanOrEqual(3);
    expect(running.deadLetters()).toEqual([]);
  });

  it.each([400, 401, 403, 413])('gives up at once after a %d, and keeps the event as a dead letter', async (status) => {
    answers = Array.from({ length: 9 }, () => status);
    const running = await start();
    const event = anEvent();
    running.publish(event);
    await test.advance(hourMs);

    expect(new Set(running.deadLetters().map((letter) => letter.event.id))).toEqual(new Set([event.id]));
    expect(running.deadLetters()[0]).toMatchObject({
      attempts: 1,
      reason: expect.stringContaining(`refused: ${status}`) as string,
    });
  });

  it('gives up after a day', async () => {
    answers = Array.from({ length: 99 }, () => 500);
    const running = await start();
    running.publish(anEvent());
    await test.advance(26 * hourMs);

    expect(running.deadLetters()[0]?.reason).toMatch(/^expired: 500/);
  });

  it('delivers after a restart what it could not before', async () => {
    answers = Array.from({ length: 9 }, () => 500);
    const running = await start();
    const event = anEvent();
    running.publish(event);
    await test.advance(5 * secondMs);
    running.stop();
    running.flush();

    answers = [];
    deliveries = [];
    const host = test.restart();
    eventGrid = startEventGrid(host, { url: url() });
    await test.advance(60 * secondMs);
    expect(received()).toContain(event.id);
    // The handshake is remembered too.
    expect(deliveries.map(({ type }) => type)).not.toContain('SubscriptionValidation');
  });

  it('keeps events while it has no target, and delivers them when it gets one', async () => {
    eventGrid = startEventGrid(test.host, {});
    const event = anEvent();
    eventGrid.publish(event);
    await test.advance(10 * secondMs);
    await eventGrid.setTarget(url());
    await test.advance(secondMs);

    expect(received()).toContain(event.id);
  });

  it('is not idle while a delivery is under way', async () => {
    const running = await start();
    const seen: boolean[] = [];
    server.prependListener('request', () => seen.push(running.isIdle()));
    running.publish(anEvent());
    await test.advance(5 * secondMs);

    expect(seen).toContain(false);
    expect(seen).not.toContain(true);
    expect(running.isIdle()).toBe(true);
  });
});

async function readJson(incoming: IncomingMessage): Promise<EventGridEvent[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as EventGridEvent[];
}
