/** The use cases on machines, on tables and a Key Vault in memory: everything of the application but its clients and the host. */
import { createFinishOnPremises } from '../../src/activities/on-premises/finish-on-premises.ts';
import { createClaims } from '../../src/stores/claims.ts';
import { createConnectors } from '../../src/services/on-premises/connectors.ts';
import { connectorRequestSchema, type ConnectorRequest } from '../../src/domain/connector-request.ts';
import { createSettleTarget } from '../../src/services/on-premises/settle-target.ts';
import { createKeepSecretFacts } from '../../src/services/on-premises/keep-secret-facts.ts';
import { createMachines } from '../../src/services/on-premises/machines.ts';
import { createManualCommands } from '../../src/services/on-premises/manual-commands.ts';
import { createOnPremisesBooks } from '../../src/stores/on-premises-stores.ts';
import { createOnPremisesStories } from '../../src/services/on-premises/procedures.ts';
import { createBooks } from '../../src/stores/stores.ts';
import { createOperationStanding } from '../../src/services/operations/operation-standing.ts';
import { createOperations } from '../../src/services/operations/operations.ts';
import { createOutbox } from '../../src/stores/outbox.ts';
import { createStacks } from '../../src/services/on-premises/stacks.ts';
import { createTakeClaims } from '../../src/services/operations/take-claims.ts';
import { createUnfinished } from '../../src/stores/unfinished.ts';
import { createVpnAccess } from '../../src/services/on-premises/vpn-access.ts';
import type { Machine } from '../../src/domain/machine.ts';
import type { OnPremisesEnd } from '../../src/contracts/on-premises/on-premises.ts';
import { createSetAsideSecrets } from '../../src/services/requests/set-aside-secrets.ts';
import { anOperationId, chanceOf } from './services-world.ts';
import { createFakeOrchestrations } from './stub-orchestrations.ts';
import { createFakeSecrets } from './remote/stub-secrets.ts';
import { createMemoryTables, type MemoryTables } from './memory-tables.ts';
import { createTestClock } from './test-clock.ts';

export type OnPremisesDesk = ReturnType<typeof createOnPremisesDesk>;

export function createOnPremisesDesk(tables: MemoryTables = createMemoryTables()) {
  const clock = createTestClock();
  const { now } = clock;
  const vault = createFakeSecrets();
  const secrets = createSetAsideSecrets(vault);
  const books = createOnPremisesBooks(tables);
  const outbox = createOutbox({ tables, now, keptDays: 90 });
  const operations = createOperations({
    tables,
    now,
    unfinished: createUnfinished({ tables, now }),
    keptDays: 365,
    outbox,
  });
  const claims = createClaims({ tables });
  const machines = createMachines({ books, now });
  const withdrawn: string[] = [];
  const settleTarget = createSettleTarget({
    books,
    secrets,
    now,
    withdraw: (stackId) => {
      withdrawn.push(stackId);
      return Promise.resolve();
    },
  });
  const standing = createOperationStanding({ books: createBooks(tables), machineBooks: books });
  const stories = createOnPremisesStories({
    operations,
    claims,
    standing,
    takeClaims: createTakeClaims({ claims, operations, now }),
    onDied: (operation) => settleTarget(operation, 'failed'),
    now,
  });
  const keepSecretFacts = createKeepSecretFacts({ secrets });
  return {
    books,
    claims,
    clock,
    keepSecretFacts,
    machines,
    now,
    operations,
    orchestrations: createFakeOrchestrations(),
    outbox,
    secrets: vault,
    settleTarget,
    standing,
    stories,
    tables,
    withdrawn,
    connectors: createConnectors({ books, machines, stories, now }),
    finishOnPremises: createFinishOnPremises({ operations, claims, settleTarget }),
    manualCommands: createManualCommands({ tables, keepSecretFacts }),
    stacks: createStacks({ books, machines, now }),
    vpnAccess: createVpnAccess({ books, machines, stories, secrets, now }),
  };
}

