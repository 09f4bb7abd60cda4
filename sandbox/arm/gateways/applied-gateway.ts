import type { ArmContext } from '../arm-call.ts';
import type { StoredResource } from '../arm-state.ts';
import { asObject, asObjects, asText, asTexts, type JsonObject, propertiesOf, referenceOf } from '../json-object.ts';
import { ipConfigurationsOf } from '../network/usage.ts';
import { findResource, listResources, provisioningStateOf } from '../resource-store.ts';
import type { GatewayIdentity } from './gateway-identity.ts';
import { networkIdOf } from './reference-rules.ts';
import { parseRootData } from './root-data.ts';

/** A gateway that runs: the last state that was applied, not the wanted one. */
export interface AppliedGateway {
  readonly id: string;
  readonly identity: GatewayIdentity;
  readonly addressPool: string[];
  readonly vnetPrefixes: string[];
  readonly dnsServers: string[];
  readonly customRoutes: string[];
  readonly protocols: string[];
  readonly authentication: string[];
  readonly roots: { readonly name: string; readonly publicCertData: string }[];
  readonly revokedThumbprints: string[];
  readonly client: JsonObject;
}

/** The running state, or undefined while the gateway has never come up. */
export function readApplied(context: ArmContext, gateway: StoredResource): AppliedGateway | undefined {
  if (gateway.applied === undefined || gateway.identity === undefined) return undefined;
  const properties = propertiesOf(gateway.applied);
  const client = asObject(properties['vpnClientConfiguration']);
  const network = networkOf(context, gateway.applied);
  return {
    id: gateway.id,
    identity: gateway.identity,
    addressPool: prefixesOf(client['vpnClientAddressPool']),
    vnetPrefixes: prefixesOf(network['addressSpace']),
    dnsServers: asTexts(asObject(network['dhcpOptions'])['dnsServers']),
    customRoutes: prefixesOf(properties['customRoutes']),
    protocols: asTexts(client['vpnClientProtocols']),
    authentication: asTexts(client['vpnAuthenticationTypes']),
    roots: asObjects(client['vpnClientRootCertificates']).map((root) => ({
      name: asText(root['name']) ?? '',
      publicCertData: asText(propertiesOf(root)['publicCertData']) ?? '',
    })),
    revokedThumbprints: asObjects(client['vpnClientRevokedCertificates']).map((entry) =>
      (asText(propertiesOf(entry)['thumbprint']) ?? '').toUpperCase(),
    ),
    client,
  };
}

function networkOf(context: ArmContext, gateway: JsonObject): JsonObject {
  const [first] = ipConfigurationsOf(gateway);
  const subnetId = first === undefined ? undefined : referenceOf(propertiesOf(first), 'subnet');
  const network = subnetId === undefined ? undefined : findResource(context, networkIdOf(subnetId));
  return network === undefined ? {} : propertiesOf(network.body);
}

function prefixesOf(space: unknown): string[] {
  return asTexts(asObject(space)['addressPrefixes']);
}

/** What an emulator for the gateway's data plane needs to let clients in. */
export interface VpnGatewayState {
  readonly resourceId: string;
  readonly guid: string;
  readonly fqdn: string;
  readonly serverName: string;
  readonly addressPool: string[];
  readonly vnetPrefixes: string[];
  readonly roots: { readonly name: string; readonly certificatePem: string }[];
  /** Upper-case hex. */
  readonly revokedThumbprints: string[];
  readonly serverCertificatePem: string;
  readonly serverKeyPem: string;
  readonly serverCaPem: string;
  readonly tlsAuthKey: string;
  readonly protocols: string[];
  /** Whether clients can connect: up, with a pool, and not being deleted. */
  readonly ready: boolean;
}

/** Every gateway that has come up, as it runs now. */
export function gatewaysForVpn(context: ArmContext): VpnGatewayState[] {
  return listResources(context, 'virtualNetworkGateways').flatMap((gateway) => {
    const applied = readApplied(context, gateway);
    if (applied === undefined) return [];
    const isLeaving = provisioningStateOf(gateway.body) === 'Deleting';
    return [toVpnState(applied, !isLeaving && applied.addressPool.length > 0)];
  });
}

function toVpnState(applied: AppliedGateway, ready: boolean): VpnGatewayState {
  return {
    resourceId: applied.id,
    ...applied.identity,
    addressPool: applied.addressPool,
    vnetPrefixes: applied.vnetPrefixes,
    roots: applied.roots.map(({ name, publicCertData }) => ({ name, certificatePem: toPem(publicCertData) })),
    revokedThumbprints: applied.revokedThumbprints,
    protocols: applied.protocols,
    ready,
  };
}

/** What was accepted is a certificate. */
function toPem(publicCertData: string): string {
  return parseRootData(publicCertData)?.toString() ?? '';
}
