import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway, aSubnet, aVirtualNetwork } from '../../support/builders/arm-bodies.ts';

const network = '/providers/Microsoft.Network';
const vnetPath = `${network}/virtualNetworks/VNet1`;
const frontEnd = aSubnet('FrontEnd', '10.1.0.0/24');

describe('sandbox/arm/network/virtual-networks', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.send('PUT', stack.path(''), { body: { location: 'eastus' } });
  });

  afterEach(async () => {
    await stack.close();
  });

  it('answers 201 with the whole body while it works, and with a new etag everywhere when it is done', async () => {
    const first = await stack.send('PUT', stack.path(vnetPath), { body: aVirtualNetwork() });
    await stack.test.advance(10_000);
    const after = await stack.send('GET', stack.path(vnetPath));

    expect(first.status).toBe(201);
    expect(first.headers).toMatchObject({ 'retry-after': '3', 'azure-asyncnotification': 'Enabled' });
    expect(first.headers['location']).toBeUndefined();
    expect(first.body).toMatchObject({
      name: 'VNet1',
      type: 'Microsoft.Network/virtualNetworks',
      location: 'eastus',
      properties: {
        provisioningState: 'Updating',
        enableDdosProtection: false,
        subnets: [{ name: 'FrontEnd', id: `${stack.group}${vnetPath}/subnets/FrontEnd` }, { name: 'GatewaySubnet' }],
      },
    });
    const etag = String(after.body['etag']);
    expect(etag).toMatch(/^W\/"[0-9a-f-]{36}"$/);
    expect(etag).not.toBe(first.body['etag']);
    expect(after.headers['etag']).toBe(etag);
    expect(after.body).toMatchObject({
      properties: {
        provisioningState: 'Succeeded',
        subnets: [{ etag, properties: { provisioningState: 'Succeeded' } }, {}],
      },
    });
  });

  it.each([
    ['no address space', { addressSpace: undefined }, 'InvalidRequestFormat'],
    ['a prefix that is none', { addressSpace: { addressPrefixes: ['10.1'] } }, 'InvalidAddressPrefixFormat'],
    ['host bits in a prefix', { addressSpace: { addressPrefixes: ['10.1.0.1/16'] } }, 'InvalidCIDRNotation'],
    [
      'prefixes that overlap',
      { addressSpace: { addressPrefixes: ['10.1.0.0/16', '10.1.1.0/24'] } },
      'NetcfgAddressSpaceOverlap',
    ],
    ['a subnet outside', { subnets: [aSubnet('a', '10.2.0.0/24')] }, 'NetcfgInvalidSubnet'],
    ['subnets that overlap', { subnets: [frontEnd, aSubnet('b', '10.1.0.128/25')] }, 'NetcfgSubnetRangesOverlap'],
    ['a subnet name twice', { subnets: [frontEnd, aSubnet('frontend', '10.1.1.0/24')] }, 'DuplicateResourceName'],
    ['a subnet name with a space', { subnets: [aSubnet('a b', '10.1.0.0/24')] }, 'InvalidResourceName'],
    ['a subnet without a prefix', { subnets: [{ name: 'a', properties: {} }] }, 'InvalidRequestFormat'],
    [
      'a security group on the gateway subnet',
      {
        subnets: [
          { name: 'GatewaySubnet', properties: { addressPrefix: '10.1.255.0/27', networkSecurityGroup: { id: '/x' } } },
        ],
      },
      'NetworkSecurityGroupCannotBeAttachedToGatewaySubnet',
    ],
    [
      'a route table that does not exist',
      { subnets: [{ name: 'a', properties: { addressPrefix: '10.1.0.0/24', routeTable: { id: '/x' } } }] },
      'InvalidResourceReference',
    ],
    [
      'a security group that does not exist',
      { subnets: [{ name: 'a', properties: { addressPrefix: '10.1.0.0/24', networkSecurityGroup: { id: '/x' } } }] },
      'InvalidResourceReference',
    ],
  ])('refuses %s', async (_case, properties, code) => {
    const answer = await stack.send('PUT', stack.path(vnetPath), { body: aVirtualNetwork(properties) });

    expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
    expect((await stack.send('GET', stack.path(vnetPath))).status).toBe(404);
  });

  it('refuses another location, another provisioningState and a name that Azure does not take', async () => {
    await stack.put(vnetPath, aVirtualNetwork());

    const moved = await stack.send('PUT', stack.path(vnetPath), { body: { ...aVirtualNetwork(), location: 'westus' } });
    const state = await stack.send('PUT', stack.path(vnetPath), {
      body: aVirtualNetwork({ provisioningState: 'Failed' }),
    });
    const equal = await stack.send('PUT', stack.path(vnetPath), {
      body: aVirtualNetwork({ provisioningState: 'Succeeded' }),
    });
    const name = await stack.send('PUT', stack.path(`${network}/virtualNetworks/-x`), { body: aVirtualNetwork() });

    expect(moved).toMatchObject({ status: 409, body: { error: { code: 'InvalidResourceLocation' } } });
    expect(state).toMatchObject({ status: 400, body: { error: { code: 'ReadOnlyPropertyCannotBeChanged' } } });
    expect(equal.status).toBe(200);
    expect(name).toMatchObject({ status: 400, body: { error: { code: 'InvalidResourceName', details: [] } } });
  });

  it('keeps fields that it does not know, in the network and in its subnets', async () => {
    const subnet = { name: 'a', properties: { addressPrefix: '10.1.0.0/24', newInSubnet: 1 } };
    const after = await stack.put(vnetPath, aVirtualNetwork({ newInNetwork: { deep: true }, subnets: [subnet] }));

    expect(after.body).toMatchObject({
      properties: { newInNetwork: { deep: true }, subnets: [{ properties: { newInSubnet: 1 } }] },
    });
  });

  it('cancels a PUT that still runs when another one comes', async () => {
    const first = await stack.send('PUT', stack.path(vnetPath), { body: aVirtualNetwork() });
    const second = await stack.send('PUT', stack.path(vnetPath), { body: aVirtualNetwork({ subnets: [frontEnd] }) });
    await stack.test.advance(10_000);

    const [ended, done] = [first, second].map(({ headers }) => String(headers['azure-asyncoperation']));
    expect((await stack.send('GET', ended ?? '')).body).toMatchObject({
      status: 'Canceled',
      error: { code: 'Canceled', details: [{ code: 'CanceledAndSupersededDueToAnotherOperation' }] },
    });
    expect((await stack.send('GET', done ?? '')).body).toEqual({ status: 'Succeeded' });
    expect((await stack.send('GET', stack.path(vnetPath))).body).toMatchObject({
      properties: { provisioningState: 'Succeeded', subnets: [{ name: 'FrontEnd' }] },
    });
  });

  it('takes one subnet write at a time', async () => {
    await stack.put(vnetPath, aVirtualNetwork({ subnets: [] }));

    const body = { properties: { addressPrefix: '10.1.0.0/24' } };
    const first = await stack.send('PUT', stack.path(`${vnetPath}/subnets/a`), { body });
    const second = await stack.send('PUT', stack.path(`${vnetPath}/subnets/b`), { body });
    const removal = await stack.send('DELETE', stack.path(vnetPath));

    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 429, body: { error: { code: 'AnotherOperationInProgress' } } });
    expect(second.text).toContain('/operations/');
    expect(second.headers['retry-after']).toBe('10');
    expect(removal).toMatchObject({ status: 429, body: { error: { code: 'AnotherOperationInProgress' } } });
  });

  it('reads and lists subnets, and answers 404 or 204 for one that is not there', async () => {
    await stack.put(vnetPath, aVirtualNetwork());

    const listed = await stack.send('GET', stack.path(`${vnetPath}/subnets`));
    expect(listed.body).toMatchObject({ value: [{ name: 'FrontEnd' }, { name: 'GatewaySubnet' }] });
    expect((await stack.send('GET', stack.path(`${vnetPath}/subnets/frontend`))).body).toMatchObject({
      name: 'FrontEnd',
    });
    expect((await stack.send('GET', stack.path(`${vnetPath}/subnets/x`))).status).toBe(404);
    expect((await stack.send('DELETE', stack.path(`${vnetPath}/subnets/x`))).status).toBe(204);
    expect((await stack.send('DELETE', stack.path(`${network}/virtualNetworks/x`))).status).toBe(204);
  });

  it('protects the subnet that a gateway sits in from every way of losing it', async () => {
    await stack.prepareNetwork();
    await stack.put(`${network}/virtualNetworkGateways/gw`, aGateway(stack.group));

    const omitted = await stack.send('PUT', stack.path(vnetPath), { body: aVirtualNetwork({ subnets: [frontEnd] }) });
    const moved = await stack.send('PUT', stack.path(vnetPath), {
      body: aVirtualNetwork({ subnets: [aSubnet('GatewaySubnet', '10.1.254.0/27')] }),
    });
    const removed = await stack.send('DELETE', stack.path(`${vnetPath}/subnets/GatewaySubnet`));
    const all = await stack.send('DELETE', stack.path(vnetPath));

    for (const answer of [omitted, removed, all]) {
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'InUseSubnetCannotBeDeleted' } } });
      expect(answer.text).toContain('/virtualNetworkGateways/gw/ipConfigurations/gwipconf');
    }
    expect(moved).toMatchObject({ status: 400, body: { error: { code: 'InUsePrefixCannotBeDeleted' } } });
    const subnet = await stack.send('GET', stack.path(`${vnetPath}/subnets/GatewaySubnet`));
    expect(subnet.body).toMatchObject({ properties: { ipConfigurations: [{}] } });
  });

  it('honours If-Match and If-None-Match', async () => {
    const { body } = await stack.put(vnetPath, aVirtualNetwork());
    const put = (headers: Record<string, string>) =>
      stack.send('PUT', stack.path(vnetPath), { body: aVirtualNetwork(), headers });

    const stale = { status: 412, body: { error: { code: 'PreconditionFailed' } } };
    expect(await put({ 'if-match': 'W/"old"' })).toMatchObject(stale);
    expect(await put({ 'if-none-match': '*' })).toMatchObject(stale);
    expect((await put({ 'if-match': String(body['etag']) })).status).toBe(200);
  });

  it('sets tags at once and lists by group and by subscription', async () => {
    await stack.put(vnetPath, aVirtualNetwork());

    const patched = await stack.send('PATCH', stack.path(vnetPath), { body: { tags: { a: 'b' } } });
    const group = await stack.send('GET', stack.path(`${network}/virtualNetworks`));
    const all = await stack.send(
      'GET',
      `/subscriptions/${stack.subscriptionId}${network}/virtualNetworks?api-version=2026-01-01`,
    );

    expect(patched).toMatchObject({ status: 200, body: { tags: { a: 'b' } } });
    expect(group.body).toMatchObject({ value: [{ name: 'VNet1', tags: { a: 'b' } }] });
    expect(all.body).toEqual(group.body);
  });
});
