import { type GatewayFacts, readGatewayFacts } from '../../../../src/domain/inventory/gateway-facts.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { readForeignRoot } from '../../../../src/pki/read-foreign-root.ts';
import { createRootData } from '../../../support/root-certificates.ts';

const group = '/subscriptions/S/resourceGroups/rg';
const subnetId = `${group}/providers/Microsoft.Network/virtualNetworks/VNet1/subnets/GatewaySubnet`;
const addressId = `${group}/providers/Microsoft.Network/publicIPAddresses/pip`;

/** A body as Azure was seen to answer it, with what a test is about. */
function aBody(client?: unknown, properties: JsonObject = {}): JsonObject {
  return {
    name: 'gw',
    id: `${group}/providers/Microsoft.Network/virtualNetworkGateways/gw`,
    etag: 'W/"1"',
    location: 'eastus',
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: '11111111-1111-1111-1111-111111111111',
      packetCaptureDiagnosticState: 'None',
      isMigrateToCSES: false,
      gatewayType: 'Vpn',
      vpnType: 'RouteBased',
      vpnGatewayGeneration: 'Generation1',
      activeActive: false,
      sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ', capacity: 2 },
      ipConfigurations: [{ name: 'c', properties: { subnet: { id: subnetId }, publicIPAddress: { id: addressId } } }],
      ...(client === undefined ? {} : { vpnClientConfiguration: client as JsonObject }),
      ...properties,
    },
  };
}

const read = (body: JsonObject): GatewayFacts => readGatewayFacts(body, readForeignRoot);

