import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway, aSubnet, aVirtualNetwork, location } from '../../support/builders/arm-bodies.ts';

const network = '/providers/Microsoft.Network';
const tablePath = `${network}/routeTables/table`;

type Json = Record<string, unknown>;

function aTable(prefix: string, hop: Json = { nextHopType: 'None' }, more: Json = {}): Json {
  const routes = [{ name: 'one', properties: { addressPrefix: prefix, ...hop } }];
  return { location, properties: { routes, ...more } };
}

describe('sandbox/arm/network/route-tables', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
  });

  afterEach(async () => {
    await stack.close();
  });

  function attach() {
    const subnet = aSubnet('GatewaySubnet', '10.1.255.0/27') as { properties: Json };
    const routeTable = { id: `${stack.group}${tablePath}` };
    const subnets = [{ ...subnet, properties: { ...subnet.properties, routeTable } }];
    return stack.put(`${network}/virtualNetworks/VNet1`, aVirtualNetwork({ subnets }));
  }

  it('keeps a table, and shows which subnets have it', async () => {
    await stack.put(tablePath, aTable('10.9.0.0/16', {}, { disableBgpRoutePropagation: true }));
    await stack.put(
      tablePath,
      aTable('10.9.0.0/16', { nextHopType: 'VirtualAppliance', nextHopIpAddress: '10.1.0.4' }),
    );
    await attach();

    const table = await stack.network.routeTables.get('rg', 'table');

    expect(table).toMatchObject({
      disableBgpRoutePropagation: false,
      provisioningState: 'Succeeded',
      routes: [{ name: 'one', addressPrefix: '10.9.0.0/16', nextHopType: 'VirtualAppliance' }],
      subnets: [{ id: expect.stringMatching(/\/virtualNetworks\/VNet1\/subnets\/GatewaySubnet$/) as string }],
    });
  });

  it.each([
    ['a hop that there is not', aTable('10.9.0.0/16', { nextHopType: 'Elsewhere' }), 'InvalidRequestFormat'],
    [
      'an appliance without an address',
      aTable('10.9.0.0/16', { nextHopType: 'VirtualAppliance' }),
      'InvalidRequestFormat',
    ],
    ['a prefix that is none', aTable('10.9.0.1/16'), 'InvalidCIDRNotation'],
  ])('refuses %s', async (_what, body, code) => {
    expect(await stack.send('PUT', stack.path(tablePath), { body })).toMatchObject({
      status: 400,
      body: { error: { code } },
    });
  });

  it('refuses a subnet whose table is not there', async () => {
    expect(await attach()).toMatchObject({ status: 400, body: { error: { code: 'InvalidResourceReference' } } });
  });

  it('makes no gateway where a route takes everything elsewhere', async () => {
    await stack.put(tablePath, aTable('0.0.0.0/0'));
    await attach();

    const gateway = { body: aGateway(stack.group) };
    expect(await stack.send('PUT', stack.path(`${network}/virtualNetworkGateways/gw`), gateway)).toMatchObject({
      status: 400,
      body: { error: { code: 'GatewaySubnetDefaultRouteNotSupported' } },
    });
  });
});
