import { withoutComputed } from '../../../src/azure/without-computed.ts';

describe('src/azure/without-computed', () => {
  it('leaves out what Azure computes, at every depth, and keeps everything else', () => {
    const read = {
      id: '/subscriptions/s/x',
      name: 'VNet1GW',
      type: 'Microsoft.Network/virtualNetworkGateways',
      etag: 'W/"1"',
      tags: { etag: 'mine', name: 'mine' },
      unknown: [{ provisioningState: 'Updating', deep: [1, null, { etag: 'W/"2"', kept: true }] }],
      properties: {
        provisioningState: 'Succeeded',
        resourceGuid: 'g',
        sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ', capacity: 2 },
        ipConfigurations: [
          { name: 'one', etag: 'W/"1"', type: 'kept', properties: { provisioningState: 'Succeeded' } },
        ],
      },
    };

    expect(withoutComputed(read)).toEqual({
      id: '/subscriptions/s/x',
      tags: { etag: 'mine', name: 'mine' },
      unknown: [{ deep: [1, null, { kept: true }] }],
      properties: {
        sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ' },
        ipConfigurations: [{ name: 'one', type: 'kept', properties: {} }],
      },
    });
  });

  it('leaves out what is in answers only and described nowhere, and keeps a setting that nobody here knows', () => {
    const read = {
      properties: {
        packetCaptureDiagnosticState: 'None',
        isMigrateToCSES: false,
        isMigratedLegacySKU: false,
        blockUpgradeOfMigratedLegacyGateways: false,
        virtualNetworkGatewayMigrationStatus: { phase: 'None', state: 'None' },
        remoteVirtualNetworkPeerings: [],
        vpnStack: 'None',
        enableHighBandwidthVpnGateway: false,
        settingOfTomorrow: { a: 1 },
        vpnClientConfiguration: {
          vpnClientProtocols: ['OpenVPN'],
          vpnClientConnectionHealth: { vpnClientConnectionsCount: 2 },
        },
      },
    };

    expect(withoutComputed(read)).toEqual({
      properties: {
        enableHighBandwidthVpnGateway: false,
        settingOfTomorrow: { a: 1 },
        vpnClientConfiguration: { vpnClientProtocols: ['OpenVPN'] },
      },
    });
  });

  it('changes nothing in a body that was never read', () => {
    const body = { location: 'eastus', tags: {}, properties: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] } } };

    expect(withoutComputed(body)).toEqual(body);
  });

  /** A gateway as Azure answers it to a GET, and in it what of that may be sent back. */
  const gateway = {
    name: 'VNet1GW',
    id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworkGateways/VNet1GW',
    etag: 'W/"1"',
    type: 'Microsoft.Network/virtualNetworkGateways',
    location: 'westeurope',
    systemData: { createdBy: 'someone' },
    tags: { provisioningState: 'a person’s', vpnStack: 'a person’s' },
    identity: { type: 'UserAssigned', userAssignedIdentities: {} },
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: 'g',
      packetCaptureDiagnosticState: 'None',
      isMigrateToCSES: false,
      isMigratedLegacySKU: false,
      blockUpgradeOfMigratedLegacyGateways: false,
      virtualNetworkGatewayMigrationStatus: { phase: 'None', state: 'None' },
      remoteVirtualNetworkPeerings: [{ id: '/subscriptions/s/other' }],
      vpnStack: 'new',
      inboundDnsForwardingEndpoint: '10.0.0.4',
      enableHighBandwidthVpnGateway: false,
      enablePrivateIpAddress: false,
      aSettingOfNextYear: { state: 'On', deep: [{ chosen: true }] },
      sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ', capacity: 2 },
      gatewayType: 'Vpn',
      ipConfigurations: [
        {
          name: 'default',
          id: '/subscriptions/s/ipConfigurations/default',
          etag: 'W/"1"',
          type: 'Microsoft.Network/virtualNetworkGateways/ipConfigurations',
          properties: {
            provisioningState: 'Succeeded',
            privateIPAllocationMethod: 'Dynamic',
            privateIPAddress: '10.1.255.4',
            publicIPAddress: { id: '/subscriptions/s/pip' },
          },
        },
      ],
      natRules: [
        {
          name: 'rule',
          type: 'Microsoft.Network/virtualNetworkGateways/natRules',
          properties: { provisioningState: 'Succeeded', type: 'Static', mode: 'EgressSnat' },
        },
      ],
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24'] },
        vpnClientProtocols: ['OpenVPN'],
        vpnClientRootCertificates: [
          {
            name: 'root',
            id: '/subscriptions/s/root',
            etag: 'W/"1"',
            type: 'Microsoft.Network/virtualNetworkGateways/vpnClientRootCertificates',
            properties: { provisioningState: 'Succeeded', publicCertData: 'MII' },
          },
        ],
        vpnClientConnectionHealth: {
          vpnClientConnectionsCount: 3,
          totalIngressBytesTransferred: 1,
          totalEgressBytesTransferred: 2,
        },
      },
      bgpSettings: {
        asn: 65515,
        peerWeight: 0,
        bgpPeeringAddress: '10.1.255.30',
        bgpPeeringAddresses: [
          {
            ipconfigurationId: '/subscriptions/s/ipConfigurations/default',
            defaultBgpIpAddresses: ['10.1.255.30'],
            customBgpIpAddresses: ['169.254.21.1'],
            tunnelIpAddresses: ['203.0.113.7'],
          },
        ],
      },
    },
  };
  const writable = {
    id: gateway.id,
    location: 'westeurope',
    tags: gateway.tags,
    identity: gateway.identity,
    properties: {
      enableHighBandwidthVpnGateway: false,
      enablePrivateIpAddress: false,
      aSettingOfNextYear: { state: 'On', deep: [{ chosen: true }] },
      sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ' },
      gatewayType: 'Vpn',
      ipConfigurations: [
        {
          name: 'default',
          id: '/subscriptions/s/ipConfigurations/default',
          properties: { privateIPAllocationMethod: 'Dynamic', publicIPAddress: { id: '/subscriptions/s/pip' } },
        },
      ],
      natRules: [{ name: 'rule', properties: { type: 'Static', mode: 'EgressSnat' } }],
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24'] },
        vpnClientProtocols: ['OpenVPN'],
        vpnClientRootCertificates: [
          { name: 'root', id: '/subscriptions/s/root', properties: { publicCertData: 'MII' } },
        ],
      },
      bgpSettings: {
        asn: 65515,
        peerWeight: 0,
        bgpPeeringAddress: '10.1.255.30',
        bgpPeeringAddresses: [
          {
            ipconfigurationId: '/subscriptions/s/ipConfigurations/default',
            customBgpIpAddresses: ['169.254.21.1'],
          },
        ],
      },
    },
  };

  it('sends a whole gateway back without what Azure counts, and with settings that nobody knows', () => {
    expect(withoutComputed(gateway)).toEqual(writable);
  });

  it('knows what is computed in any letter case', () => {
    const text = JSON.stringify(gateway)
      .replaceAll('"vpnClientConnectionHealth"', '"VpnClientConnectionHealth"')
      .replaceAll('"provisioningState":"Succeeded"', '"ProvisioningState":"Succeeded"')
      .replaceAll('"isMigrateToCSES"', '"isMigrateToCses"')
      .replaceAll('"etag"', '"ETag"');

    expect(withoutComputed(JSON.parse(text) as typeof gateway)).toEqual(writable);
  });

  it('sends a virtual network back without who uses its subnets', () => {
    const ranges = { addressPrefix: '10.1.255.0/27', delegations: [{ name: 'd' }] };
    const network = {
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
        flowLogs: [],
        subnets: [
          {
            name: 'GatewaySubnet',
            type: 'Microsoft.Network/virtualNetworks/subnets',
            properties: { ...ranges, ipConfigurations: [{ id: '/x' }], privateEndpoints: [], purpose: 'None' },
          },
        ],
      },
    };

    expect(withoutComputed(network)).toEqual({
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
        subnets: [{ name: 'GatewaySubnet', properties: ranges }],
      },
    });
  });
});
