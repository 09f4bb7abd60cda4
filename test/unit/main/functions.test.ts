/**
 * Every name that must not change any more, written out: of what the host gets to know of the application, and of what
 * it stores and sends. One that changes by accident breaks callers, receivers, deployments, rows or histories in
 * flight. What is new is added here; what is here stays.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { containers } from '../../../src/composition/containers.ts';
import { eventTypes } from '../../../src/domain/event-types.ts';
import { operationKindNames } from '../../../src/domain/operation-kinds.ts';
import { tableNames } from '../../../src/stores/table-names.ts';

const root = resolve(__dirname, '..', '..', '..');

interface Binding {
  readonly type: string;
  readonly direction: string;
  readonly methods?: readonly string[];
  readonly route?: string;
  readonly authLevel?: string;
  readonly schedule?: string;
  readonly runOnStartup?: boolean;
}
interface RegisteredFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

/** Name, method and route of each route. */
const api: readonly (readonly [string, string, string])[] = [
  ['preflightGateway', 'POST', 'gateway-preflights'],
  ['createGateway', 'POST', 'gateways'],
  ['listGateways', 'GET', 'gateways'],
  ['changeGateway', 'PATCH', 'gateways/{id}'],
  ['getGateway', 'GET', 'gateways/{id}'],
  ['deleteGateway', 'DELETE', 'gateways/{id}'],
  ['listGatewayRoots', 'GET', 'gateways/{id}/roots'],
  ['listGatewayRevocations', 'GET', 'gateways/{id}/revocations'],
  ['revokeThumbprint', 'POST', 'gateways/{id}/revocations'],
  ['reinstateThumbprint', 'DELETE', 'gateways/{id}/revocations/{thumbprint}'],
  ['trustRoot', 'PUT', 'gateways/{id}/roots/{rootId}'],
  ['distrustEntry', 'DELETE', 'gateways/{id}/roots/by-name/{entryName}'],
  ['distrustRoot', 'DELETE', 'gateways/{id}/roots/{rootId}'],
  ['listSessions', 'GET', 'gateways/{id}/sessions'],
  ['startSessionDisconnection', 'POST', 'gateways/{id}/sessions/disconnect'],
  ['getInventory', 'GET', 'inventory'],
  ['startInventoryScan', 'POST', 'inventory-scans'],
  ['makeProfile', 'POST', 'gateways/{id}/profile'],
  ['getProfile', 'GET', 'gateways/{id}/profile'],
  ['diagnoseGateway', 'POST', 'gateways/{id}/diagnose'],
  ['offerProfilePackage', 'POST', 'gateways/{id}/profile/package'],
  ['createRoot', 'POST', 'roots'],
  ['listRoots', 'GET', 'roots'],
  ['getRoot', 'GET', 'roots/{id}'],
  ['getRootCertificate', 'GET', 'roots/{id}/cer'],
  ['setRootPolicy', 'PUT', 'roots/{id}/policy'],
  ['removeRoot', 'DELETE', 'roots/{id}'],
  ['importCertificates', 'POST', 'certificate-imports'],
  ['issueCertificate', 'POST', 'certificates'],
  ['renewCertificate', 'POST', 'certificates/{thumbprint}/renew'],
  ['collectCertificate', 'POST', 'operations/{id}/collect'],
  ['listCertificates', 'GET', 'certificates'],
  ['getCertificate', 'GET', 'certificates/{thumbprint}'],
  ['revokeCertificate', 'POST', 'certificates/{thumbprint}/revoke'],
  ['reinstateCertificate', 'POST', 'certificates/{thumbprint}/reinstate'],
  ['makeKit', 'POST', 'certificates/{thumbprint}/kits'],
  ['getDownload', 'GET', 'downloads'],
  ['takeDownload', 'POST', 'downloads'],
  ['listOperations', 'GET', 'operations'],
  ['getOperation', 'GET', 'operations/{id}'],
  ['getOperationResult', 'GET', 'operations/{id}/result'],
  ['cancelOperation', 'POST', 'operations/{id}/cancel'],
  ['approveOperation', 'POST', 'operations/{id}/approve'],
  ['rejectOperation', 'POST', 'operations/{id}/reject'],
  ['resumeOperation', 'POST', 'operations/{id}/resume'],
  ['removeOperation', 'POST', 'operations/{id}/remove'],
  ['putMachine', 'POST', 'machines'],
  ['listMachines', 'GET', 'machines'],
  ['getMachine', 'GET', 'machines/{id}'],
  ['removeMachine', 'DELETE', 'machines/{id}'],
  ['startMachineCheck', 'POST', 'machines/{id}/check'],
  ['listMachineCommands', 'GET', 'machines/{id}/commands'],
  ['getMachineCommandScript', 'GET', 'machines/{id}/commands/{commandId}/script'],
  ['answerMachineCommand', 'POST', 'machines/{id}/commands/{commandId}/answer'],
  ['putStack', 'POST', 'stacks'],
  ['listStacks', 'GET', 'stacks'],
  ['getStack', 'GET', 'stacks/{id}'],
  ['removeStack', 'DELETE', 'stacks/{id}'],
  ['shareVpnAccess', 'POST', 'stacks/{id}/vpn-access'],
  ['endVpnAccess', 'DELETE', 'stacks/{id}/vpn-access'],
  ['addVpnUser', 'POST', 'stacks/{id}/users'],
  ['resetVpnUser', 'POST', 'stacks/{id}/users/{name}/reset'],
  ['disableVpnUser', 'POST', 'stacks/{id}/users/{name}/disable'],
  ['removeVpnUser', 'DELETE', 'stacks/{id}/users/{name}'],
  ['createL2tpKit', 'POST', 'stacks/{id}/users/{name}/kits'],
  ['createConnector', 'POST', 'connectors'],
  ['listConnectors', 'GET', 'connectors'],
  ['getConnector', 'GET', 'connectors/{id}'],
  ['startConnectorVerification', 'POST', 'connectors/{id}/verify'],
  ['removeConnector', 'DELETE', 'connectors/{id}'],
  ['putOwner', 'PUT', 'owners/{id}'],
  ['getOwner', 'GET', 'owners/{id}'],
  ['listOwners', 'GET', 'owners'],
  ['reopenOwner', 'POST', 'owners/{id}/reopen'],
  ['revokeOwnerAccess', 'POST', 'owners/{id}/revoke'],
  ['getOwnerStatement', 'GET', 'owners/{id}/statement'],
  ['listExpiries', 'GET', 'expiries'],
  ['listAudit', 'GET', 'audit'],
  ['verifyAudit', 'GET', 'audit/verification'],
  ['putApiKey', 'PUT', 'api-keys/{id}'],
  ['listApiKeys', 'GET', 'api-keys'],
  ['deleteApiKey', 'DELETE', 'api-keys/{id}'],
  ['getHealth', 'GET', 'health'],
  ['getOpenApi', 'GET', 'openapi.json'],
  ['zzUnknownRoute', 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS', '{*path}'],
];

/** Name, schedule, and whether it starts orchestrations. */
const timers: readonly (readonly [string, string, boolean])[] = [
  ['deliverOutbox', '0 * * * * *', false],
  ['retention', '0 20 * * * *', false],
  ['watchDependencies', '45 * * * * *', false],
  ['watchExpiries', '0 0 6 * * *', false],
  ['watchGateways', '30 */5 * * * *', true],
  ['sweep', '15 * * * * *', true],
];

const orchestrations = [
  'applyGateway',
  'buildGateway',
  'checkMachine',
  'closeVpnAccess',
  'connectClouds',
  'connectPortals',
  'disconnectClouds',
  'disconnectSessions',
  'openVpnAccess',
  'orderCertificate',
  'removeGateway',
  'revokeOwner',
  'runRemoteStep',
  'scanInventory',
  'setVpnUser',
  'verifyConnector',
];

const activities = [
  'abandonGateway',
  'abandonStep',
  'advanceOrder',
  'advanceScan',
  'askApproval',
  'beginStep',
  'bindConnector',
  'callDrainHook',
  'checkConnectorSecrets',
  'cleanUpCommand',
  'closeStep',
  'endStep',
  'ensureResource',
  'failProfile',
  'failStep',
  'finishBuild',
  'finishDisconnect',
  'finishProcedure',
  'finishRemoval',
  'finishScan',
  'keepStackCertificate',
  'lookAtOwner',
  'lookForGateway',
  'lookForIntents',
  'matchDataFiles',
  'noteConnector',
  'noteStep',
  'noteVpnServer',
  'noteVpnUser',
  'pauseGateway',
  'pollChosenSessions',
  'pollCommand',
  'pollDisconnect',
  'pollProfile',
  'pollSessionList',
  'readConnectorPlan',
  'readVpnAccessPlan',
  'readVpnUserIntent',
  'readWrite',
  'recordEntries',
  'recordRefusals',
  'recordSessions',
  'releaseGateway',
  'releaseLock',
  'removeResource',
  'showWriteFailure',
  'startCommand',
  'startDisconnect',
  'startProfile',
  'startSessionList',
  'takeLock',
  'withdrawAccess',
  'writeGateway',
];

/** Rows in them outlive the code. */
const tables = [
  'ApiKeys',
  'Audit',
  'AuditDigests',
  'AuditSeals',
  'BlockedKeys',
  'CertificatesByCn',
  'CertificatesByKey',
  'CertificatesByOwner',
  'CertificatesByRoot',
  'CertificatesBySerial',
  'CertificatesByThumbprint',
  'Claims',
  'ClientCertificates',
  'Connectors',
  'Deliveries',
  'DeliveryDues',
  'DeliveryQueues',
  'EndedCommands',
  'Expiries',
  'ForeignEntries',
  'GatewayResources',
  'GatewayRevocations',
  'GatewayRoots',
  'Gateways',
  'Health',
  'Idempotency',
  'Inventory',
  'InventoryGateways',
  'InventoryQueue',
  'InventorySubscriptions',
  'Machines',
  'MadeResources',
  'ManualCommands',
  'Notices',
  'OperationIndex',
  'Operations',
  'Outbox',
  'OutboxPending',
  'Owners',
  'OwnersInCommon',
  'ProfileRequests',
  'Profiles',
  'RetentionDues',
  'Revocations',
  'RootGateways',
  'Roots',
  'RootsByThumbprint',
  'Stacks',
  'Supersessions',
  'TimerRuns',
  'Unfinished',
  'VpnUsers',
];

/** With files that wait, and packages. */
const blobContainers = ['downloads', 'imports', 'profiles', 'run-commands'];

/** Types that receivers switch on. */
const events = [
  'gatehouse.approval.asked.v1',
  'gatehouse.approval.expiring.v1',
  'gatehouse.audit.sealed.v1',
  'gatehouse.certificate.expiring.v1',
  'gatehouse.certificate.issued.v1',
  'gatehouse.certificate.reinstated.v1',
  'gatehouse.certificate.revoked.v1',
  'gatehouse.gateway.missing.v1',
  'gatehouse.gateway.returned.v1',
  'gatehouse.gateway.revocations-near-limit.v1',
  'gatehouse.gateway.root-added.v1',
  'gatehouse.key.blocked.v1',
  'gatehouse.operation.ended.v1',
  'gatehouse.owner.left.v1',
  'gatehouse.profile.changed.v1',
  'gatehouse.revocation.over-limit.v1',
  'gatehouse.revocation.vanished.v1',
  'gatehouse.root.created.v1',
  'gatehouse.root.expiring.v1',
  'gatehouse.root.imported.v1',
  'gatehouse.root.out.v1',
  'gatehouse.root.vanished.v1',
  'gatehouse.signing-certificate.expiring.v1',
  'gatehouse.stack-certificate.expiring.v1',
];

/** Of operations: in rows, in what callers ask, and in histories. */
const kinds = [
  'buildGateway',
  'changeGateway',
  'checkMachine',
  'closeVpnAccess',
  'connectClouds',
  'disconnectClouds',
  'disconnectSessions',
  'distrustRoot',
  'generateProfile',
  'importCertificates',
  'openVpnAccess',
  'orderCertificate',
  'reinstateCertificate',
  'reinstateThumbprint',
  'removeGateway',
  'revokeCertificate',
  'revokeOwner',
  'revokeThumbprint',
  'scanInventory',
  'setVpnUser',
  'trustRoot',
  'verifyConnector',
];

/** Loads the application in a process of its own: a programming model can be set once only. */
function readFunctions(): readonly RegisteredFunction[] {
  const script = resolve(root, 'test', 'support', 'print-functions.ts');
  const text = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    encoding: 'utf8',
    env: {
      GATEHOUSE_TABLE_URL: 'https://storage.invalid/account',
      GATEHOUSE_BLOB_URL: 'https://storage.invalid/account',
      GATEHOUSE_VAULT_URL: 'https://vault.invalid',
      GATEHOUSE_APP_VAULT_URL: 'https://app-vault.invalid',
      GATEHOUSE_SUBSCRIPTION_ID: '3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11',
    },
  });
  return JSON.parse(text) as readonly RegisteredFunction[];
}

