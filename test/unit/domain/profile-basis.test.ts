import { networkOf, profileBasis } from '../../../src/domain/profile-basis.ts';

const networkId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/VNet1';

function aGateway(configuration: object = {}, properties: object = {}) {
  return {
    properties: {
      provisioningState: 'Succeeded',
      ipConfigurations: [{ properties: { subnet: { id: `${networkId}/subnets/GatewaySubnet` } } }],
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24'] },
        vpnClientProtocols: ['IkeV2', 'OpenVPN'],
        vpnClientRootCertificates: [],
        ...configuration,
      },
      ...properties,
    },
  };
}

function aNetwork(dnsServers: readonly string[] = ['10.0.0.4', '10.0.0.5'], properties: object = {}) {
  return {
    properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] }, dhcpOptions: { dnsServers }, ...properties },
  };
}

describe('src/domain/profile-basis', () => {
  const before = profileBasis(aGateway(), aNetwork());

  it.each([
    ['DNS servers', aGateway(), aNetwork(['10.0.0.9'])],
    ['the order of DNS servers, in which clients ask them', aGateway(), aNetwork(['10.0.0.5', '10.0.0.4'])],
    ['the address space', aGateway(), aNetwork(undefined, { addressSpace: { addressPrefixes: ['10.0.0.0/15'] } })],
    [
      'a peered network',
      aGateway(),
      aNetwork(undefined, {
        virtualNetworkPeerings: [{ properties: { remoteAddressSpace: { addressPrefixes: ['10.9.0.0/16'] } } }],
      }),
    ],
    ['the pool', aGateway({ vpnClientAddressPool: { addressPrefixes: ['172.17.0.0/24'] } }), aNetwork()],
    ['the protocols', aGateway({ vpnClientProtocols: ['OpenVPN'] }), aNetwork()],
    ['routes of its own', aGateway({}, { customRoutes: { addressPrefixes: ['192.168.0.0/24'] } }), aNetwork()],
  ])('is another one when somebody changes %s', (_what, gateway, network) => {
    expect(profileBasis(gateway, network)).not.toEqual(before);
  });

  it.each([
    ['the order of the protocols', aGateway({ vpnClientProtocols: ['OpenVPN', 'IkeV2'] })],
    ['a root', aGateway({ vpnClientRootCertificates: [{ name: 'root' }] })],
    ['its state', aGateway({}, { provisioningState: 'Updating' })],
  ])('is the same whatever becomes of %s', (_what, gateway) => {
    expect(profileBasis(gateway, aNetwork())).toEqual(before);
  });

  it('finds the network that the gateway stands in', () => {
    expect(networkOf(aGateway())).toBe(networkId);
    expect(networkOf({ properties: {} })).toBeUndefined();
  });
});
