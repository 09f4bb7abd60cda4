/** A gateway as the ARM emulator would describe it, and profiles for it in the shape that Azure gives out. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VpnGatewayState } from '../../../sandbox/vpn/gateway-state.ts';
import { makeRoot, makeServerCertificate, makeTlsAuthKey, type TestCertificate, type TestRoot } from './test-pki.ts';

/** A ready gateway that trusts `roots` and has revoked nothing; for OpenVPN if nothing else is said. */
export async function aVpnGateway(
  roots: readonly TestRoot[],
  protocols: readonly string[] = ['OpenVPN'],
): Promise<VpnGatewayState> {
  const guid = randomUUID();
  const serverName = `${guid}.vpn.azure.com`;
  const authority = await makeRoot(`Server root ${guid}`);
  const fqdn = `azuregateway-${guid}-${randomBytes(6).toString('hex')}.vpn.azure.com`;
  const server = await makeServerCertificate(authority, serverName, fqdn);
  return {
    resourceId: `/subscriptions/${randomUUID()}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworkGateways/gw`,
    guid,
    fqdn,
    serverName,
    addressPool: ['172.16.201.0/24'],
    vnetPrefixes: ['10.1.0.0/16', '10.2.0.0/16'],
    roots: toTrusted(roots),
    revokedThumbprints: [],
    serverCertificatePem: server.certificatePem,
    serverKeyPem: server.keyPem,
    serverCaPem: authority.certificatePem,
    tlsAuthKey: makeTlsAuthKey(),
    protocols: [...protocols],
    ready: true,
  };
}

/** Roots as a gateway's state holds them. */
export function toTrusted(roots: readonly TestRoot[]): VpnGatewayState['roots'] {
  return roots.map((root, index) => ({ name: `root${index}`, certificatePem: root.certificatePem }));
}

/** Writes a keyless profile with its key file beside it, and returns the profile's path. */
export function writeProfile(directory: string, gateway: VpnGatewayState, client: TestCertificate): string {
  const folder = join(directory, `profile-${randomUUID()}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'client.key'), client.keyPem, { mode: 0o600 });
  const path = join(folder, 'client.ovpn');
  writeFileSync(path, renderProfile(gateway, client.certificatePem));
  return path;
}

function renderProfile(gateway: VpnGatewayState, certificatePem: string): string {
  return [
    'client',
    `remote ${gateway.fqdn} 443`,
    `verify-x509-name '${gateway.serverName}' name`,
    'remote-cert-tls server',
    '',
    'dev tun',
    'proto tcp',
    'resolv-retry infinite',
    'nobind',
    'auth SHA256',
    'cipher AES-256-GCM',
    'persist-key',
    'persist-tun',
    'tls-timeout 30',
    'tls-version-min 1.2',
    'key-direction 1',
    'verb 3',
    '',
    `<ca>\n${gateway.serverCaPem}\n</ca>`,
    `<tls-auth>\n${gateway.tlsAuthKey}\n</tls-auth>`,
    `<cert>\n${certificatePem}\n</cert>`,
    'key client.key',
    '',
  ].join('\n');
}
