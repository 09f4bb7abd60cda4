import { X509Certificate } from 'node:crypto';
import { type Authority, makeAuthority, makeServerCertificate } from './default-certificates.ts';
import type { WorldDefinition } from './records.ts';

const stackDomain = 'azurestack.local';
const wapDomain = 'contoso.com';
const wapVersion = '3.33.8196.14';
const sqlAdministrator = 'CONTOSO\\sqladmin';
const stackAdministrator = 'AZURESTACK\\azurestackadmin';
const resourceGroup = 'OnPremises';

/** Accounts of the default world: their passwords guard nothing but simulated machines. */
const passwords = {
  nat: 'Nat-Simulated-1',
  cloud: 'Cloud-Simulated-1',
  stack: 'Stack-Simulated-1',
  sql: 'Sql-Simulated-1',
};

/** What Key Vault has of these accounts, by the name of the secret. */
export const defaultSecrets: Readonly<Record<string, string>> = {
  'account-natvm-administrator': credential('Administrator', passwords.nat),
  'account-cloud-admin': credential(`cloudadmin@${stackDomain}`, passwords.cloud),
  'account-azurestack-admin': credential(stackAdministrator, passwords.stack),
  'run-as-sql-admin': credential(sqlAdministrator, passwords.sql),
};

/** Where the simulated machines find the connector's package and the installer of URL Rewrite. */
const defaultPackages = {
  connector: { uri: 'https://packages.contoso.com/WAPConnector.zip', sha256: 'c0'.repeat(32) },
  urlRewrite: { uri: 'https://packages.contoso.com/rewrite_amd64.msi', sha256: 'd1'.repeat(32) },
};

/**
 * The machines of the two source procedures: an Azure Stack POC as its deployment leaves it (host, NATVM, privileged
 * endpoint, AzS-WASP01), two Windows Azure Pack Express computers, and a user's PC.
 */
export async function createDefaultWorld(): Promise<WorldDefinition> {
  const stackRoot = await makeAuthority('AzureStackSelfSignedRootCert');
  const top = await makeAuthority('Contoso Root');
  const issuing = await makeAuthority('Contoso Issuing', top);
  const wapComputers = await Promise.all([1, 2].map((number) => wapComputer(number, top, issuing)));
  const signingCertificate = await makeServerCertificate('adfs.local.azurestack.external', stackRoot);
  return {
    machines: [...stackMachines(stackRoot), ...wapComputers, userComputer(top, issuing)],
    domains: [
      {
        dnsName: stackDomain,
        netBiosName: 'AZURESTACK',
        accounts: [
          { name: 'CloudAdmin', password: passwords.cloud },
          {
            name: 'azurestackadmin',
            password: passwords.stack,
            userPrincipalName: `azurestackadmin@${stackDomain}`,
          },
        ],
      },
      { dnsName: wapDomain, netBiosName: 'CONTOSO', accounts: [{ name: 'sqladmin', password: passwords.sql }] },
    ],
    network: {
      names: {
        'portal.azurestack.local': '192.168.133.74',
        'portal.local.azurestack.external': '192.168.102.5',
        'packages.contoso.com': '10.20.0.9',
      },
      servers: [
        { address: '10.20.0.9', port: 443 },
        { address: '192.168.133.74', port: 443 },
        { address: '192.168.102.5', port: 443 },
      ],
    },
    connector: connectorPart(signingCertificate),
  };
}

