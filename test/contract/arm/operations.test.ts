import { restorePoller } from '@azure/arm-network';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway, aVirtualNetwork } from '../../support/builders/arm-bodies.ts';

const network = '/providers/Microsoft.Network';
const vnetPath = `${network}/virtualNetworks/VNet1`;
const gatewayPath = `${network}/virtualNetworkGateways/gw`;

describe('sandbox/arm/operations', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.put('', { location: 'eastus' });
  });

  afterEach(async () => {
    await stack.close();
  });

  async function startVnet(): Promise<string> {
    const answer = await stack.send('PUT', stack.path(vnetPath), { body: aVirtualNetwork() });
    return String(answer.headers['azure-asyncoperation']);
  }

  it('answers the status route with 200 and a Retry-After only while it runs', async () => {
    const url = await startVnet();
    const running = await stack.send('GET', url);
    await stack.test.advance(10_000);
    const done = await stack.send('GET', url);

    expect(running).toMatchObject({ status: 200, body: { status: 'InProgress' }, headers: { 'retry-after': '3' } });
    expect(done).toMatchObject({ status: 200, body: { status: 'Succeeded' } });
    expect(done.headers['retry-after']).toBeUndefined();
  });

  it('gives long opaque URLs and knows none that was cut or changed', async () => {
    const url = await startVnet();

    expect(url.length).toBeGreaterThan(3400);
    const cut = url.slice(0, url.indexOf('&c='));
    const changed = url.replace(/&s=./, (part) => `&s=${part.endsWith('A') ? 'B' : 'A'}`);
    for (const wrong of [cut, changed, url.replace('/eastus/', '/westus/')]) {
      expect(await stack.send('GET', wrong)).toMatchObject({
        status: 404,
        body: { error: { code: 'OperationNotFound' } },
      });
    }
  });

  it('answers a DELETE with both routes, and the result route with 202, then 204', async () => {
    await startVnet();
    await stack.test.advance(10_000);
    const accepted = await stack.send('DELETE', stack.path(vnetPath));
    const location = String(accepted.headers['location']);
    const running = await stack.send('GET', location);
    await stack.test.advance(10_000);

    expect(accepted).toMatchObject({ status: 202, text: '', headers: { 'retry-after': '10' } });
    expect(running).toMatchObject({ status: 202, text: '', headers: { location } });
    expect((await stack.send('GET', location)).status).toBe(204);
    expect((await stack.send('GET', stack.path(vnetPath))).status).toBe(404);
  });

  it('answers an action with null and the result route alone, then with its result', async () => {
    await stack.prepareNetwork();
    await stack.put(gatewayPath, aGateway(stack.group));
    const accepted = await stack.send('POST', stack.path(`${gatewayPath}/getVpnClientConnectionHealth`));
    const location = String(accepted.headers['location']);
    const running = await stack.send('GET', location);
    await stack.test.advance(20_000);
    const done = await stack.send('GET', location);

    expect(accepted).toMatchObject({ status: 202, text: 'null' });
    expect(accepted.headers['azure-asyncoperation']).toBeUndefined();
    expect(running).toMatchObject({ status: 202, text: 'null', headers: { location, 'retry-after': '10' } });
    expect(running.headers['azure-asyncoperation']).toContain('/operations/');
    expect(done).toMatchObject({ status: 200, body: { value: [] } });
    expect(done.headers['retry-after']).toBeUndefined();
  });

  it('lets another process go on polling with the client’s serialized poller', async () => {
    const poller = stack.network.virtualNetworks.createOrUpdate('rg', 'VNet1', {
      location: 'eastus',
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
    });
    await poller.submitted();
    const state = await poller.serialize();

    const restored = () => restorePoller(stack.network, state, stack.network.virtualNetworks.createOrUpdate);
    const early = restored();
    await early.poll();
    expect(early.isDone).toBe(false);
    await stack.test.advance(10_000);
    const late = restored();
    await late.poll();
    expect(late).toMatchObject({ isDone: true, result: { name: 'VNet1', provisioningState: 'Succeeded' } });
  });

  it('lets the client resume an action that has only a result route', async () => {
    await stack.prepareNetwork();
    await stack.put(gatewayPath, aGateway(stack.group));
    const poller = stack.network.virtualNetworkGateways.generateVpnProfile('rg', 'gw', {
      authenticationMethod: 'EAPTLS',
    });
    await poller.submitted();
    const state = await poller.serialize();
    await stack.test.advance(40_000);

    const restored = restorePoller(stack.network, state, stack.network.virtualNetworkGateways.generateVpnProfile);
    await restored.poll();
    expect(restored.result).toEqual({ body: expect.stringContaining('vpnclientconfiguration.zip?') as string });
  });

  it('goes on after a restart, to the end that was due', async () => {
    const url = await startVnet();
    await stack.restart();
    const running = await stack.send('GET', url);
    await stack.test.advance(10_000);

    expect(running.body).toEqual({ status: 'InProgress' });
    expect((await stack.send('GET', url)).body).toEqual({ status: 'Succeeded' });
    expect((await stack.send('GET', stack.path(vnetPath))).body).toMatchObject({
      properties: { provisioningState: 'Succeeded' },
    });
  });

  it('ends what became due while it was down as soon as it is back', async () => {
    const url = await startVnet();
    stack.test.host.scheduler.stop();
    stack.test.host.clock.moveTo(stack.test.host.clock.nowMs() + 60_000);
    await stack.restart();

    await stack.test.until(async () => (await stack.send('GET', url)).body['status'] === 'Succeeded');
  });

  it('fails an operation that a fault asks for, in both routes and in the client', async () => {
    await startVnet();
    await stack.test.advance(10_000);
    const fault = { service: 'arm', times: 1, then: { failOperation: 'InternalServerError' } } as const;
    stack.test.host.faults.add({ ...fault, method: 'DELETE' });
    const removal = await stack.send('DELETE', stack.path(vnetPath));
    await stack.test.advance(10_000);

    expect((await stack.send('GET', String(removal.headers['azure-asyncoperation']))).body).toMatchObject({
      status: 'Failed',
      error: { code: 'InternalServerError', details: [] },
    });
    expect(await stack.send('GET', String(removal.headers['location']))).toMatchObject({
      status: 400,
      body: { error: { code: 'InternalServerError' } },
    });
    stack.test.host.faults.add({ ...fault, method: 'PUT' });
    const poller = stack.network.virtualNetworks.createOrUpdate('rg', 'VNet1', {
      location: 'eastus',
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
    });
    await expect(stack.finish(poller)).rejects.toThrow(/InternalServerError/);
  });

  it('forgets everything on reset, running operations included', async () => {
    const url = await startVnet();
    stack.arm.reset();
    await stack.test.advance(10_000);

    expect((await stack.send('GET', url)).status).toBe(404);
    expect((await stack.send('GET', stack.path(''))).status).toBe(404);
  });

  it('knows an ended operation for a day, and no longer', async () => {
    const url = await startVnet();
    await stack.test.advance(23 * 3600_000);
    await stack.send('DELETE', stack.path(vnetPath));
    expect((await stack.send('GET', url)).status).toBe(200);
    await stack.test.advance(2 * 3600_000);
    await startVnet();

    expect((await stack.send('GET', url)).status).toBe(404);
  });

  it('divides durations and Retry-After by the speed, down to a second', async () => {
    const fast = await startArmStack({ speed: 5 });
    await fast.put('', { location: 'eastus' });
    const started = await fast.send('PUT', fast.path(vnetPath), { body: aVirtualNetwork() });
    await fast.test.advance(2000);

    expect(started.headers['retry-after']).toBe('1');
    const removal = await fast.send('DELETE', fast.path(vnetPath));
    expect(removal.headers['retry-after']).toBe('2');
    await fast.close();
  });
});
