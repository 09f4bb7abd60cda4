import type { ServiceResponse } from '../../platform/https-service.ts';
import type { ArmCall, ArmContext } from '../arm-call.ts';
import type { RadiusSecret } from '../arm-state.ts';
import { asObjects, asText, type JsonObject } from '../json-object.ts';
import { requireResource } from '../resource-store.ts';

const secretField = 'radiusServerSecret';

/**
 * A point-to-site configuration as Azure answers with it: RADIUS secrets are never returned.
 */
export function withoutSecrets(client: JsonObject): JsonObject {
  const { [secretField]: _single, ...rest } = client;
  if (!Array.isArray(rest['radiusServers'])) return rest;
  const servers = asObjects(rest['radiusServers']).map(({ [secretField]: _own, ...server }) => server);
  return { ...rest, radiusServers: servers };
}

/**
 * The secrets that a body brings. A server without one has none from now on: a GET, edited and PUT back, wipes them.
 * That is the trap that callers must know, so it is kept.
 */
export function readSecrets(client: JsonObject | undefined): RadiusSecret[] {
  if (client === undefined) return [];
  return [client, ...asObjects(client['radiusServers'])].flatMap((holder) => {
    const radiusServerAddress = asText(holder['radiusServerAddress']);
    const radiusServerSecret = asText(holder[secretField]);
    const isWhole = radiusServerAddress !== undefined && radiusServerSecret !== undefined && radiusServerSecret !== '';
    return isWhole ? [{ radiusServerAddress, radiusServerSecret }] : [];
  });
}

/** POST listRadiusSecrets, answered at once. */
export function listRadiusSecrets(context: ArmContext, call: ArmCall): ServiceResponse {
  const gateway = requireResource(context, call, 'virtualNetworkGateways');
  return { status: 200, body: { value: gateway.radiusSecrets ?? [] } };
}