function stackMachines(root: Authority): WorldDefinition['machines'] {
  return [
    {
      id: 'azs-host1',
      role: 'host',
      computerName: 'AZS-HOST1',
      domain: stackDomain,
      ...reachedAs('AZS-HOST1'),
      nics: [{ alias: 'Deployment', address: '192.168.200.2' }],
      certificates: [{ store: 'Root', certificate: root.der }],
    },
    {
      id: 'natvm',
      role: 'natvm',
      computerName: 'NATVM',
      accounts: [{ name: 'Administrator', password: passwords.nat, isAdministrator: true }],
      nics: [
        { alias: 'Ethernet', address: '192.168.200.1', dnsServers: ['192.168.200.67'] },
        { alias: 'Ethernet 2', address: '10.57.3.20', gateway: '10.57.3.1' },
      ],
      openPorts: [5985],
      services: { RemoteAccess: 'Running' },
      remoteAccess: {
        natModes: { Ethernet: 'private', 'Ethernet 2': 'full' },
        policies: [{ name: 'Connections to Microsoft Routing and Remote Access server', isEnabled: false }],
      },
    },
    { id: 'azs-ercs01', role: 'ercs', computerName: 'azs-ercs01', domain: stackDomain },
    {
      id: 'azs-wasp01',
      role: 'wasp',
      computerName: 'AzS-WASP01',
      domain: stackDomain,
      administrators: [stackAdministrator],
    },
  ];
}

async function wapComputer(
  number: number,
  top: Authority,
  issuing: Authority,
): Promise<WorldDefinition['machines'][number]> {
  const name = `wapcomputer${number}`;
  const certificate = await makeServerCertificate(`${name}.${wapDomain}`, issuing);
  const thumbprint = new X509Certificate(Buffer.from(certificate, 'base64')).fingerprint.replaceAll(':', '');
  return {
    id: name,
    role: 'wap',
    computerName: name,
    domain: wapDomain,
    ...reachedAs(name),
    administrators: [sqlAdministrator],
    certificates: [...storesOf(top, issuing), { store: 'My', certificate, hasPrivateKey: true }],
    products: ['TenantSite', 'TenantAPI', 'TenantPublicAPI'].map((role) => ({
      name: `Windows Azure Pack - ${role} - 2013`,
      version: wapVersion,
    })),
    azurePack: {
      sites: [
        { name: 'MgmtSvc-TenantSite', port: 30_081, thumbprint },
        { name: 'MgmtSvc-TenantAPI', port: 30_005, thumbprint },
      ],
      tenantApi: { version: wapVersion, sqlServer: name },
    },
  };
}

function userComputer(top: Authority, issuing: Authority): WorldDefinition['machines'][number] {
  return {
    id: 'client',
    role: 'client',
    computerName: 'PC1',
    ...reachedAs('PC1'),
    certificates: storesOf(top, issuing),
  };
}

function connectorPart(signingCertificate: string): WorldDefinition['connector'] {
  const hosts = ['wapcomputer1', 'wapcomputer2'];
  return {
    azureStack: {
      portalFqdn: 'portal.local.azurestack.external',
      realm: 'https://adfs.local.azurestack.external/adfs/c1d72562-534e-4aa5-92aa-d65df289a107/',
      signingCertificate,
    },
    packages: [
      { ...defaultPackages.connector, sizeBytes: 60_000_000, kind: 'connector', version: '3.40.8500.1' },
      { ...defaultPackages.urlRewrite, sizeBytes: 6_000_000, kind: 'urlRewrite', version: '7.2.1993' },
    ],
    sqlServers: Object.fromEntries(hosts.map((host) => [host, { machineId: host, sysadmins: [sqlAdministrator] }])),
    virtualMachines: Object.fromEntries(hosts.map((host) => [`${host}.${wapDomain}`, [`${host}-vm1`, `${host}-vm2`]])),
  };
}

/** It has an SSH server, and an Azure Arc agent of this name. */
function reachedAs(name: string): Pick<WorldDefinition['machines'][number], 'ssh' | 'arc'> {
  return { ssh: {}, arc: { resourceGroup, name } };
}

function storesOf(top: Authority, issuing: Authority): WorldDefinition['machines'][number]['certificates'] & object {
  return [
    { store: 'Root', certificate: top.der },
    { store: 'CA', certificate: issuing.der },
  ];
}

function credential(username: string, password: string): string {
  return JSON.stringify({ username, password });
}
