/** Where Windows Azure Pack's tenant portal listens by default. */
export const tenantPortalPort = 30_081;
/** Where Windows Azure Pack's tenant API listens by default. */
export const tenantApiPort = 30_005;
/** Where the connector's service listens unless its endpoint says otherwise. */
export const connectorPort = 40_005;

/** Host and port of an https endpoint. `URL` hides a port that is the scheme's own. */
export function addressOf(endpoint: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(endpoint);
  return { host: hostname, port: port === '' ? 443 : Number(port) };
}
