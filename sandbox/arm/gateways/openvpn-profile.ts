import type { GatewayIdentity } from './gateway-identity.ts';

/**
 * The directives of the profile that Azure hands out, in its order.
 */
export function renderOpenVpnProfile(identity: GatewayIdentity): string {
  return [
    'client',
    `remote ${identity.fqdn} 443`,
    `verify-x509-name '${identity.serverName}' name`,
    'remote-cert-tls server',
    '',
    'dev tun',
    'proto tcp',
    'resolv-retry infinite',
    'nobind',
    '',
    'auth SHA256',
    'cipher AES-256-GCM',
    'persist-key',
    'persist-tun',
    '',
    'tls-timeout 30',
    'tls-version-min 1.2',
    'key-direction 1',
    '',
    'log openvpn.log',
    'verb 3',
    '',
    block('ca', identity.serverCaPem),
    block('tls-auth', identity.tlsAuthKey),
    // The person's own certificate and key go here by hand: Azure has neither.
    block('cert', '$CLIENTCERTIFICATE'),
    block('key', '$PRIVATEKEY'),
    '',
  ].join('\n');
}

function block(name: string, content: string): string {
  return `<${name}>\n${content.trimEnd()}\n</${name}>`;
}
