/** The Arm port with real requests against the local Resource Manager: what it promises, and what becomes of odd answers. */
import { createResourceManager } from '../../../src/azure/resource-manager.ts';
import type { Arm, ArmAnswer, ArmPoll } from '../../../src/ports/arm.ts';
import { startArmStack, type ArmStack } from '../../support/arm-stack.ts';
import { aClientConfiguration, aGateway, location } from '../../support/builders/arm-bodies.ts';

const audience = 'https://management.azure.com/';
const hourMs = 3600 * 1000;
const gatewayPath = '/providers/Microsoft.Network/virtualNetworkGateways/gw';

let stack: ArmStack;
let arm: Arm;
let gatewayId: string;

beforeEach(async () => {
  stack = await startArmStack();
  arm = createResourceManager({
    endpoint: stack.arm.url.replace(/\/$/, ''),
    credential: {
      getToken: () =>
        Promise.resolve({
          token: stack.test.tokenFor(audience, {}, 1000 * hourMs),
          expiresOnTimestamp: Date.now() + hourMs,
        }),
    },
    now: () => stack.test.host.clock.now(),
    clientOptions: { tlsOptions: { ca: stack.test.ca } },
  });
  gatewayId = `${stack.group}${gatewayPath}`;
});

afterEach(async () => {
  await stack.close();
});

async function makeGateway(): Promise<void> {
  await stack.prepareNetwork();
  await stack.put(gatewayPath, aGateway(stack.group, { vpnClientConfiguration: aClientConfiguration() }));
}

function valueOf<T>(answer: ArmAnswer<T>): T {
  if (answer.outcome !== 'done') throw new Error(`not done: ${JSON.stringify(answer)}`);
  return answer.value;
}

async function finish<T>(state: string, poll: (state: string) => Promise<ArmPoll<T>>): Promise<ArmPoll<T>> {
  let answer = await poll(state);
  for (let looks = 0; ['running', 'busy'].includes(answer.outcome) && looks < 10; looks += 1) {
    await stack.test.advance(60_000);
    answer = await poll(answer.outcome === 'running' ? answer.state : state);
  }
  return answer;
}

describe('src/azure/resource-manager', () => {
  it('makes and reads a group, an address and a gateway, and lists what is there, all pages of it', async () => {
    expect(await arm.resourceGroupExists(stack.group)).toEqual({ outcome: 'done', value: false });
    expect(await arm.putResourceGroup(stack.group, location, { for: 'tests' })).toMatchObject({ outcome: 'done' });
    expect(await arm.resourceGroupExists(stack.group)).toEqual({ outcome: 'done', value: true });
    await makeGateway();
    for (const name of ['a', 'b', 'c']) {
      const id = `${stack.group}/providers/Microsoft.Network/publicIPAddresses/${name}`;
      expect(await arm.putPublicIp(id, { location, zones: ['1', '2', '3'], tags: {} })).toMatchObject({
        outcome: 'done',
        operationUrl: expect.stringContaining('/operations/') as string,
      });
      await stack.test.advance(hourMs);
      expect(await arm.readProvisioning(id)).toMatchObject({ outcome: 'done', value: 'Succeeded' });
      expect(valueOf(await arm.readPublicIpAddress(id))).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    }

    expect(valueOf(await arm.readRaw(gatewayId))).toMatchObject({ name: 'gw', etag: expect.any(String) as string });
    expect(valueOf(await arm.listGateways(stack.group))).toEqual([gatewayId]);
    expect(valueOf(await arm.listResourceGroup(stack.group))).toHaveLength(6);
  });

  it('deletes a gateway and then its group', async () => {
    await makeGateway();

    expect(await arm.deleteResource(gatewayId)).toMatchObject({ outcome: 'done' });
    await stack.test.advance(hourMs);
    expect(await arm.readProvisioning(gatewayId)).toMatchObject({ outcome: 'missing', of: 'resource' });
    expect(valueOf(await arm.listGateways(stack.group))).toEqual([]);

    expect(await arm.deleteResourceGroup(stack.group)).toMatchObject({ outcome: 'done' });
    await stack.test.advance(hourMs);
    expect(await arm.resourceGroupExists(stack.group)).toEqual({ outcome: 'done', value: false });
    expect(await arm.readRaw(gatewayId)).toMatchObject({ outcome: 'missing', of: 'resourceGroup' });
  });

  it('tells a subscription that Azure does not know from a group that is not there', async () => {
    const elsewhere = stack.group.replace(stack.subscriptionId, '99999999-2222-4333-8444-555555555555');

    expect(await arm.resourceGroupExists(elsewhere)).toMatchObject({ outcome: 'missing', of: 'subscription' });
    expect(await arm.listGateways(elsewhere)).toMatchObject({ outcome: 'missing', of: 'subscription' });
  });

  it('lists sessions, cuts one and makes a profile', async () => {
    await makeGateway();
    const session = stack.arm.connectSession({ gateway: 'gw', commonName: 'alice', publicIp: '203.0.113.9' });
    await stack.test.advance(5 * 60_000);

    const listed = await finish(valueOf(await arm.startSessions(gatewayId)), (state) => arm.pollSessions(state));
    expect(listed).toMatchObject({
      outcome: 'succeeded',
      value: { sessions: [{ connectionId: session.id, commonName: 'alice' }], unreadable: 0 },
    });

    const cut = valueOf(await arm.startDisconnect(gatewayId, [session.id]));
    expect(await finish(cut, (state) => arm.pollDisconnect(state))).toEqual({ outcome: 'succeeded' });
    expect(stack.arm.listSessions()).toEqual([]);

    const made = await finish(valueOf(await arm.startProfile(gatewayId)), (state) => arm.pollProfile(state));
    expect(made).toMatchObject({ outcome: 'succeeded' });
    expect(made.outcome === 'succeeded' && Buffer.from(made.value).subarray(0, 2).toString()).toBe('PK');
  });
});
