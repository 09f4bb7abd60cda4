import type { JsonObject, JsonValue } from '../domain/json.ts';

/**
 * Computed by Azure wherever they stand in a network resource: `readOnly` in its API description, or seen in answers only
 * and described nowhere. A setting that nobody here knows is none of these and is kept.
 */
const computedAnywhere = new Set([
  'etag',
  'provisioningState',
  'resourceGuid',
  'defaultBgpIpAddresses',
  'tunnelIpAddresses',
  'vpnClientConnectionHealth',
  'packetCaptureDiagnosticState',
  'isMigrateToCSES',
  'isMigratedLegacySKU',
  'blockUpgradeOfMigratedLegacyGateways',
  'virtualNetworkGatewayMigrationStatus',
  'remoteVirtualNetworkPeerings',
  'vpnStack',
]);
const computedOnTop = new Set(['name', 'type']);
/** What is called the same there is a person's. */
const ownNames = new Set(['tags']);

/**
 * A resource as it was read, in the form in which it may be written: without what Azure computes. A provisioningState that
 * has changed since the read would have the whole write refused.
 */
export function withoutComputed(resource: JsonObject): JsonObject {
  return withoutCapacity(strip(resource, computedOnTop));
}

function strip(object: JsonObject, names: ReadonlySet<string> = new Set()): JsonObject {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([name]) => !computedAnywhere.has(name) && !names.has(name))
      .map(([name, value]) => [name, ownNames.has(name) ? value : stripValue(value)]),
  );
}

function stripValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(stripValue);
  return isObject(value) ? strip(value) : value;
}

/** A gateway's instances are counted by Azure; elsewhere a SKU's capacity is a choice. */
function withoutCapacity(resource: JsonObject): JsonObject {
  const { properties } = resource;
  if (!isObject(properties) || !isObject(properties['sku'])) return resource;
  const { capacity: _computed, ...sku } = properties['sku'];
  return { ...resource, properties: { ...properties, sku } };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
