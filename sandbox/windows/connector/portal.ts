import type { WindowsMachine, World } from '../world/records.ts';
import { thumbprintOf } from './data-file.ts';
import { settleEndpoint } from './multi-cloud.ts';
import { lookAt, machinesBehind } from './network.ts';
import { connectorSiteNames, connectorSitesOf, siteNamed, tenantApiSiteName } from './sites.ts';
import { sqlServerNamed, trusts } from './sql.ts';

/** What a tenant sees of one WAP cloud in Azure Stack's portal. */
export interface TenantView {
  /** In the drop-down list of clouds. */
  readonly isListed: boolean;
  /** What the portal cannot fetch, and why: empty when the cloud works. */
  readonly errors: readonly string[];
  readonly virtualMachines: readonly string[];
}

interface Look {
  readonly world: World;
  readonly nowMs: number;
  /** From where the endpoint has to be reached and trusted. */
  readonly from: readonly WindowsMachine[];
}

/**
 * The portal as a tenant has it, who is signed in with the same name in both clouds. A WAP cloud works only where every
 * machine of it is right, seen from the portal's own machine and from the tenant's computer, where one is named.
 */
export function tenantView(
  world: World,
  cloudName: string,
  { nowMs, tenantMachineId }: { readonly nowMs: number; readonly tenantMachineId?: string },
): TenantView {
  settleEndpoint(world, nowMs);
  const { multiCloud, virtualMachines } = world.connector;
  const cloud = multiCloud.clouds.find(({ name }) => name === cloudName);
  if (!multiCloud.isOn || cloud === undefined) {
    return { isListed: false, errors: [`${cloudName} is not among the clouds.`], virtualMachines: [] };
  }
  const from = world.machines().filter(({ id, role }) => role === 'wasp' || id === tenantMachineId);
  const look = { world, nowMs, from };
  const { hostname, port } = new URL(cloud.endpoint);
  const seenErrors = [...reachErrors(look, hostname, Number(port || '443')), ...portalErrors(look, hostname)];
  const apiHosts = new Set(
    machinesBehind(world, hostname).flatMap(({ azurePack }) =>
      connectorSitesOf(azurePack).flatMap(({ settings }) => settings['tenantApiFqdn'] ?? []),
    ),
  );
  const errors = [...seenErrors, ...[...apiHosts].flatMap((host) => apiErrors(look, host))];
  const [apiHost] = apiHosts;
  if (errors.length > 0 || apiHost === undefined) return { isListed: true, errors, virtualMachines: [] };
  return { isListed: true, errors: [], virtualMachines: virtualMachines[apiHost] ?? [] };
}

/** Every machine behind the endpoint, since a user meets any of them. */
function reachErrors({ world, nowMs, from }: Look, host: string, port: number): string[] {
  const targets = machinesBehind(world, host);
  if (targets.length === 0) return [`${host} is nobody's name.`];
  return from.flatMap((machine) =>
    targets.flatMap((only) => {
      const { issue } = lookAt({ world, machine, host, port, nowMs, isTlsWanted: true, only });
      return issue === '' ? [] : [`From ${machine.id}, ${host}:${port} on ${only.id} is ${issue}.`];
    }),
  );
}

/** The three sites on every machine behind the endpoint, each with the names that are really in use. */
function portalErrors({ world }: Look, host: string): string[] {
  return machinesBehind(world, host).flatMap((machine) => {
    const sites = connectorSitesOf(machine.azurePack);
    if (sites.length < connectorSiteNames.length) return [`${machine.id} has not all three sites of the connector.`];
    if (machine.isRestartPending) return [`${machine.id} has to start again first.`];
    return sites.flatMap((site) => {
      if (site.state !== 'Started') return [`${site.name} on ${machine.id} is stopped.`];
      const wrong = Object.entries(wantedSettings(world, host)).filter(([key, value]) => site.settings[key] !== value);
      const hasApi = machinesBehind(world, site.settings['tenantApiFqdn'] ?? '').length > 0;
      return [
        ...wrong.map(([key]) => `${site.name} on ${machine.id} has another ${key}.`),
        ...(hasApi ? [] : [`${site.name} on ${machine.id} knows no Tenant API.`]),
      ];
    });
  });
}

function wantedSettings(world: World, host: string): Readonly<Record<string, string>> {
  return { tenantPortalFqdn: host, azureStackPortalFqdn: world.connector.azureStack.portalFqdn };
}

/** Every machine that answers for the Tenant API takes Azure Stack's tokens: a user meets any of them. */
function apiErrors({ world }: Look, host: string): string[] {
  return machinesBehind(world, host).flatMap((machine) => {
    const { tenantApi } = machine.azurePack;
    const site = siteNamed(machine.azurePack, tenantApiSiteName);
    if (tenantApi === undefined || site?.state !== 'Started') return [`${machine.id} has no Tenant API running.`];
    if (machine.isRestartPending) return [`${machine.id} has to start again first.`];
    if (!takesTwoTokenServices(world, tenantApi.version)) {
      return [`The Tenant API of ${machine.id} trusts one token service only.`];
    }
    return trustErrors(world, tenantApi.sqlServer);
  });
}

/** Only a Tenant API out of the connector's package does. */
function takesTwoTokenServices({ connector }: World, version: string): boolean {
  return connector.packages.some((offered) => offered.kind === 'connector' && offered.version === version);
}

function trustErrors(world: World, sqlServer: string): string[] {
  const server = sqlServerNamed(world.connector, sqlServer);
  const { realm, signingCertificate } = world.connector.azureStack;
  const thumbprint = thumbprintOf(signingCertificate) ?? '';
  if (server === undefined) return [`${sqlServer} is no SQL server.`];
  if (server.isCorrupt) return [`The store of ${sqlServer} is spoilt.`];
  return trusts(server, { realm, thumbprint }) ? [] : [`${sqlServer} does not trust Azure Stack's tokens.`];
}
