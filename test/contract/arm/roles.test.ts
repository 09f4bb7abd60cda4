import { createResourceManager } from '../../../src/azure/resource-manager.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway } from '../../support/builders/arm-bodies.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const network = '/providers/Microsoft.Network';
const gatewayPath = `${network}/virtualNetworkGateways/gw`;
/** The identity that `send` and the clients call as. */
const principal = 'test-app';

describe('sandbox/arm: roles', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
    await stack.put(gatewayPath, aGateway(stack.group));
  });

  afterEach(async () => {
    await stack.close();
  });

  const arm = () =>
    createResourceManager({
      endpoint: stack.arm.url,
      credential: stack.credential,
      log: createRecordingLog().log,
      now: () => stack.test.host.clock.now(),
      clientOptions: { tlsOptions: { ca: stack.test.ca } },
    });
  const give = (actions: readonly string[], scope = stack.group) => {
    stack.arm.assignRole({ principal, actions, scope });
  };
  const read = (path: string) => stack.send('GET', stack.path(path));
  const forbidden = { status: 403, body: { error: { code: 'AuthorizationFailed' } } };

  it('lets an identity of which nothing was said do everything', async () => {
    stack.arm.assignRole({ principal: 'somebody-else', actions: [], scope: '/' });

    expect((await read(gatewayPath)).status).toBe(200);
    expect(await arm().maySeeAll(stack.group)).toEqual({ outcome: 'done', value: true });
  });

  it('leaves out of every list what may not be read, and says nothing of it', async () => {
    give(['Microsoft.Network/virtualNetworks/*', 'Microsoft.Resources/subscriptions/resourceGroups/read']);

    const [all, gateways] = await Promise.all([
      stack.send('GET', stack.path('/resources')),
      read(`${network}/virtualNetworkGateways`),
    ]);

    expect(all).toMatchObject({ status: 200, body: { value: [{ name: 'VNet1' }] } });
    expect(all.body['value']).toHaveLength(1);
    expect(gateways).toMatchObject({ status: 200, body: { value: [] } });
    expect((await read(`${network}/virtualNetworks/VNet1`)).status).toBe(200);
  });

  it('refuses what the roles do not name, in the words of Azure', async () => {
    give(['*/read']);

    const refusals = await Promise.all([
      stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group) }),
      stack.send('DELETE', stack.path(gatewayPath)),
      stack.send('POST', stack.path(`${gatewayPath}/generatevpnprofile`), { body: {} }),
      stack.send('DELETE', stack.path('')),
    ]);

    for (const refusal of refusals) expect(refusal).toMatchObject(forbidden);
    expect(refusals[2].text).toContain("'Microsoft.Network/virtualNetworkGateways/generatevpnprofile/action'");
    expect(refusals[2].text).toContain(`over scope '${stack.group}${gatewayPath}'`);
    expect((await read(gatewayPath)).status).toBe(200);
  });

  it('counts a role at its scope and below, and nowhere else', async () => {
    give(['*'], `${stack.group}${gatewayPath}`);

    expect((await read(gatewayPath)).status).toBe(200);
    expect(await read(`${network}/virtualNetworks/VNet1`)).toMatchObject(forbidden);
    expect((await read(`${network}/virtualNetworkGateways`)).body['value']).toHaveLength(1);
  });

  it('keeps roles across a restart, and forgets them on reset', async () => {
    give([]);
    await stack.restart();
    expect(await read(gatewayPath)).toMatchObject(forbidden);

    stack.arm.reset();
    expect((await read(gatewayPath)).status).toBe(404);
  });

  it.each<[string, readonly string[], boolean]>([
    ['everything', ['*'], true],
    ['reading everything', ['*/read'], true],
    ['what networks need', ['Microsoft.Network/*', 'Microsoft.Resources/subscriptions/resourceGroups/*'], false],
    ['nothing', [], false],
  ])('tells of a role for %s whether it shows all of a group', async (_what, actions, seesAll) => {
    give(actions);

    expect(await arm().maySeeAll(stack.group)).toEqual({ outcome: 'done', value: seesAll });
  });

  it.each([
    [{ value: [{ actions: ['*'], notActions: ['Microsoft.KeyVault/*'] }] }, false],
    [{ value: [{ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] }] }, true],
    [{ value: [{ actions: ['Microsoft.Network/*'] }, { actions: ['*/read'], notActions: null }] }, true],
  ])('reads %j as seeing all: %s', async (body, seesAll) => {
    stack.answerNext({ path: '/permissions' }, { status: 200, body });

    expect(await arm().maySeeAll(stack.group)).toEqual({ outcome: 'done', value: seesAll });
  });

  it.each([{ value: null }, {}, null, ''])('takes %j for no answer about rights', async (body) => {
    stack.answerNext({ path: '/permissions' }, { status: 200, body });

    expect(await arm().maySeeAll(stack.group)).toMatchObject({ outcome: 'unavailable' });
  });
});
