import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventGridEvent } from '../../../sandbox/platform/event-grid-event.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway } from '../../support/builders/arm-bodies.ts';

const gatewayPath = '/providers/Microsoft.Network/virtualNetworkGateways/gw';
const minuteMs = 60_000;

/** What the app's webhook hears of changes that it and others make. */
describe('sandbox/arm/change-events', () => {
  let stack: ArmStack;
  let server: Server;
  let heard: Map<string, EventGridEvent>;

  beforeEach(async () => {
    heard = new Map();
    server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const events = JSON.parse(Buffer.concat(chunks).toString('utf8')) as EventGridEvent[];
        const validationResponse = events[0]?.data['validationCode'];
        if (validationResponse === undefined) for (const event of events) heard.set(event.id, event);
        outgoing.writeHead(200, { connection: 'close' }).end(JSON.stringify({ validationResponse }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    stack = await startArmStack({ eventGridUrl: `http://127.0.0.1:${port}/hook` });
    await stack.prepareNetwork();
  });

  afterEach(async () => {
    await stack.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const told = () =>
    [...heard.values()].map(({ eventType, data }) => [eventType, (data['claims'] as Record<string, string>)['appid']]);

  it('tells of writes and deletions when they are done, and who made them', async () => {
    await stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group) });
    await stack.test.advance(30 * minuteMs);
    expect(told()).toEqual([]);
    await stack.test.advance(30 * minuteMs);
    await stack.arm.putAsSomebodyElse('PUT', `${stack.group}${gatewayPath}`, aGateway(stack.group));
    await stack.test.advance(10 * minuteMs);
    await stack.finish(stack.network.virtualNetworkGateways.delete('rg', 'gw'));

    expect(told()).toEqual([
      ['Microsoft.Resources.ResourceWriteSuccess', 'test-app'],
      ['Microsoft.Resources.ResourceWriteSuccess', 'portal'],
      ['Microsoft.Resources.ResourceDeleteSuccess', 'test-app'],
    ]);
    const [first] = [...heard.values()];
    expect(first?.subject.toLowerCase()).toBe(`${stack.group}${gatewayPath}`.toLowerCase());
    expect(first).toMatchObject({
      dataVersion: '2',
      data: {
        operationName: 'Microsoft.Network/virtualNetworkGateways/write',
        resourceProvider: 'Microsoft.Network',
        status: 'Succeeded',
        claims: { oid: 'test-object' },
        subscriptionId: stack.subscriptionId,
      },
    });
    expect(JSON.stringify(first)).not.toContain('vpnClientConfiguration');
  });

  it('tells of a write that failed', async () => {
    stack.test.host.faults.add({ service: 'arm', method: 'PUT', times: 1, then: { failOperation: 'Oops' } });
    await stack.put(gatewayPath, aGateway(stack.group));

    expect(told()).toEqual([['Microsoft.Resources.ResourceWriteFailure', 'test-app']]);
  });

  it('tells nothing of reads, refusals, actions and other resources', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    heard.clear();

    await stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group, { gatewayType: 'ExpressRoute' }) });
    await stack.send('POST', stack.path(`${gatewayPath}/listRadiusSecrets`));
    await stack.finish(stack.network.virtualNetworkGateways.generateVpnProfile('rg', 'gw', {}));
    await stack.finish(stack.network.subnets.createOrUpdate('rg', 'VNet1', 'new', { addressPrefix: '10.1.9.0/24' }));

    expect(told()).toEqual([]);
  });
});
