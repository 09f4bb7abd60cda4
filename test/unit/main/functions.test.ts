/**
 * What the host gets to know of the application, written out: a name, a route or a schedule that changes by accident breaks
 * callers, deployments or histories in flight.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

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
  ['getGateway', 'GET', 'gateways/{id}'],
  ['deleteGateway', 'DELETE', 'gateways/{id}'],
  ['listGatewayRoots', 'GET', 'gateways/{id}/roots'],
  ['listGatewayRevocations', 'GET', 'gateways/{id}/revocations'],
  ['trustRoot', 'PUT', 'gateways/{id}/roots/{rootId}'],
  ['distrustRoot', 'DELETE', 'gateways/{id}/roots/{rootId}'],
  ['makeProfile', 'POST', 'gateways/{id}/profile'],
  ['getProfile', 'GET', 'gateways/{id}/profile'],
  ['createRoot', 'POST', 'roots'],
  ['listRoots', 'GET', 'roots'],
  ['getRoot', 'GET', 'roots/{id}'],
  ['getRootCertificate', 'GET', 'roots/{id}/cer'],
  ['issueCertificate', 'POST', 'certificates'],
  ['listCertificates', 'GET', 'certificates'],
  ['getCertificate', 'GET', 'certificates/{thumbprint}'],
  ['revokeCertificate', 'POST', 'certificates/{thumbprint}/revoke'],
  ['reinstateCertificate', 'POST', 'certificates/{thumbprint}/reinstate'],
  ['makeKit', 'POST', 'certificates/{thumbprint}/kits'],
  ['getDownload', 'GET', 'downloads/{token}'],
  ['takeDownload', 'POST', 'downloads/{token}'],
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
  'openVpnAccess',
  'removeGateway',
  'runRemoteStep',
  'setVpnUser',
  'verifyConnector',
];

const activities = [
  'abandonGateway',
  'abandonStep',
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
  'finishProcedure',
  'finishRemoval',
  'keepStackCertificate',
  'lookForGateway',
  'lookForIntents',
  'matchDataFiles',
  'noteConnector',
  'noteStep',
  'noteVpnServer',
  'noteVpnUser',
  'pauseGateway',
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
});
