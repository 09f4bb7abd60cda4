import { X509Certificate } from 'node:crypto';
import XMLBuilder from 'fast-xml-builder';
import { asText } from '../json-object.ts';
import type { AppliedGateway } from './applied-gateway.ts';

const declaration = { '?xml': { '@version': '1.0', '@encoding': 'utf-8' } };

function build(document: object): string {
  const builder = new XMLBuilder({ attributeNamePrefix: '@', ignoreAttributes: false, format: true });
  return builder.build({ ...declaration, ...document });
}

/** DER bytes of the authority that signs the gateway's own certificate. */
export function serverRootDer(gateway: AppliedGateway): Buffer {
  return new X509Certificate(gateway.identity.serverCaPem).raw;
}

/** What a client routes into the tunnel. */
function routes(gateway: AppliedGateway): string[] {
  return [...gateway.vnetPrefixes, ...gateway.customRoutes, ...gateway.addressPool];
}

/** `Generic/VpnSettings.xml`. VpnServer and Routes are known; the names of the others are not verified (A8). */
export function renderVpnSettings(gateway: AppliedGateway, authenticationMethod: string): string {
  return build({
    VpnProfile: {
      VpnServer: gateway.identity.fqdn,
      VpnType: gateway.protocols.join(','),
      CaCert: serverRootDer(gateway).toString('base64'),
      Routes: routes(gateway).join(','),
      Auth: authenticationMethod,
      CustomDnsServers: gateway.dnsServers.join(','),
    },
  });
}

/** `AzureVPN/azurevpnconfig.xml` for one kind of authentication. */
export function renderAzureVpnConfig(gateway: AppliedGateway, authentication: string): string {
  return build({
    AzVpnProfile: {
      '@xmlns': 'http://schemas.datacontract.org/2004/07/',
      '@xmlns:i': 'http://www.w3.org/2001/XMLSchema-instance',
      any: { '@xmlns:d2p1': 'http://schemas.microsoft.com/2003/10/Serialization/Arrays', '@i:nil': 'true' },
      clientauth: clientAuthentication(gateway, authentication),
      clientconfig: {
        dnsservers: { dnsserver: gateway.dnsServers },
        includeroutes: {
          route: routes(gateway).map((route) => {
            const [destination = '', mask = ''] = route.split('/');
            return { destination, mask };
          }),
        },
      },
      name: gateway.id.split('/').at(-1),
      protocolconfig: { sslprotocolConfig: { transportprotocol: 'tcp' } },
      serverlist: { ServerEntry: { displayname: { '@i:nil': 'true' }, fqdn: gateway.identity.fqdn } },
      servervalidation: {
        cert: { hash: serverRootDer(gateway).toString('base64'), issuer: { '@i:nil': 'true' } },
        serversecret: tlsAuthHex(gateway),
        type: 'cert',
      },
      version: '1',
    },
  });
}

function clientAuthentication(gateway: AppliedGateway, authentication: string): object {
  if (authentication !== 'AAD') return { type: authentication === 'Radius' ? 'radius' : 'cert' };
  const { client } = gateway;
  const [issuer, tenant, audience] = ['aadIssuer', 'aadTenant', 'aadAudience'].map((name) => asText(client[name]));
  return { aad: { audience, issuer, tenant }, type: 'aad' };
}

/** The static key as one line of 512 hex digits. */
function tlsAuthHex(gateway: AppliedGateway): string {
  return gateway.identity.tlsAuthKey
    .split('\n')
    .filter((line) => /^[0-9a-f]+$/.test(line))
    .join('');
}
