import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway, aPublicIp } from '../../support/builders/arm-bodies.ts';

const network = '/providers/Microsoft.Network';
const gatewayPath = `${network}/virtualNetworkGateways/gw`;

describe('sandbox/arm: lists', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
  });

  afterEach(async () => {
    await stack.close();
  });

  async function listed<T>(pages: AsyncIterable<T>): Promise<T[]> {
    const all: T[] = [];
    for await (const item of pages) all.push(item);
    return all;
  }

  it('has a gateway from its first write to the end of its deletion', async () => {
    const names = async () => (await listed(stack.network.virtualNetworkGateways.list('rg'))).map(({ name }) => name);
    const before = await names();
    await stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group) });
    const updating = await names();
    await stack.test.advance(3600_000);
    await stack.send('DELETE', stack.path(gatewayPath));
    const deleting = await names();
    await stack.test.advance(3600_000);

    expect([before, updating, deleting, await names()]).toEqual([[], ['gw'], ['gw'], []]);
  });

  it('shows a gateway in a list as a GET does', async () => {
    const { body } = await stack.put(gatewayPath, aGateway(stack.group));

    expect((await stack.send('GET', stack.path(`${network}/virtualNetworkGateways`))).body).toEqual({ value: [body] });
  });

  it.each(['Microsoft.Network/virtualNetworkGateways', 'Microsoft.Network/publicIPAddresses'])(
    'does not take a group that is not there for an empty list of %s',
    async (type) => {
      const path = stack.path(`/providers/${type}`).replace('/rg/', '/elsewhere/');

      expect(await stack.send('GET', path)).toMatchObject({
        status: 404,
        body: { error: { code: 'ResourceGroupNotFound' } },
      });
    },
  );

  it('comes in pages, of which the clients follow each', async () => {
    for (const name of ['b', 'c', 'd', 'e', 'f', 'g']) {
      await stack.put(`${network}/publicIPAddresses/${name}`, aPublicIp());
    }

    const [first, all, resources] = await Promise.all([
      stack.send('GET', stack.path(`${network}/publicIPAddresses`)),
      listed(stack.network.publicIPAddresses.list('rg')),
      listed(stack.resources.resources.listByResourceGroup('rg')),
    ]);

    expect(first.body['value']).toHaveLength(3);
    expect(all.map(({ name }) => name)).toEqual(['pip', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(resources).toHaveLength(8);
  });
});