describe('src/main', () => {
  let functions: readonly RegisteredFunction[] = [];

  beforeAll(() => {
    functions = readFunctions();
  });

  function withTrigger(type: string): readonly { readonly name: string; readonly all: readonly Binding[] }[] {
    return functions
      .map(({ name, bindings }) => ({ name, all: Object.values(bindings) }))
      .filter(({ all }) => all.some((binding) => binding.type === type));
  }

  it('registers these routes and no other, all without a key of the host, all that can start something with the durable client', () => {
    const registered = withTrigger('httpTrigger').map(({ name, all }) => {
      const trigger = all.find(({ type }) => type === 'httpTrigger');
      expect(trigger).toMatchObject({ authLevel: 'anonymous', direction: 'in' });
      const client = name === 'zzUnknownRoute' ? [] : ['durableClient in'];
      expect(all.map(({ type, direction }) => `${type} ${direction}`)).toEqual([
        'httpTrigger in',
        ...client,
        'http out',
      ]);
      return [name, trigger?.methods?.join() ?? '', trigger?.route ?? ''];
    });

    expect(registered.toSorted()).toEqual(api.toSorted());
  });

  it('registers these timers, none of which runs at the start', () => {
    const registered = withTrigger('timerTrigger').map(({ name, all }) => {
      const trigger = all.find(({ type }) => type === 'timerTrigger');
      expect(trigger?.runOnStartup).not.toBe(true);
      return [name, trigger?.schedule, all.some(({ type }) => type === 'durableClient')];
    });

    expect(registered).toEqual(timers);
  });

  it('registers one Event Grid trigger with the durable client', () => {
    expect(withTrigger('eventGridTrigger').map(({ name, all }) => [name, all.map(({ type }) => type)])).toEqual([
      ['onGatewayChanged', ['eventGridTrigger', 'durableClient']],
    ]);
  });

  it('registers orchestrations and activities under the names that histories hold', () => {
    expect(
      withTrigger('orchestrationTrigger')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(orchestrations);
    expect(
      withTrigger('activityTrigger')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(activities);
    expect(withTrigger('entityTrigger')).toEqual([]);
  });

  it('stores in these tables and containers, and has no queue of its own', () => {
    expect([...tableNames].toSorted()).toEqual(tables);
    expect(Object.values(containers).toSorted()).toEqual(blobContainers.toSorted());
    const types = functions.flatMap(({ bindings }) => Object.values(bindings).map(({ type }) => type));
    expect(types.filter((type) => /queue|serviceBus|eventHub/i.test(type))).toEqual([]);
  });

  it('sends events of these types and has operations of these kinds', () => {
    expect([...eventTypes].toSorted()).toEqual(events);
    expect([...operationKindNames].toSorted()).toEqual(kinds);
  });
});
