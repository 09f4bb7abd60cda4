import { createArmInventory } from '../../../src/azure/arm-inventory.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway, anIpConfiguration, aPublicIp, aVirtualNetwork } from '../../support/builders/arm-bodies.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const network = '/providers/Microsoft.Network';
const gatewayPath = `${network}/virtualNetworkGateways/gw`;
const gatewayType = 'Microsoft.Network/virtualNetworkGateways';
/** The identity that `send` and the clients call as. */
const principal = 'test-app';

describe('sandbox/arm: lists over resource groups', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
    await stack.put(gatewayPath, aGateway(stack.group));
  });

  afterEach(async () => {
    await stack.close();
  });

  const inventory = () =>
    createArmInventory({
      endpoint: stack.arm.url,
      credential: stack.credential,
      log: createRecordingLog().log,
      now: () => stack.test.host.clock.now(),
      clientOptions: { tlsOptions: { ca: stack.test.ca } },
    });
  const subscription = () => `/subscriptions/${stack.subscriptionId}`;
  const give = (actions: readonly string[], scope: string) => {
    stack.arm.assignRole({ principal, actions, scope });
  };

  it('lists the subscription to whoever has a role anywhere in it, and to nobody else', async () => {
    const all = { outcome: 'done', value: [{ id: stack.subscriptionId, name: 'Local stack' }] };

    expect(await inventory().listSubscriptions()).toEqual(all);
    give(
      ['Microsoft.Network/virtualNetworks/read'],
      `${stack.group}/providers/Microsoft.Network/virtualNetworks/VNet1`,
    );
    expect(await inventory().listSubscriptions()).toEqual(all);
    give([], '/subscriptions/00000000-0000-0000-0000-000000000001');
    stack.arm.assignRole({ principal: 'other', actions: ['*'], scope: '/' });
    expect(await inventory().listSubscriptions()).toEqual(all);
  });

  it('lists no subscription to whoever has roles elsewhere alone', async () => {
    give(['*'], '/subscriptions/00000000-0000-0000-0000-000000000001');

    expect(await inventory().listSubscriptions()).toEqual({ outcome: 'done', value: [] });
  });

  it('lists the gateways of a subscription, as the real client lists them', async () => {
    const filter = `resourceType eq '${gatewayType}'`;
    const listed: string[] = [];
    for await (const { id } of stack.resources.resources.list({ filter })) listed.push(id ?? '');

    expect(listed).toEqual([`${stack.group}${gatewayPath}`]);
    expect(await inventory().listGatewayIds(stack.subscriptionId)).toEqual({ outcome: 'done', value: listed });
  });

  it('lists public addresses of all groups, of which those on a gateway count', async () => {
    await stack.put(`${network}/publicIPAddresses/free`, aPublicIp());
    const listed: string[] = [];
    for await (const { name } of stack.network.publicIPAddresses.listAll()) listed.push(name ?? '');

    expect(listed.toSorted()).toEqual(['free', 'pip']);
    expect(await inventory().listGatewayAddresses(stack.subscriptionId)).toEqual({
      outcome: 'done',
      value: [
        {
          id: `${stack.group}${network}/publicIPAddresses/pip`,
          gatewayId: `${stack.group}${gatewayPath}`,
          sku: 'Standard',
        },
      ],
    });
  });

  it('reads every page of both lists', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await stack.put(`${network}/publicIPAddresses/pip-${name}`, aPublicIp());
      const addressSpace = { addressPrefixes: ['10.1.0.0/16'] };
      await stack.put(`${network}/virtualNetworks/net-${name}`, aVirtualNetwork({ addressSpace }));
      const [configuration] = [anIpConfiguration(stack.group, 'c', `pip-${name}`)];
      const text = JSON.stringify(configuration).replace('VNet1', `net-${name}`);
      const body = aGateway(stack.group, { ipConfigurations: [JSON.parse(text)] });
      expect((await stack.put(`${network}/virtualNetworkGateways/gw-${name}`, body)).status).toBe(200);
    }

    const ids = await inventory().listGatewayIds(stack.subscriptionId);
    const addresses = await inventory().listGatewayAddresses(stack.subscriptionId);

    expect(ids).toMatchObject({ outcome: 'done', value: { length: 5 } });
    expect(addresses).toMatchObject({ outcome: 'done', value: { length: 5 } });
  });

  it('tells whether gateways may be read in the whole subscription', async () => {
    const may = () => inventory().maySeeGateways(stack.subscriptionId);
    const answers: unknown[] = [await may()];
    give([`${gatewayType}/read`], stack.group);
    answers.push(await may());
    give([`microsoft.network/*/read`], subscription());
    answers.push(await may());

    expect(answers).toEqual([true, false, true].map((value) => ({ outcome: 'done', value })));
  });

  it('leaves out what may not be read, without a word', async () => {
    give(['Microsoft.Network/virtualNetworks/read'], subscription());

    expect(await inventory().listGatewayIds(stack.subscriptionId)).toEqual({ outcome: 'done', value: [] });
    expect(await inventory().listGatewayAddresses(stack.subscriptionId)).toEqual({ outcome: 'done', value: [] });
  });

  it('refuses a subscription that is not there, and filters that it does not know', async () => {
    const unknown = '00000000-0000-0000-0000-000000000001';
    const other = `${subscription()}/resources?api-version=2025-04-01&$filter=${encodeURIComponent("name eq 'x'")}`;

    expect(await inventory().listGatewayIds(unknown)).toMatchObject({ outcome: 'missing', of: 'subscription' });
    expect((await stack.send('GET', other)).status).toBe(501);
    expect((await stack.send('GET', '/subscriptions?api-version=2025-04-01')).status).toBe(400);
  });
});
