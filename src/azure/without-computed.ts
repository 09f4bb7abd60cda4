import type { JsonObject, JsonValue } from '../domain/json.ts';

/**
 * Computed by Azure wherever they stand in a network resource (`readOnly` in its API description, or seen in what it
 * answers).
 */
const computedAnywhere = [
  'etag',
  'provisioningState',
  'resourceGuid',
  'defaultBgpIpAddresses',
  'tunnelIpAddresses',
  'vpnClientConnectionHealth',
];

/**
 * Computed where they stand here. A gateway's instances are counted by Azure; elsewhere a SKU's capacity is a choice.
 */
const computedAt = [
  'name',
  'type',
  'systemData',
  // Gateways: the first in the API description, the others in recordings and exports.
  'properties.inboundDnsForwardingEndpoint',
  'properties.virtualNetworkGatewayMigrationStatus',
  'properties.packetCaptureDiagnosticState',
  'properties.isMigrateToCSES',
  'properties.isMigratedLegacySKU',
  'properties.blockUpgradeOfMigratedLegacyGateways',
  'properties.remoteVirtualNetworkPeerings',
  'properties.vpnStack',
  'properties.sku.capacity',
  'properties.ipConfigurations.properties.privateIPAddress',
  'properties.virtualNetworkGatewayPolicyGroups.properties.vngClientConnectionConfigurations',
  // Virtual networks, by the API description.
  'properties.defaultPublicNatGateway',
  'properties.flowLogs',
  'properties.bgpCommunities.regionalCommunity',
  'properties.subnets.properties.ipConfigurations',
  'properties.subnets.properties.ipConfigurationProfiles',
  'properties.subnets.properties.privateEndpoints',
  'properties.subnets.properties.purpose',
  'properties.subnets.properties.resourceNavigationLinks',
  'properties.subnets.properties.serviceAssociationLinks',
  'properties.virtualNetworkPeerings.properties.remoteVirtualNetworkEncryption',
];

// Azure reads names without regard to letter case, and has changed the case of its own.
const anywhere = new Set(computedAnywhere.map((name) => name.toLowerCase()));
const places = new Set(computedAt.map((place) => place.toLowerCase()));
/** What is called the same there is a person's. */
const ownNames = new Set(['tags']);

/**
 * A resource as it was read, in the form in which it may be written: without what Azure computes. A provisioningState
 * that has changed since the read would have the whole write refused. What nobody knows is taken for a setting and
 * kept.
 */
export function withoutComputed(resource: JsonObject): JsonObject {
  return strip(resource, '');
}

function strip(object: JsonObject, path: string): JsonObject {
  const kept = Object.entries(object).filter(([name, value]) => !isComputed(name, value, path));
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      ownNames.has(name.toLowerCase()) ? value : stripValue(value, `${path}${name.toLowerCase()}.`),
    ]),
  );
}

function stripValue(value: JsonValue, path: string): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => stripValue(item, path));
  return isObject(value) ? strip(value, path) : value;
}

function isComputed(name: string, value: JsonValue, path: string): boolean {
  const key = name.toLowerCase();
  // A part of a resource says its own type, where a setting of that name says another thing.
  const isOwnType = key === 'type' && typeof value === 'string' && /^Microsoft\.Network\//i.test(value);
  return isOwnType || anywhere.has(key) || places.has(`${path}${key}`);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
