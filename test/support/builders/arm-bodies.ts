/** Wire bodies for ARM, valid by default: a test names only what it is about. */

export const location = 'eastus';

type Json = Record<string, unknown>;

export function aVirtualNetwork(properties: Json = {}): Json {
  return {
    location,
    properties: {
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
      subnets: [aSubnet('FrontEnd', '10.1.0.0/24'), aSubnet('GatewaySubnet', '10.1.255.0/27')],
      ...properties,
    },
  };
}

export function aSubnet(name: string, addressPrefix: string): Json {
  return { name, properties: { addressPrefix } };
}

export function aPublicIp(members: Json = {}): Json {
  return {
    location,
    sku: { name: 'Standard' },
    zones: ['1', '2', '3'],
    properties: { publicIPAllocationMethod: 'Static' },
    ...members,
  };
}

export function aGateway(group: string, properties: Json = {}): Json {
  return {
    location,
    properties: {
      gatewayType: 'Vpn',
      vpnType: 'RouteBased',
      sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ' },
      ipConfigurations: [anIpConfiguration(group)],
      vpnClientConfiguration: aClientConfiguration(),
      ...properties,
    },
  };
}

/** `group` is the id of the resource group that holds VNet1 and the public IP. */
export function anIpConfiguration(group: string, name = 'gwipconf', publicIp = 'pip'): Json {
  const network = `${group}/providers/Microsoft.Network`;
  return {
    name,
    properties: {
      subnet: { id: `${network}/virtualNetworks/VNet1/subnets/GatewaySubnet` },
      publicIPAddress: { id: `${network}/publicIPAddresses/${publicIp}` },
    },
  };
}

export function aClientConfiguration(members: Json = {}): Json {
  return {
    vpnClientAddressPool: { addressPrefixes: ['172.16.201.0/24'] },
    vpnClientProtocols: ['IkeV2', 'OpenVPN'],
    vpnAuthenticationTypes: ['Certificate'],
    vpnClientRootCertificates: [],
    vpnClientRevokedCertificates: [],
    ...members,
  };
}
