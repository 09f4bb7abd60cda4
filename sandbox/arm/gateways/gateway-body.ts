import { asObject, asObjects, asText, type JsonObject, propertiesOf, referenceOf } from '../json-object.ts';
import { addressAt } from '../network/address-prefixes.ts';
import { subnetName, subnetPrefixes } from '../network/subnet-rules.ts';
import { sameId } from '../resource-id.ts';
import { findResource } from '../resource-store.ts';
import type { GatewayPlan } from './gateway-plan.ts';
import { withoutSecrets } from './radius-secrets.ts';
import { networkIdOf } from './reference-rules.ts';

/** The whole `properties` of a gateway: what the caller sent, unknown fields included, and Azure's defaults. */
export function gatewayProperties(plan: GatewayPlan, given: JsonObject): JsonObject {
  return {
    enablePrivateIpAddress: false,
    enableBgp: false,
    disableIPSecReplayProtection: false,
    enableBgpRouteTranslationForNat: false,
    allowVirtualWanTraffic: false,
    allowRemoteVnetTraffic: false,
    natRules: [],
    virtualNetworkGatewayPolicyGroups: [],
    ...given,
    activeActive: plan.activeActive,
    gatewayType: plan.gatewayType,
    vpnType: plan.vpnType,
    vpnGatewayGeneration: plan.generation,
    sku: { ...asObject(given['sku']), name: plan.sku, tier: plan.sku, capacity: 2 },
    bgpSettings: bgpSettings(plan, asObject(given['bgpSettings'])),
    ipConfigurations: plan.ipConfigurations.map(withAllocation),
    ...clientConfiguration(plan),
  };
}

function withAllocation(configuration: JsonObject): JsonObject {
  return {
    ...configuration,
    properties: { privateIPAllocationMethod: 'Dynamic', ...propertiesOf(configuration) },
  };
}

/**
 * A VpnGw SKU answers a PUT with a configuration even when none was sent; the Basic SKU does not.
 */
function clientConfiguration(plan: GatewayPlan): JsonObject {
  if (plan.client === undefined && plan.sku === 'Basic') return {};
  const client = withoutSecrets(plan.client ?? {});
  return {
    vpnClientConfiguration: {
      ...client,
      vpnClientProtocols: plan.protocols,
      vpnAuthenticationTypes: plan.authentication,
      vpnClientRootCertificates: asObjects(client['vpnClientRootCertificates']),
      vpnClientRevokedCertificates: asObjects(client['vpnClientRevokedCertificates']),
      vpnClientIpsecPolicies: client['vpnClientIpsecPolicies'] ?? [],
      radiusServers: client['radiusServers'] ?? [],
      vngClientConnectionConfigurations: client['vngClientConnectionConfigurations'] ?? [],
    },
  };
}

function bgpSettings(plan: GatewayPlan, given: JsonObject): JsonObject {
  const peerings = plan.ipConfigurations.map((configuration, index) => ({
    ipconfigurationId: `${plan.id}/ipConfigurations/${asText(configuration['name']) ?? ''}`,
    defaultBgpIpAddresses: [peeringAddress(plan, configuration, index)],
    customBgpIpAddresses: [],
    tunnelIpAddresses: publicAddress(plan, configuration),
  }));
  return {
    asn: 65515,
    peerWeight: 0,
    ...given,
    bgpPeeringAddress: peerings.flatMap((peering) => peering.defaultBgpIpAddresses).join(','),
    bgpPeeringAddresses: peerings,
  };
}

/** Azure keeps the first four addresses of a subnet; the gateway's instances come near the end of it. */
function peeringAddress(plan: GatewayPlan, configuration: JsonObject, index: number): string {
  const subnetId = referenceOf(propertiesOf(configuration), 'subnet') ?? '';
  const network = findResource(plan.context, networkIdOf(subnetId));
  const subnet = asObjects(network && propertiesOf(network.body)['subnets']).find((candidate) =>
    sameId(`${networkIdOf(subnetId)}/subnets/${subnetName(candidate)}`, subnetId),
  );
  const [prefix = '10.0.0.0/27'] = subnet === undefined ? [] : subnetPrefixes(subnet);
  return addressAt(prefix, 4 + index);
}

function publicAddress(plan: GatewayPlan, configuration: JsonObject): string[] {
  const id = referenceOf(propertiesOf(configuration), 'publicIPAddress');
  const address = id === undefined ? undefined : findResource(plan.context, id);
  const ipAddress = address === undefined ? undefined : asText(propertiesOf(address.body)['ipAddress']);
  return ipAddress === undefined ? [] : [ipAddress];
}
