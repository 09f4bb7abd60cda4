import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway, anIpConfiguration, aPublicIp, aVirtualNetwork } from '../../support/builders/arm-bodies.ts';

const network = '/providers/Microsoft.Network';
const pipPath = `${network}/publicIPAddresses/pip`;

describe('sandbox/arm/network/public-ip-addresses', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.send('PUT', stack.path(''), { body: { location: 'eastus' } });
  });

  afterEach(async () => {
    await stack.close();
  });

  it('fills in defaults and gives a static address that stays', async () => {
    const first = await stack.put(pipPath, aPublicIp());
    const second = await stack.put(pipPath, aPublicIp({ tags: { a: 'b' } }));

    expect(first.body).toMatchObject({
      sku: { name: 'Standard', tier: 'Regional' },
      zones: ['1', '2', '3'],
      properties: {
        provisioningState: 'Succeeded',
        publicIPAddressVersion: 'IPv4',
        idleTimeoutInMinutes: 4,
        ipTags: [],
        ipAddress: expect.stringMatching(/^198\.19\./) as string,
      },
    });
    expect(second.body['properties']).toMatchObject({
      ipAddress: (first.body['properties'] as Record<string, unknown>)['ipAddress'],
    });
  });

  it.each([
    [
      'a dynamic Standard address',
      { properties: { publicIPAllocationMethod: 'Dynamic' } },
      'StandardSkuPublicIPAddressesMustBeStatic',
    ],
    ['an unknown zone', { zones: ['4'] }, 'InvalidRequestFormat'],
    ['tags that are not text', { tags: { a: 1 } }, 'InvalidRequestFormat'],
  ])('refuses %s', async (_case, members, code) => {
    const answer = await stack.send('PUT', stack.path(pipPath), { body: aPublicIp(members) });

    expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
  });

  it('refuses to change the SKU or the zones of an address that exists', async () => {
    await stack.put(pipPath, aPublicIp());

    const sku = await stack.send('PUT', stack.path(pipPath), { body: aPublicIp({ sku: { name: 'Basic' } }) });
    const zones = await stack.send('PUT', stack.path(pipPath), { body: aPublicIp({ zones: ['1'] }) });

    expect(sku).toMatchObject({ status: 400, body: { error: { code: 'SkuPropertyCannotBeChanged' } } });
    expect(zones).toMatchObject({
      status: 400,
      body: { error: { code: 'ResourceAvailabilityZonesCannotBeModified' } },
    });
  });

  it('refuses a second write while the first runs', async () => {
    await stack.send('PUT', stack.path(pipPath), { body: aPublicIp() });

    const second = await stack.send('PUT', stack.path(pipPath), { body: aPublicIp() });
    const removal = await stack.send('DELETE', stack.path(pipPath));

    for (const answer of [second, removal]) {
      expect(answer).toMatchObject({ status: 429, body: { error: { code: 'AnotherOperationInProgress' } } });
    }
  });

  it('refuses to delete an address that a gateway holds, and shows who does', async () => {
    await stack.prepareNetwork();
    await stack.put(`${network}/virtualNetworkGateways/gw`, aGateway(stack.group));

    const holder = `${stack.group}${network}/virtualNetworkGateways/gw/ipConfigurations/gwipconf`;
    const removal = await stack.send('DELETE', stack.path(pipPath));
    expect(removal).toMatchObject({ status: 400, body: { error: { code: 'PublicIPAddressCannotBeDeleted' } } });
    expect(removal.text).toContain(holder);
    const listed = await stack.send('GET', stack.path(`${network}/publicIPAddresses`));
    expect(listed.body).toMatchObject({ value: [{ properties: { ipConfiguration: { id: holder } } }] });
  });

  it('refuses zones in a region that has none, and makes a gateway there without', async () => {
    const location = 'westus';
    await stack.put(`${network}/virtualNetworks/West`, { ...aVirtualNetwork(), location });
    const zonal = await stack.send('PUT', stack.path(`${network}/publicIPAddresses/zonal`), {
      body: { ...aPublicIp(), location },
    });
    await stack.put(`${network}/publicIPAddresses/regional`, { ...aPublicIp({ zones: undefined }), location });
    const { properties } = anIpConfiguration(stack.group, 'ip', 'regional') as { properties: Record<string, unknown> };
    const subnet = { id: `${stack.group}${network}/virtualNetworks/West/subnets/GatewaySubnet` };
    const ipConfigurations = [{ name: 'ip', properties: { ...properties, subnet } }];
    const gateway = await stack.send('PUT', stack.path(`${network}/virtualNetworkGateways/west`), {
      body: { ...aGateway(stack.group, { ipConfigurations }), location },
    });

    expect(zonal).toMatchObject({ status: 400, body: { error: { code: 'LocationNotSupportAvailabilityZones' } } });
    expect(gateway.status).toBe(201);
  });
});
