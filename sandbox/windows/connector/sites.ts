import { refused } from '../steps/connector-step.ts';
import type { StepOutcome } from '../world/records.ts';
import type { AzurePackPart, Site } from './part.ts';

/** The tenant portal's own site, and the site of the Tenant API. */
export const tenantSiteName = 'MgmtSvc-TenantSite';
export const tenantApiSiteName = 'MgmtSvc-TenantAPI';

const connectorPort = 40_005;
/**
 * The three sites of the connector; the port of the first is published, the others are guesses that nothing relies on.
 */
const connectorSites = [
  { name: 'MgmtSvc-Connector', port: connectorPort },
  { name: 'MgmtSvc-ConnectorExtension', port: 40_006 },
  { name: 'MgmtSvc-ConnectorController', port: 40_007 },
] as const;
export const connectorSiteNames: readonly string[] = connectorSites.map(({ name }) => name);

export function siteNamed(part: AzurePackPart, name: string): Site | undefined {
  return part.sites.find((site) => site.name === name);
}

/** What a script answers on a machine that has no web server. */
export function withoutWebServer({ sites }: AzurePackPart): StepOutcome | undefined {
  if (sites.length > 0) return undefined;
  return refused('Precondition', 'This machine has no IIS: it is no machine of Windows Azure Pack.');
}

/** Does something on a machine with IIS, and answers as a script does on one without. */
export function withWebServer<C extends { readonly machine: { readonly azurePack: AzurePackPart } }>(
  act: (call: C) => StepOutcome,
): (call: C) => StepOutcome {
  return (call) => withoutWebServer(call.machine.azurePack) ?? act(call);
}

/** Sites by name with their state, as the checks list them: `Missing` where there is none. */
export function siteStates(part: AzurePackPart, names: readonly string[]): { name: string; state: string }[] {
  return names.map((name) => ({ name, state: siteNamed(part, name)?.state ?? 'Missing' }));
}

/** The connector's sites that are there: three when it is installed whole. */
export function connectorSitesOf(part: AzurePackPart): Site[] {
  return part.sites.filter(({ name }) => connectorSiteNames.includes(name));
}

/** Adds the sites of the given products, without a certificate. */
export function addConnectorSites(part: AzurePackPart, names: readonly string[]): void {
  for (const { name, port } of connectorSites) {
    if (names.includes(name) && siteNamed(part, name) === undefined) {
      part.sites.push({ name, port, state: 'Started', settings: {} });
    }
  }
}

export function removeConnectorSites(part: AzurePackPart, names: readonly string[]): void {
  part.sites = part.sites.filter(({ name }) => !names.includes(name));
}
