/**
 * The use cases on machines, on tables and a Key Vault in memory: everything of the application but its clients and the
 * host.
 */
import { createFinishProcedure } from '../../src/activities/on-premises/finish-procedure.ts';
import type { OnPremisesEnd } from '../../src/contracts/on-premises/on-premises.ts';
import { type ConnectorRequest, connectorRequestSchema } from '../../src/domain/connector-request.ts';
import type { Machine } from '../../src/domain/machine.ts';
import { createConnectors } from '../../src/services/on-premises/connectors.ts';
import { createKeepSecretFacts } from '../../src/services/on-premises/keep-secret-facts.ts';
import { createMachines } from '../../src/services/on-premises/machines.ts';
import { createManualCommands } from '../../src/services/on-premises/manual-commands.ts';
import { createProcedures } from '../../src/services/on-premises/procedures.ts';
import { createSettleTarget } from '../../src/services/on-premises/settle-target.ts';
import { createStacks } from '../../src/services/on-premises/stacks.ts';
import { createVpnAccess } from '../../src/services/on-premises/vpn-access.ts';
import { createOperationStanding } from '../../src/services/operations/operation-standing.ts';
import { createOperations } from '../../src/services/operations/operations.ts';
import { createTakeClaims } from '../../src/services/operations/take-claims.ts';
import { createSetAsideSecrets } from '../../src/services/requests/set-aside-secrets.ts';
import { createClaims } from '../../src/stores/claims.ts';
import { createEndedCommands } from '../../src/stores/ended-commands.ts';
import { createOnPremisesStores } from '../../src/stores/on-premises-stores.ts';
import { createOutbox } from '../../src/stores/outbox.ts';
import { createStores } from '../../src/stores/stores.ts';
import { createUnfinished } from '../../src/stores/unfinished.ts';
import { createMemoryTables, type MemoryTables } from './memory-tables.ts';
import { createRecordingLog } from './recording-log.ts';
import { createMemorySecrets } from './remote/stub-secrets.ts';
import { anOperationId, randomnessOf } from './services-world.ts';
import { createStubOrchestrations } from './stub-orchestrations.ts';
import { createTestClock } from './test-clock.ts';

export type OnPremisesServices = ReturnType<typeof createOnPremisesServices>;

export function createOnPremisesServices(tables: MemoryTables = createMemoryTables()) {
  const clock = createTestClock();
  const { now } = clock;
  const vault = createMemorySecrets();
  const secrets = createSetAsideSecrets(vault);
  const stores = createOnPremisesStores(tables);
  const outbox = createOutbox({ tables, now, keptDays: 90 });
  const { log, told } = createRecordingLog();
  const operations = createOperations({
    tables,
    now,
    unfinished: createUnfinished({ tables, now }),
    keptDays: 365,
    log,
    outbox,
  });
  const claims = createClaims({ tables });
  const endedCommands = createEndedCommands({ tables });
  const machines = createMachines({ stores, now });
  const withdrawn: string[] = [];
  const settleTarget = createSettleTarget({
    stores,
    secrets,
    now,
    withdraw: (stackId) => {
      withdrawn.push(stackId);
      return Promise.resolve();
    },
  });
  const standing = createOperationStanding({ stores: createStores(tables), onPremisesStores: stores });
  const procedures = createProcedures({
    operations,
    claims,
    standing,
    takeClaims: createTakeClaims({ claims, operations, now }),
    onDied: (operation) => settleTarget(operation, 'failed'),
    now,
  });
  const keepSecretFacts = createKeepSecretFacts({ secrets });
  return {
    log,
    told,
    stores,
    claims,
    clock,
    endedCommands,
    keepSecretFacts,
    machines,
    now,
    operations,
    orchestrations: createStubOrchestrations(),
    outbox,
    secrets: vault,
    settleTarget,
    standing,
    procedures,
    tables,
    withdrawn,
    connectors: createConnectors({ stores, machines, procedures, now }),
    finishProcedure: createFinishProcedure({ operations, claims, endedCommands, settleTarget }),
    manualCommands: createManualCommands({ tables, keepSecretFacts }),
    stacks: createStacks({ stores, machines, now }),
    vpnAccess: createVpnAccess({ stores, machines, procedures, secrets, now }),
  };
}

/** What a route hands to a use case. */
export function asked(services: OnPremisesServices, seed: string) {
  return {
    operationId: anOperationId(seed),
    requestedBy: 'tester',
    role: 'administrator' as const,
    orchestrations: services.orchestrations,
    randomBytes: randomnessOf(seed),
  };
}

/** Ends what was started under a seed, as its orchestration would. */
export async function endOperation(services: OnPremisesServices, seed: string, end: OnPremisesEnd): Promise<void> {
  const operationId = anOperationId(seed);
  const operation = await services.operations.get(operationId);
  await services.finishProcedure({ operationId, attempt: 1, target: operation?.target ?? '', end });
}

export const succeeded: OnPremisesEnd = { status: 'succeeded' };
export const failed: OnPremisesEnd = { status: 'failed', step: 'P4', code: 'toolFailed', message: 'No.' };

export function aManualMachine(id: string, role: Machine['role'] = 'host'): Machine {
  return { id, role, manual: true };
}

/** A stack whose NATVM is reached through its host. */
export async function aStack(services: OnPremisesServices, id = 'poc'): Promise<void> {
  await services.machines.put(aManualMachine('host'));
  const via = { machineId: 'host', computerName: 'MAS-BGPNAT01', credentialSecret: 'account-nat-admin' };
  await services.machines.put({ id: 'nat', role: 'natvm', via });
  await services.machines.put(aManualMachine('wasp', 'wasp'));
  await services.stacks.put({
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
export async function connectorMachines(services: OnPremisesServices, clouds = 1): Promise<void> {
  await services.machines.put(aManualMachine('client', 'client'));
  for (let number = 1; number <= clouds; number += 1) {
    await services.machines.put(aManualMachine(`portal-${number}`, 'portal'));
    await services.machines.put(aManualMachine(`api-${number}`, 'api'));
  }
}
