import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { location } from '../../support/builders/arm-bodies.ts';

/** The line that every build walks, with the real clients and typed bodies. */
describe('sandbox/arm', () => {
  let stack: ArmStack;

  beforeAll(async () => {
    stack = await startArmStack();
  });

  afterAll(async () => {
    await stack.close();
  });

  it('walks the whole line of a gateway and back', async () => {
    const { network, resources } = stack;

    const group = await resources.resourceGroups.createOrUpdate('rg', { location: 'East US', tags: { a: 'b' } });
    expect(group).toMatchObject({ name: 'rg', location, tags: { a: 'b' } });
    const vnet = await stack.finish(
      network.virtualNetworks.createOrUpdate('rg', 'VNet1', {
        location,
        addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
        subnets: [{ name: 'GatewaySubnet', addressPrefix: '10.1.255.0/27' }],
      }),
    );
    expect(vnet).toMatchObject({ provisioningState: 'Succeeded', subnets: [{ provisioningState: 'Succeeded' }] });
    const subnet = await stack.finish(
      network.subnets.createOrUpdate('rg', 'VNet1', 'FrontEnd', { addressPrefix: '10.1.0.0/24' }),
    );
    expect(subnet).toMatchObject({ name: 'FrontEnd', provisioningState: 'Succeeded' });
    const pip = await stack.finish(
      network.publicIPAddresses.createOrUpdate('rg', 'pip', {
        location,
        sku: { name: 'Standard' },
        zones: ['1', '2', '3'],
        publicIPAllocationMethod: 'Static',
      }),
    );
    expect(pip.ipAddress).toMatch(/^198\.19\./);
    const gateway = await stack.finish(
      network.virtualNetworkGateways.createOrUpdate('rg', 'gw', {
        location,
        gatewayType: 'Vpn',
        vpnType: 'RouteBased',
        sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ' },
        ipConfigurations: [
          {
            name: 'gwipconf',
            subnet: { id: `${String(vnet.id)}/subnets/GatewaySubnet` },
            publicIPAddress: { id: String(pip.id) },
          },
        ],
        vpnClientConfiguration: { vpnClientAddressPool: { addressPrefixes: ['172.16.201.0/24'] } },
      }),
    );
    expect(gateway).toMatchObject({
      provisioningState: 'Succeeded',
      vpnGatewayGeneration: 'Generation1',
      sku: { capacity: 2 },
      vpnClientConfiguration: { vpnClientProtocols: ['OpenVPN', 'IkeV2'], vpnAuthenticationTypes: [] },
    });

    await stack.finish(network.virtualNetworkGateways.delete('rg', 'gw'));
    await stack.finish(network.subnets.delete('rg', 'VNet1', 'FrontEnd'));
    const left = await network.virtualNetworks.get('rg', 'VNet1');
    expect(left.subnets?.map(({ name }) => name)).toEqual(['GatewaySubnet']);
    await stack.finish(network.virtualNetworks.delete('rg', 'VNet1'));
    await stack.finish(network.publicIPAddresses.delete('rg', 'pip'));
    await stack.finish(resources.resourceGroups.delete('rg'));
    await expect(resources.resourceGroups.get('rg')).rejects.toMatchObject({ code: 'ResourceGroupNotFound' });
  });
});
