import { asList, asObject, asText } from './gateway-entries.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** Id of the virtual network that a gateway stands in; undefined when its body does not say. */
export function networkOf(gateway: JsonObject): string | undefined {
  const [first] = asList(asObject(gateway['properties'])['ipConfigurations']).map(asObject);
  const subnetId = asText(asObject(asObject(first?.['properties'])['subnet'])['id']);
  const [networkId, subnet] = subnetId.split(/\/subnets\//i);
  return subnet === undefined ? undefined : networkId;
}

/**
 * Everything of a gateway and its network that Azure puts into a profile package: when this changes, old packages are
 * stale.
 */
export function profileBasis(gateway: JsonObject, network: JsonObject): JsonValue {
  const properties = asObject(gateway['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  const ofNetwork = asObject(network['properties']);
  return [
    pick(configuration, ['vpnClientAddressPool', 'aadTenant', 'aadAudience', 'aadIssuer', 'radiusServerAddress']),
    texts(configuration['vpnClientProtocols']),
    texts(configuration['vpnAuthenticationTypes']),
    texts(asObject(properties['customRoutes'])['addressPrefixes']),
    texts(asObject(ofNetwork['addressSpace'])['addressPrefixes']),
    // In this order clients ask them.
    asList(asObject(ofNetwork['dhcpOptions'])['dnsServers']),
    asList(ofNetwork['virtualNetworkPeerings'])
      .flatMap((peering) =>
        texts(asObject(asObject(asObject(peering)['properties'])['remoteAddressSpace'])['addressPrefixes']),
      )
      .toSorted(),
  ];
}

function pick(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, object[name] ?? null]));
}

/** Azure answers some lists in another order than before. */
function texts(value: JsonValue | undefined): readonly string[] {
  return asList(value).map(asText).toSorted();
}