describe('src/domain/inventory/gateway-facts', () => {
  it('reads who is let in, how, and what the gateway is made of', async () => {
    const client = {
      vpnClientAddressPool: { addressPrefixes: ['172.16.201.0/24'] },
      vpnClientProtocols: ['OpenVPN', 'IkeV2'],
      vpnAuthenticationTypes: ['Certificate'],
      vpnClientRootCertificates: [{ name: 'old', properties: { publicCertData: await createRootData('Old root') } }],
      vpnClientRevokedCertificates: [
        { name: 'kim', properties: { thumbprint: 'ab'.repeat(20) } },
        { name: 'odd', properties: { thumbprint: 'nothing' } },
      ],
      vpnClientConnectionHealth: { vpnClientConnectionsCount: 3 },
    };

    const facts = read(aBody(client));

    expect(facts).toMatchObject({
      type: 'vpn',
      provisioningState: 'Succeeded',
      location: 'eastus',
      sku: 'VpnGw1AZ',
      generation: 'Generation1',
      activeActive: false,
      virtualNetworkId: `${group}/providers/Microsoft.Network/virtualNetworks/VNet1`,
      publicIpAddressIds: [addressId],
      pointToSite: {
        protocols: ['OpenVPN', 'IkeV2'],
        authentication: ['Certificate'],
        pools: ['172.16.201.0/24'],
        radiusServers: [],
        revocations: ['AB'.repeat(20)],
        unreadableRevocations: 1,
      },
    });
    expect(facts.pointToSite?.roots).toEqual([
      {
        name: 'old',
        role: 'root',
        subject: 'CN=Old root',
        thumbprint: expect.stringMatching(/^[0-9A-F]{40}$/) as string,
        notAfter: expect.stringMatching(/^20\d\d-.+Z$/) as string,
      },
    ]);
  });

  it.each([
    ['no configuration', undefined],
    ['null', null],
    ['what Azure has filled in by itself', { vpnClientProtocols: ['OpenVPN', 'IkeV2'], vpnClientRootCertificates: [] }],
  ])('says of a gateway with %s that it has no point-to-site', (_, client) => {
    expect(read(aBody(client)).pointToSite).toBeUndefined();
  });

  it('never reads a RADIUS secret, and reads every server', () => {
    const client = {
      vpnClientAddressPool: { addressPrefixes: ['10.9.0.0/24'] },
      vpnClientProtocols: ['IkeV2'],
      vpnAuthenticationTypes: ['Radius'],
      radiusServerAddress: '10.0.0.4',
      radiusServerSecret: 'hush-1',
      radiusServers: [
        { radiusServerAddress: '10.0.0.4', radiusServerSecret: 'hush-2' },
        { radiusServerAddress: '10.0.0.5', radiusServerSecret: 'hush-3' },
      ],
      vpnClientRootCertificates: null,
      vpnClientRevokedCertificates: null,
    };

    const facts = read(aBody(client));

    expect(facts.pointToSite).toMatchObject({ authentication: ['Radius'], radiusServers: ['10.0.0.4', '10.0.0.5'] });
    expect(JSON.stringify(facts)).not.toContain('hush');
  });

  it('tells how people sign in from what is set where the gateway does not say it', () => {
    const client = {
      vpnClientAddressPool: { addressPrefixes: ['10.9.0.0/24'] },
      aadTenant: 'https://login.microsoftonline.com/t',
      radiusServerAddress: '10.0.0.4',
    };

    expect(read(aBody(client)).pointToSite).toMatchObject({
      authentication: ['AAD', 'Radius'],
      entraTenant: 'https://login.microsoftonline.com/t',
    });
  });

  it('counts the pools of user groups too, each once', () => {
    const client = {
      vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24'] },
      vngClientConnectionConfigurations: [
        { name: 'a', properties: { vpnClientAddressPool: { addressPrefixes: ['172.16.1.0/24', '172.16.0.0/24'] } } },
        { name: 'b', properties: null },
      ],
    };

    expect(read(aBody(client)).pointToSite?.pools).toEqual(['172.16.0.0/24', '172.16.1.0/24']);
  });

  it('names a root that cannot be read, and one in base64 of PEM', async () => {
    const pem = `-----BEGIN CERTIFICATE-----\n${await createRootData('Root')}\n-----END CERTIFICATE-----\n`;
    const vpnClientRootCertificates = [
      { name: 'pem', properties: { publicCertData: Buffer.from(pem).toString('base64') } },
      { name: 'odd', properties: { publicCertData: 'AAAA' } },
      { name: 'none' },
    ];

    expect(read(aBody({ vpnClientRootCertificates })).pointToSite?.roots).toMatchObject([
      { name: 'pem', role: 'root', subject: 'CN=Root' },
      { name: 'odd', role: 'unknown' },
      { name: 'none', role: 'unknown' },
    ]);
  });

  it.each([
    ['ExpressRoute', 'expressRoute'],
    ['VPN', 'vpn'],
    ['LocalGateway', 'other'],
  ])('tells a gateway of type %s', (gatewayType, type) => {
    expect(read(aBody(undefined, { gatewayType })).type).toBe(type);
  });

  it('reads a gateway whose public address is no longer named, and one in the middle of a migration', () => {
    const properties = {
      ipConfigurations: [{ properties: { subnet: { id: subnetId.toUpperCase() } } }, null],
      virtualNetworkGatewayMigrationStatus: { phase: 'Prepare', state: 'InProgress' },
    };

    const facts = read(aBody(undefined, properties));

    expect(facts.publicIpAddressIds).toEqual([]);
    expect(facts.migration).toBe('Prepare, InProgress');
    expect(facts.virtualNetworkId).toBe(subnetId.toUpperCase().replace('/SUBNETS/GATEWAYSUBNET', ''));
    expect(
      read(aBody(undefined, { virtualNetworkGatewayMigrationStatus: { phase: 'None', state: 'None' } })),
    ).not.toHaveProperty('migration');
  });

  it.each([
    ['an empty body', {}],
    ['properties that are null', { properties: null }],
    ['lists that are none', { properties: { ipConfigurations: 'x', sku: [], vpnClientConfiguration: 7 } }],
  ])('takes %s for what it is', (_, body) => {
    expect(read(body as JsonObject)).toEqual({
      type: 'other',
      provisioningState: 'unknown',
      location: '',
      activeActive: false,
      publicIpAddressIds: [],
    });
  });
});
