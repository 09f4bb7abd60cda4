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
      files: [],
    },
    gatewayId: 'vnet1gw',
    certificate: Buffer.from('leaf'),
    chain: [],
    fileStem: 'vnet1gw-alice',
    ...changes,
  };
}
