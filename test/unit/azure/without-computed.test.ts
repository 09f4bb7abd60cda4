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
});
