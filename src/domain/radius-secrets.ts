import { asList, asObject, asText } from './gateway-entries.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** True when the gateway authenticates against RADIUS: its secrets are missing from every read and must be put back. */
export function usesRadius(gateway: JsonObject): boolean {
  const configuration = asObject(asObject(gateway['properties'])['vpnClientConfiguration']);
  return asText(configuration['radiusServerAddress']) !== '' || asList(configuration['radiusServers']).length > 0;
}

/**
 * The body with the RADIUS secrets of Azure's `listRadiusSecrets` answer put back. Azure leaves them out of what it
 * returns and takes a write without them as a request to delete them.
 */
export function withRadiusSecrets(gateway: JsonObject, secrets: JsonObject): JsonObject {
  const properties = asObject(gateway['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  const byAddress = new Map(
    asList(secrets['value']).map((item) => [
      asText(asObject(item)['radiusServerAddress']),
      asObject(item)['radiusServerSecret'],
    ]),
  );
  const single = byAddress.get(asText(configuration['radiusServerAddress']));
  const servers = asList(configuration['radiusServers']).map((item) => withSecret(asObject(item), byAddress));
  return {
    ...gateway,
    properties: {
      ...properties,
      vpnClientConfiguration: {
        ...configuration,
        ...(single === undefined ? {} : { radiusServerSecret: single }),
        ...(servers.length === 0 ? {} : { radiusServers: servers }),
      },
    },
  };
}

function withSecret(server: JsonObject, byAddress: ReadonlyMap<string, JsonValue | undefined>): JsonObject {
  const secret = byAddress.get(asText(server['radiusServerAddress']));
  return secret === undefined ? server : { ...server, radiusServerSecret: secret };
}
