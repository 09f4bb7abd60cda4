import type { WorldDefinition } from '../../sandbox/windows/world/records.ts';
import { type Authority, createAuthority, type StoredCertificate } from './authority.ts';

/** How many clouds of Windows Azure Pack there are, and of what each consists. */
export interface PackShape {
  readonly clouds: number;
  /** Machines of each kind in each cloud; `express` where one computer is all of it. */
  readonly perCloud: 'express' | { readonly portals: number; readonly apis: number };
}

/** One cloud of that shape, by the names of its machines. */
export interface PackCloud {
  readonly name: string;
  readonly portals: readonly string[];
  readonly apis: readonly string[];
  readonly portalFqdn: string;
  readonly apiFqdn: string;
}

type Machine = WorldDefinition['machines'][number];

const wapVersion = '3.33.8196.14';
const sites = {
  portal: { name: 'MgmtSvc-TenantSite', port: 30_081 },
  api: { name: 'MgmtSvc-TenantAPI', port: 30_005 },
};
const products = { portal: ['TenantSite'], api: ['TenantAPI', 'TenantPublicAPI'] };
type Part = keyof typeof products;

export const packAccounts = {
  'account-cloud-admin': { username: 'cloudadmin@azurestack.local', password: 'Cl0ud-Admin' },
  'account-azurestack-admin': { username: 'AZURESTACK\\azurestackadmin', password: 'St@ck-Admin' },
  'run-as-sql-admin': { username: 'CONTOSO\\sqladmin', password: 'Sql-Admin-1' },
} as const;
export const packFile = { uri: 'https://packages.contoso.com/wap-connector.zip', sha256: 'a'.repeat(64) };
export const packPortal = 'portal.local.azurestack.external';

export function cloudsOf({ clouds, perCloud }: PackShape): readonly PackCloud[] {
  return Array.from({ length: clouds }, (_, index) => {
    const number = index + 1;
    const named = (kind: string, count: number): readonly string[] =>
      Array.from({ length: count }, (_value, position) => `${kind}${number}-${position + 1}`);
    const express = named('wap', 1);
    const isExpress = perCloud === 'express';
    return {
      name: `AzurePack_${number}`,
      portals: isExpress ? express : named('portal', perCloud.portals),
      apis: isExpress ? express : named('api', perCloud.apis),
      portalFqdn: isExpress ? `wap${number}.contoso.com` : `portal${number}.contoso.com`,
      apiFqdn: isExpress ? `wap${number}.contoso.com` : `api${number}.contoso.com`,
    };
  });
}

/** Azure Stack's machines, a tenant's computer, and the clouds: nothing of the connector is there yet. */
export async function packWorld(shape: PackShape): Promise<WorldDefinition> {
  const authority = await createAuthority('Contoso Root');
  const clouds = cloudsOf(shape);
  const machines = await Promise.all(clouds.map((cloud) => machinesOf(cloud, authority)));
  return {
    machines: [...azureStackMachines(authority), ...machines.flat()],
    domains: [
      aDomain('azurestack.local', 'AZURESTACK', ['account-cloud-admin', 'account-azurestack-admin']),
      aDomain('contoso.com', 'CONTOSO', ['run-as-sql-admin']),
    ],
    network: { names: { [packPortal]: '192.168.102.5' } },
    connector: {
      azureStack: {
        portalFqdn: packPortal,
        realm: 'https://adfs.local.azurestack.external/adfs/c1d72562-534e-4aa5-92aa-d65df289a107/',
        signingCertificate: (await authority.issue('adfs.local.azurestack.external')).certificate,
      },
      packages: [{ ...packFile, sizeBytes: 60_000_000, kind: 'connector', version: '3.40.8500.1' }],
      sqlServers: Object.fromEntries(
        clouds.map(({ apis: [first = ''] }) => [
          first,
          { machineId: first, sysadmins: [packAccounts['run-as-sql-admin'].username] },
        ]),
      ),
    },
  };
}

function azureStackMachines(authority: Authority): readonly Machine[] {
  const domain = 'azurestack.local';
  const administrators = [packAccounts['account-azurestack-admin'].username];
  return [
    { id: 'host', role: 'host', computerName: 'AZS-HOST1', domain, ssh: {} },
    { id: 'ercs', role: 'ercs', computerName: 'azs-ercs01', domain },
    { id: 'wasp', role: 'wasp', computerName: 'AzS-WASP01', domain, administrators },
    { id: 'client', role: 'client', computerName: 'PC1', ssh: {}, certificates: [rootOf(authority)] },
  ];
}

function machinesOf(cloud: PackCloud, authority: Authority): Promise<readonly Machine[]> {
  const { portals, apis, portalFqdn, apiFqdn } = cloud;
  const sqlServer = apis[0] ?? '';
  if (portals === apis) {
    return Promise.all(portals.map((id) => aPackMachine(id, ['portal', 'api'], portalFqdn, { authority, sqlServer })));
  }
  return Promise.all([
    ...portals.map((id) => aPackMachine(id, ['portal'], portalFqdn, { authority, sqlServer })),
    ...apis.map((id) => aPackMachine(id, ['api'], apiFqdn, { authority, sqlServer })),
  ]);
}

async function aPackMachine(
  id: string,
  parts: readonly Part[],
  fqdn: string,
  { authority, sqlServer }: { readonly authority: Authority; readonly sqlServer: string },
): Promise<Machine> {
  const own = await authority.issue(fqdn);
  const [only = 'portal'] = parts;
  return {
    id,
    role: parts.length > 1 ? 'wap' : only,
    computerName: id.toUpperCase(),
    names: [fqdn],
    domain: 'contoso.com',
    ssh: {},
    administrators: [packAccounts['run-as-sql-admin'].username],
    certificates: [rootOf(authority), { store: 'My', certificate: own.certificate, hasPrivateKey: true }],
    products: parts
      .flatMap((part) => products[part])
      .map((role) => ({ name: `Windows Azure Pack - ${role} - 2013`, version: wapVersion })),
    azurePack: {
      sites: parts.map((part) => ({ ...sites[part], thumbprint: own.thumbprint })),
      urlRewrite: { version: '7.2.1993' },
      ...(parts.includes('api') ? { tenantApi: { version: wapVersion, sqlServer } } : {}),
    },
  };
}

function rootOf({ certificate }: StoredCertificate): { readonly store: 'Root'; readonly certificate: string } {
  return { store: 'Root', certificate };
}

function aDomain(dnsName: string, netBiosName: string, secrets: readonly (keyof typeof packAccounts)[]) {
  const accounts = secrets.map((secret) => {
    const { username, password } = packAccounts[secret];
    return { name: username.replace(/@.*$/, '').replace(/^.*\\/, ''), password };
  });
  return { dnsName, netBiosName, accounts };
}
