import { parseThumbprint } from '../../../src/domain/thumbprint.ts';
import type { P2sSettings } from '../../../src/kits/p2s/p2s-settings.ts';
import { anOvpnTemplate } from './an-ovpn-template.ts';

/** What a kit for a gateway is made from; the certificates are no certificates, only bytes. */
export function someP2sSettings(changes: Partial<P2sSettings> = {}): P2sSettings {
  return {
    profile: {
      serverFqdn: 'azuregateway-8a1c2f5e-0000-4000-8000-000000000001-1a2b3c4d5e6f.vpn.azure.com',
      routes: ['10.1.0.0/16'],
      dnsServers: [],
      ovpnTemplate: anOvpnTemplate(),
      hash: 'a'.repeat(64),
      serverRoot: Buffer.from('server root'),
      serverRootThumbprint: parseThumbprint('5E'.repeat(20)) ?? fail(),
      files: [],
    },
    gatewayId: 'vnet1gw',
    connectionName: 'VNet1',
    protocols: ['IkeV2', 'OpenVPN'],
    sku: 'VpnGw1AZ',
    addressPool: ['172.16.201.0/24'],
    certificate: Buffer.from('leaf'),
    commonName: 'alice@example.org',
    thumbprint: 'AB'.repeat(20),
    chain: [],
    issuer: { commonName: 'P2SRootCert', thumbprint: 'CD'.repeat(20) },
    rootThumbprint: 'CD'.repeat(20),
    fileStem: 'vnet1gw-alice',
    ...changes,
  };
}

function fail(): never {
  throw new Error('not a thumbprint');
}
