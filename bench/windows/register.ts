import { z } from 'zod';
import type { WorldDefinition } from '../../sandbox/windows/world/records.ts';
import { createKeyVaultClient } from '../key-vault-client.ts';
import { inParallel } from '../rounds.ts';
import type { Stack } from '../stack.ts';
import { cloudsOf, packAccounts, packFile, packPortal, type PackShape, packWorld } from './azure-pack-world.ts';
import { natAdministrator, type Poc, pocPortal, pocWorld } from './poc-world.ts';

const reachSchema = z.object({
  ssh: z.object({
    host: z.string(),
    hostKey: z.string(),
    username: z.string(),
    ports: z.record(z.string(), z.number()),
  }),
});

const keySecret = 'ssh-key-azs';
/** Registrations on their way at a time. */
const width = 8;

/** Puts these POCs in place of the stack's machines, and tells the application of them. */
export async function setUpPocs(stack: Stack, all: readonly Poc[]): Promise<void> {
  await writeAccounts(stack, { [natAdministrator.secret]: natAdministrator.account });
  const register = await defineWorld(stack, await pocWorld(all));
  await inParallel(all.length, width, async (index) => {
    const poc = all[index];
    if (poc === undefined) return;
    const { id, host, nat, internalAddress } = poc;
    const via = { machineId: host, computerName: internalAddress, credentialSecret: natAdministrator.secret };
    await register(host, 'host');
    await register(nat, 'natvm', { via });
    const order = { id, hostMachine: host, natMachine: nat, portalFqdn: pocPortal, internalAddress };
    await stack.api('POST', '/api/stacks', order);
  });
}

/**
 * Puts clouds of this shape in place of the stack's machines; answers what `POST /api/connectors` takes to connect
 * them.
 */
export async function setUpAzurePack(stack: Stack, shape: PackShape, id: string): Promise<object> {
  await writeAccounts(stack, packAccounts);
  const definition = await packWorld(shape);
  const register = await defineWorld(stack, definition);
  for (const machine of definition.machines) {
    const isReached = machine.ssh !== undefined;
    if (isReached) await register(machine.id, machine.role);
  }
  const via = { machineId: 'host', computerName: 'AzS-WASP01', credentialSecret: 'account-azurestack-admin' };
  await register('wasp', 'wasp', { via });
  await stack.api('POST', '/api/stacks', { id, hostMachine: 'host', waspMachine: 'wasp', portalFqdn: packPortal });
  return {
    id,
    stackId: id,
    identity: 'adfs',
    azureStackCloudName: 'AzureStack',
    azureStackPortalFqdn: packPortal,
    package: packFile,
    privilegedEndpoint: { credentialSecret: 'account-cloud-admin' },
    dataFiles: { credentialSecret: 'account-azurestack-admin' },
    checkMachines: ['client'],
    clouds: cloudsOf(shape).map(({ name, portals, apis, portalFqdn, apiFqdn }) => ({
      name,
      endpoint: `https://${portalFqdn}:40005`,
      tenantPortalFqdn: portalFqdn,
      tenantApiFqdn: apiFqdn,
      portalMachines: portals,
      apiMachines: apis,
      trustMachine: apis[0],
      sqlRunAsSecret: 'run-as-sql-admin',
    })),
  };
}

type Register = (id: string, role: string, way?: object) => Promise<void>;

/** Registers machines of that world: over SSH where no other way is given. */
async function defineWorld(stack: Stack, definition: WorldDefinition): Promise<Register> {
  const { ssh } = reachSchema.parse(await stack.control('PUT', '/windows/world', definition));
  const { ports, ...where } = ssh;
  return async (id, role, way = { ssh: { ...where, port: ports[id], keySecret } }) => {
    await stack.api('POST', '/api/machines', { id, role, ...way });
  };
}

async function writeAccounts(stack: Stack, accounts: Readonly<Record<string, object>>): Promise<void> {
  const vault = await createKeyVaultClient(stack);
  try {
    for (const [name, account] of Object.entries(accounts)) await vault.writeSecret(name, JSON.stringify(account));
  } finally {
    vault.close();
  }
}
