/**
 * The data centre of the connector's tests, as the control API takes it, and how the application gets to its machines.
 */
import { thumbprintOf } from '../../../sandbox/windows/connector/data-file.ts';
import type { WindowsMachine, WorldDefinition, WorldParts } from '../../../sandbox/windows/world/records.ts';
import type { RunningTestStack } from '../../support/stack.ts';
import {
  aConnectorDefinition,
  cloudAdmin,
  domainAdmin,
  sqlAdmin,
  sqlAdminPassword,
  wapVersion,
} from '../../support/windows/connector-world.ts';
import { aServerCertificate, type Authority } from '../../support/windows/issued-certificates.ts';
import { writeSecret } from './azure.ts';
import { expectStatus } from './line.ts';
import { defineMachines, registerMachine, type Way, wayTo } from './onprem-line.ts';

type Machines = WorldDefinition['machines'];
export type ConnectorDefinition = WorldDefinition & {
  readonly connector: NonNullable<WorldDefinition['connector']>;
};

/** Azure Stack's machines, a user's computer, and two computers of Windows Azure Pack Express: the seed's example. */
export async function anExpressWorld(): Promise<ConnectorDefinition> {
  return (await expressWorld()).definition;
}

/**
 * The same with a third cloud: four portals behind one name, two tenant APIs behind another, SQL Server on the first of
 * these.
 */
export async function aWideWorld(): Promise<ConnectorDefinition> {
  const { definition, authority } = await expressWorld();
  const stores = storesOf(definition);
  const portals = await Promise.all([1, 2, 3, 4].map((number) => aPortal(number, authority, stores)));
  const apis = await Promise.all([1, 2].map((number) => anApi(number, authority, stores)));
  const { connector, machines } = definition;
  return {
    ...definition,
    machines: [...machines, ...portals, ...apis],
    connector: {
      ...connector,
      sqlServers: { ...connector.sqlServers, sql1: { machineId: 'api1', sysadmins: [sqlAdmin] } },
      virtualMachines: { ...connector.virtualMachines, 'api.contoso.com': ['wide-vm1', 'wide-vm2'] },
    },
  };
}

async function expressWorld(): Promise<{ definition: ConnectorDefinition; authority: Authority }> {
  const { definition, authority } = await aConnectorDefinition();
  const { connector, machines } = definition;
  if (connector === undefined) throw new Error('The world has no Azure Stack.');
  return { definition: { ...definition, connector, machines: machines.map(withApi) }, authority };
}

/** Every machine but Azure Stack's own virtual ones has an SSH server and an Arc agent. */
function withApi(machine: Machines[number]): Machines[number] {
  if (machine.role === 'ercs' || machine.role === 'wasp') return machine;
  return { ...machine, ssh: {}, arc: { resourceGroup: 'AzurePack', name: machine.computerName } };
}

type Stores = NonNullable<Machines[number]['certificates']>;

/** The authorities that every computer of Windows Azure Pack knows. */
function storesOf({ machines }: ConnectorDefinition): Stores {
  const [known] = machines.filter(({ role }) => role === 'wap');
  return (known?.certificates ?? []).filter(({ store }) => store !== 'My');
}

async function aPortal(number: number, authority: Authority, stores: Stores) {
  const certificate = await aServerCertificate('portal.contoso.com', authority);
  return withApi({
    ...aPackMachine(`portal${number}`, 'portal', certificate, stores),
    names: ['portal.contoso.com'],
    products: [{ name: 'Windows Azure Pack - TenantSite - 2013', version: wapVersion }],
    azurePack: {
      sites: [{ name: 'MgmtSvc-TenantSite', port: 30_081, thumbprint: thumbprintOf(certificate) ?? '' }],
      urlRewrite: { version: '7.2.1993' },
    },
  });
}

async function anApi(number: number, authority: Authority, stores: Stores) {
  const certificate = await aServerCertificate('api.contoso.com', authority);
  return withApi({
    ...aPackMachine(`api${number}`, 'api', certificate, stores),
    names: ['api.contoso.com'],
    products: ['TenantAPI', 'TenantPublicAPI'].map((role) => ({
      name: `Windows Azure Pack - ${role} - 2013`,
      version: wapVersion,
    })),
    azurePack: {
      sites: [{ name: 'MgmtSvc-TenantAPI', port: 30_005, thumbprint: thumbprintOf(certificate) ?? '' }],
      tenantApi: { version: wapVersion, sqlServer: 'sql1' },
    },
  });
}

function aPackMachine(id: string, role: 'portal' | 'api', certificate: string, stores: Stores) {
  return {
    id,
    role,
    computerName: id.toUpperCase(),
    domain: 'contoso.com',
    administrators: [sqlAdmin],
    certificates: [...stores, { store: 'My' as const, certificate, hasPrivateKey: true }],
  };
}

export const secretNames = {
  cloudAdmin: 'account-cloud-admin',
  domainAdmin: 'account-azurestack-admin',
  sqlAdmin: 'run-as-sql-admin',
};

/** Puts the accounts that the connector's steps need into Key Vault. */
export async function writeAccounts(stack: RunningTestStack): Promise<void> {
  const accounts = {
    [secretNames.cloudAdmin]: cloudAdmin,
    [secretNames.domainAdmin]: domainAdmin,
    [secretNames.sqlAdmin]: { username: sqlAdmin, password: sqlAdminPassword },
  };
  for (const [name, account] of Object.entries(accounts)) await writeSecret(stack, name, JSON.stringify(account));
}

/** Takes this world in place of the stack's, and registers its machines and an Azure Stack with the application. */
export async function defineWorld(
  stack: RunningTestStack,
  definition: WorldDefinition,
  way: Way | ((machineId: string) => Way) = 'ssh',
  stackId = 'poc',
): Promise<void> {
  await defineMachines(stack, definition);
  for (const { id, role } of definition.machines) {
    if (role === 'ercs') continue;
    const chosen = typeof way === 'string' ? way : way(id);
    await registerMachine(stack, { id, role, ...(role === 'wasp' ? viaHost : await wayTo(stack, id, chosen)) });
  }
  const azureStack = {
    id: stackId,
    hostMachine: 'host',
    waspMachine: 'wasp',
    portalFqdn: 'portal.local.azurestack.external',
  };
  expectStatus(await stack.api('POST', '/api/stacks', azureStack), 201);
}

const viaHost = {
  via: { machineId: 'host', computerName: 'AzS-WASP01', credentialSecret: secretNames.domainAdmin },
};

/** The world as it is now. */
export type SeenWorld = WorldParts;

export async function seeWorld(stack: RunningTestStack): Promise<SeenWorld> {
  const answer = expectStatus(await stack.control('GET', '/windows'), 200) as unknown as SeenWorld;
  const { machines, domains, network, connector } = answer;
  return { machines, domains, network, connector };
}

/**
 * Somebody else changes something on the machines, or between them: history and faults to come are forgotten with it.
 */
export async function changeWorld(stack: RunningTestStack, change: (world: SeenWorld) => void): Promise<void> {
  const world = await seeWorld(stack);
  change(world);
  await defineMachines(stack, world);
}

export function machineOf({ machines }: SeenWorld, id: string): WindowsMachine {
  const machine = machines.find((each) => each.id === id);
  if (machine === undefined) throw new Error(`There is no machine ${id}.`);
  return machine;
}
