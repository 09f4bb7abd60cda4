import type { ArmContext } from '../arm-call.ts';
import type { StoredResource } from '../arm-state.ts';
import { asObject, asObjects, asText, asTexts, isObject, type JsonObject, propertiesOf } from '../json-object.ts';
import type { PreparedPut } from '../put-resource.ts';
import { spell, spellings } from './gateway-schema.ts';

/** A wanted gateway, read once for all rules. */
export interface GatewayPlan {
  readonly context: ArmContext;
  readonly id: string;
  readonly location: string;
  readonly existing: StoredResource | undefined;
  readonly gatewayType: string;
  readonly vpnType: string;
  readonly sku: string;
  readonly generation: string;
  readonly activeActive: boolean;
  readonly ipConfigurations: readonly JsonObject[];
  /** The point-to-site part; undefined when the body has none. */
  readonly client: JsonObject | undefined;
  readonly protocols: readonly string[];
  readonly authentication: readonly string[];
  readonly pools: readonly string[];
}

const defaultProtocols = ['OpenVPN', 'IkeV2'];

export function readGatewayPlan(context: ArmContext, prepared: PreparedPut): GatewayPlan {
  const properties = propertiesOf(prepared.body);
  const client = isObject(properties['vpnClientConfiguration']) ? properties['vpnClientConfiguration'] : undefined;
  const sku = spell(spellings.sku, asText(asObject(properties['sku'])['name']) ?? '');
  return {
    context,
    id: prepared.id,
    location: prepared.location,
    existing: prepared.existing,
    gatewayType: spell(spellings.gatewayType, asText(properties['gatewayType']) ?? ''),
    vpnType: spell(spellings.vpnType, asText(properties['vpnType']) ?? 'RouteBased'),
    sku,
    generation: spell(
      spellings.vpnGatewayGeneration,
      asText(properties['vpnGatewayGeneration']) ?? defaultGeneration(sku, prepared.existing),
    ),
    activeActive: properties['activeActive'] === true,
    ipConfigurations: (properties['ipConfigurations'] as JsonObject[] | undefined) ?? [],
    client,
    protocols: readProtocols(client, sku),
    authentication: readAuthentication(client),
    pools: asTexts(asObject(client?.['vpnClientAddressPool'])['addressPrefixes']),
  };
}

/**
 * A gateway that exists keeps its generation; the two largest SKUs exist in the second only.
 */
function defaultGeneration(sku: string, existing: StoredResource | undefined): string {
  const kept = existing === undefined ? undefined : asText(propertiesOf(existing.body)['vpnGatewayGeneration']);
  return kept ?? (/^VpnGw[45]/.test(sku) ? 'Generation2' : 'Generation1');
}

function readProtocols(client: JsonObject | undefined, sku: string): string[] {
  const given = asTexts(client?.['vpnClientProtocols']).map((protocol) => spell(spellings.protocol, protocol));
  if (given.length > 0) return given;
  // Azure's own default, as recorded; the Basic SKU got none.
  return sku === 'Basic' ? [] : defaultProtocols;
}

function readAuthentication(client: JsonObject | undefined): string[] {
  const given = asTexts(client?.['vpnAuthenticationTypes']).map((kind) => spell(spellings.authentication, kind));
  if (given.length > 0 || client === undefined) return given;
  if (asText(client['aadTenant']) !== undefined) return ['AAD'];
  if (asText(client['radiusServerAddress']) !== undefined) return ['Radius'];
  // Empty until there is a root to know a certificate by (recorded).
  return asObjects(client['vpnClientRootCertificates']).length > 0 ? ['Certificate'] : [];
}
