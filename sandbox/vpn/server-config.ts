import { ipv4Prefixes, toNetworkAndMask } from './address-plan.ts';
import type { VpnGatewayState } from './gateway-state.ts';

/**
 * Files of a gateway, all in its own folder, where OpenVPN is started: names are relative, so no path needs quoting.
 */
export const gatewayFiles = {
  config: 'server.conf',
  roots: 'roots',
  certificate: 'server.pem',
  key: 'server-key.pem',
  tlsAuth: 'ta.key',
  management: 'management.sock',
} as const;

/** The OpenVPN configuration of a gateway: the one that facts, data plane, section 1 found to behave like Azure's. */
export function renderServerConfig(state: VpnGatewayState): string {
  const pool = toNetworkAndMask(state.addressPool[0] ?? '');
  const routes = ipv4Prefixes(state.vnetPrefixes).map(toNetworkAndMask);
  return [
    'mode server',
    'tls-server',
    'proto tcp-server',
    'port 443',
    'dev tun',
    // The kernel's own data channel differs from machine to machine; the user-space one is everywhere.
    'disable-dco',
    'topology subnet',
    `server ${pool.network} ${pool.mask}`,
    ...routes.map((route) => `push "route ${route.network} ${route.mask}"`),
    // A folder and not a file: OpenVPN reads a new root from it when one is needed, without dropping anybody, starts
    // without any root, and takes two roots with one subject, all of which `ca` does not.
    `capath ${gatewayFiles.roots}`,
    `cert ${gatewayFiles.certificate}`,
    `key ${gatewayFiles.key}`,
    'dh none',
    `tls-auth ${gatewayFiles.tlsAuth} 0`,
    'auth SHA256',
    'cipher AES-256-GCM',
    'data-ciphers AES-256-GCM',
    'tls-version-min 1.2',
    'verify-client-cert require',
    // Not `remote-cert-tls client`, which refuses a certificate without keyUsage.
    'remote-cert-eku "TLS Web Client Authentication"',
    // It says no more than that the usage is somewhere in the list: the policy reads where.
    'x509-track extendedKeyUsage',
    // Azure lets one person connect from two machines.
    'duplicate-cn',
    'keepalive 10 60',
    'reneg-sec 0',
    'verb 3',
    // OpenVPN calls here and ends when the call ends: without its policy no gateway lives on.
    `management ${gatewayFiles.management} unix`,
    'management-client',
    'management-client-auth',
    'auth-user-pass-optional',
    '',
  ].join('\n');
}
