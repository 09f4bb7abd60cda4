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
      azureVpnConfig: anAzureVpnConfig(),
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

/** A profile of the Azure VPN Client for certificates, as far as it is known how Azure writes it. */
export function anAzureVpnConfig(clientAuthentication = '<cert i:nil="true" /><type>cert</type>'): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<AzVpnProfile xmlns="http://schemas.datacontract.org/2004/07/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
  <any xmlns:d2p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays" i:nil="true" />
  <clientauth>${clientAuthentication}<usernamepass i:nil="true" /></clientauth>
  <name>vnet1gw</name>
  <serverlist><ServerEntry><displayname i:nil="true" /><fqdn>azuregateway-8a1c2f5e-0000-4000-8000-000000000001-1a2b3c4d5e6f.vpn.azure.com</fqdn></ServerEntry></serverlist>
  <servervalidation><cert><hash>${'5E'.repeat(20)}</hash><issuer i:nil="true" /></cert><serversecret>0123abcd</serversecret><type>cert</type></servervalidation>
  <version>1</version>
</AzVpnProfile>
`;
}

function fail(): never {
  throw new Error('not a thumbprint');
}
