import type { ArmContext } from '../arm-call.ts';
import { refuseFormat } from '../arm-refusal.ts';
import type { StoredResource } from '../arm-state.ts';
import { asObject, asTexts, type JsonObject, propertiesOf } from '../json-object.ts';
import { provisioningStateOf } from '../resource-store.ts';
import { listSessions } from './sessions.ts';

/** What Azure computes and no API description names (recorded). */
const computedProperties: JsonObject = {
  packetCaptureDiagnosticState: 'None',
  isMigrateToCSES: false,
  isMigratedLegacySKU: false,
  blockUpgradeOfMigratedLegacyGateways: false,
  vpnStack: 'None',
  remoteVirtualNetworkPeerings: [],
};
/** As `computedProperties`, but with a description: writable by what it says, computed by what is seen. */
const describedProperties: JsonObject = {
  enableHighBandwidthVpnGateway: false,
  virtualNetworkGatewayMigrationStatus: { phase: 'None', state: 'None' },
};
const computedOfClients = 'vpnClientConnectionHealth';

/**
 * A gateway as a GET or the answer to a PUT shows it: what is computed is there only while the gateway is in
 * `Succeeded`.
 */
export function renderGateway(context: ArmContext, gateway: StoredResource): JsonObject {
  const properties = propertiesOf(gateway.body);
  if (gateway.identity === undefined) {
    return { ...gateway.body, properties: { ...properties, bgpSettings: bgpSettingsBefore } };
  }
  if (provisioningStateOf(gateway.body) !== 'Succeeded') return gateway.body;
  const computed = { ...describedProperties, ...properties, ...computedProperties };
  const client = asObject(properties['vpnClientConfiguration']);
  if (!hasAddressPool(client)) return { ...gateway.body, properties: computed };
  const counts = {
    vpnClientConnectionsCount: listSessions(context, gateway.id).length,
    totalIngressBytesTransferred: 0,
    totalEgressBytesTransferred: 0,
  };
  const vpnClientConfiguration = { ...client, [computedOfClients]: counts };
  return { ...gateway.body, properties: { ...computed, vpnClientConfiguration } };
}

/** Until a gateway is up it has no numbers and addresses of its own. */
const bgpSettingsBefore: JsonObject = {
  asn: 0,
  peerWeight: 0,
  bgpPeeringAddresses: [{ defaultBgpIpAddresses: [] }],
};

/** Refuses a body that sends back what Azure computed. */
export function checkNothingComputed(body: JsonObject): void {
  const properties = propertiesOf(body);
  const client = asObject(properties['vpnClientConfiguration']);
  const found = [
    ...Object.keys(computedProperties).map(
      (name) => [properties, name, 'VirtualNetworkGateway', 'properties'] as const,
    ),
    [client, computedOfClients, 'VpnClientConfiguration', 'properties.vpnClientConfiguration'] as const,
  ].filter(([holder, name]) => name in holder);
  if (found.length === 0) return;
  const details = found.map(([, name, type, path]) => ({
    code: 'InvalidJson',
    message: `Could not find member '${name}' on object of type '${type}'. Path '${path}.${name}'.`,
  }));
  throw refuseFormat(details);
}

/** Point-to-site is there with an address pool, and not without. */
function hasAddressPool(client: JsonObject): boolean {
  return asTexts(asObject(client['vpnClientAddressPool'])['addressPrefixes']).length > 0;
}

const protocolOrder = ['OpenVPN', 'IkeV2', 'SSTP'];
/** What a configuration that nobody asked for consists of. */
const defaultMembers = ['vpnClientProtocols'];

/**
 * The properties of a gateway whose write has succeeded: a client configuration that was filled in by default is gone,
 * and the protocols are in Azure's order, which need not be that of the request (recorded).
 */
export function settledProperties(properties: JsonObject): JsonObject {
  const { vpnClientConfiguration, ...others } = properties;
  const client = asObject(vpnClientConfiguration);
  if (Object.entries(client).every(([name, value]) => defaultMembers.includes(name) || isEmpty(value))) return others;
  const given = asTexts(client['vpnClientProtocols']);
  const vpnClientProtocols = protocolOrder.filter((protocol) => given.includes(protocol));
  return { ...others, vpnClientConfiguration: { ...client, vpnClientProtocols } };
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