/** What a door hands to a use case. */
export function asked(desk: OnPremisesDesk, seed: string) {
  return {
    operationId: anOperationId(seed),
    requestedBy: 'tester',
    role: 'administrator' as const,
    orchestrations: desk.orchestrations,
    randomBytes: chanceOf(seed),
  };
}

/** Ends what was started under a seed, as its orchestration would. */
export async function endStory(desk: OnPremisesDesk, seed: string, end: OnPremisesEnd): Promise<void> {
  const operationId = anOperationId(seed);
  const operation = await desk.operations.get(operationId);
  await desk.finishOnPremises({ operationId, attempt: 1, target: operation?.target ?? '', end });
}

export const succeeded: OnPremisesEnd = { status: 'succeeded' };
export const failed: OnPremisesEnd = { status: 'failed', step: 'P4', code: 'ToolFailed', message: 'No.' };

export function aManualMachine(id: string, role: Machine['role'] = 'host'): Machine {
  return { id, role, manual: true };
}

/** A stack whose NATVM is reached through its host. */
export async function aStack(desk: OnPremisesDesk, id = 'poc'): Promise<void> {
  await desk.machines.put(aManualMachine('host'));
  const via = { machineId: 'host', computerName: 'MAS-BGPNAT01', credentialSecret: 'account-nat-admin' };
  await desk.machines.put({ id: 'nat', role: 'natvm', via });
  await desk.machines.put(aManualMachine('wasp', 'wasp'));
  await desk.stacks.put({
    id,
    hostMachine: 'host',
    natMachine: 'nat',
    waspMachine: 'wasp',
    portalFqdn: 'portal.azurestack.local',
    dnsServers: [],
    dnsSuffix: 'azurestack.local',
    internalAddress: '192.168.200.1',
    certificateSubjects: ['CN=Root'],
  });
}

export const accessRequest = {
  addressRange: { from: '192.168.200.201', to: '192.168.200.230' },
  users: [{ name: 'ann' }],
  splitRoutes: ['192.168.100.0/24'],
};

export function aConnectorBody(change: object = {}, cloudChange: object = {}): Record<string, unknown> {
  return {
    id: 'wap',
    stackId: 'poc',
    identity: 'adfs',
    azureStackCloudName: 'AzureStack',
    azureStackPortalFqdn: 'portal.azurestack.local',
    package: { uri: 'https://files.contoso.com/connector.zip', sha256: 'a'.repeat(64) },
    privilegedEndpoint: { credentialSecret: 'account-cloud-admin' },
    dataFiles: { credentialSecret: 'account-share-reader' },
    checkMachines: ['client'],
    clouds: [aCloudBody(1, cloudChange)],
    ...change,
  };
}

export function aCloudBody(number: number, change: object = {}): Record<string, unknown> {
  return {
    name: `AzurePack_${number}`,
    endpoint: `https://wap${number}.contoso.com:40005`,
    tenantPortalFqdn: `wap${number}.contoso.com`,
    tenantApiFqdn: `api${number}.contoso.com`,
    portalMachines: [`portal-${number}`],
    apiMachines: [`api-${number}`],
    trustMachine: `api-${number}`,
    sqlRunAsSecret: 'run-as-sql-admin',
    ...change,
  };
}

export function aConnectorRequest(change: object = {}): ConnectorRequest {
  return connectorRequestSchema.parse(aConnectorBody(change));
}

/** The machines of the connector's clouds, beside those of the stack. */
export async function connectorMachines(desk: OnPremisesDesk, clouds = 1): Promise<void> {
  await desk.machines.put(aManualMachine('client', 'client'));
  for (let number = 1; number <= clouds; number += 1) {
    await desk.machines.put(aManualMachine(`portal-${number}`, 'portal'));
    await desk.machines.put(aManualMachine(`api-${number}`, 'api'));
  }
}
