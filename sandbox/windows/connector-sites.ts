import type { AzurePackPart, Site } from './connector-part.ts';

/** The tenant portal's own site, and the site of the Tenant API. */
export const tenantSiteName = 'MgmtSvc-TenantSite';
export const tenantApiSiteName = 'MgmtSvc-TenantAPI';

export const connectorPort = 40_005;
/** The three sites of the connector; the port of the first is published, the others are guesses that nothing relies on. */
const connectorSites = [
  { name: 'MgmtSvc-Connector', port: connectorPort },
  { name: 'MgmtSvc-ConnectorExtension', port: 40_006 },
  { name: 'MgmtSvc-ConnectorController', port: 40_007 },
] as const;
export const connectorSiteNames: readonly string[] = connectorSites.map(({ name }) => name);

export function siteNamed(part: AzurePackPart, name: string): Site | undefined {
  return part.sites.find((site) => site.name === name);
}

/** The connector's sites that are there: three when it is installed whole. */
export function connectorSitesOf(part: AzurePackPart): Site[] {
  return part.sites.filter(({ name }) => connectorSiteNames.includes(name));
}

/** Adds the sites of the given products, without a certificate. */
export function addConnectorSites(part: AzurePackPart, names: readonly string[]): void {
  for (const { name, port } of connectorSites)
    if (names.includes(name) && siteNamed(part, name) === undefined)
      part.sites.push({ name, port, state: 'Started', settings: {} });
}

export function removeConnectorSites(part: AzurePackPart, names: readonly string[]): void {
  part.sites = part.sites.filter(({ name }) => !names.includes(name));
}
