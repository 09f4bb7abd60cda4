// A small data centre for the connector's steps: Azure Stack's host, privileged endpoint and portal machine, and two
// WAP Express computers. Steps run on it at once; time passes when a test says so.
import { thumbprintOf } from '../../../sandbox/windows/connector/data-file.ts';
import type { AzurePackPart } from '../../../sandbox/windows/connector/part.ts';
import { type TenantView, tenantView } from '../../../sandbox/windows/connector/portal.ts';
import type { ConnectorState } from '../../../sandbox/windows/connector/state.ts';
import { connectorEmulators } from '../../../sandbox/windows/steps/w-steps.ts';
import {
  type SecretValue,
  type StepEmulator,
  type StepMode,
  type StepOutcome,
  type WindowsMachine,
  type World,
  type WorldDefinition,
  worldDefinitionSchema,
} from '../../../sandbox/windows/world/records.ts';
import { connectorSteps } from '../../../src/contracts/on-premises/connector-steps.ts';
import { type RemoteStepContract, scriptAnswerSchema } from '../../../src/contracts/on-premises/remote-step.ts';
import { anAuthority, aServerCertificate, type Authority, derOf } from './issued-certificates.ts';

export const packageFolder = 'C:\\temp\\WAPConnector';
export const outputShare = '\\\\su1fileserver\\SU1_Infrastructure_1\\AzurePackConnectorOutput';
export const wapVersion = '3.33.8196.14';
export const tenantApiVersion = '3.40.8500.1';
export const sqlAdmin = 'CONTOSO\\sqladmin';
export const sqlAdminPassword = 'Sql-Admin-1';
export const cloudAdmin = { username: 'cloudadmin@azurestack.local', password: 'Cl0ud-Admin' };
export const domainAdmin = { username: 'AZURESTACK\\azurestackadmin', password: 'St@ck-Admin' };
export const lockOutThreshold = 3;
export const realm = 'https://adfs.local.azurestack.external/adfs/c1d72562-534e-4aa5-92aa-d65df289a107/';

export const connectorPackage = {
  uri: 'https://packages.contoso.com/wap-connector.zip',
  sha256: 'a'.repeat(64),
  folder: packageFolder,
};
export const urlRewriteInstaller = {
  installerUri: 'https://packages.contoso.com/rewrite_amd64.msi',
  installerSha256: 'b'.repeat(64),
};
export const clouds = [1, 2].map((number) => ({
  name: `AzurePack_${number}`,
  endpoint: `https://wapcomputer${number}.contoso.com:40005`,
}));

export interface RunOptions {
  readonly secrets?: Readonly<Record<string, SecretValue>>;
  readonly runAs?: string;
  readonly isElevated?: boolean;
  readonly script?: string;
  /** How long before now the command began. */
  readonly lastedMs?: number;
}

/** The world, and short ways to use it. */
export interface ConnectorWorld {
  readonly world: World;
  readonly connector: ConnectorState;
  readonly authority: Authority;
  nowMs(): number;
  pass(ms: number): void;
  machine(id: string): WindowsMachine;
  part(id: string): AzurePackPart;
  run(step: string, mode: StepMode, machineId: string, parameters: object, options?: RunOptions): StepOutcome;
  /** What is there after the machine died while the step was applied. */
  interrupt(step: string, machineId: string, parameters: object, options?: RunOptions): void;
  /** Of an address, as the machine sees it. */
  issue(step: 'W6' | 'W23', machineId: string, host: string, port: number): string;
  view(cloudName: string, tenantMachineId?: string): TenantView;
}

/** The definition of that world, and the authority that the WAP computers' certificates are from. */
export async function aConnectorDefinition(): Promise<{
  readonly definition: WorldDefinition;
  readonly authority: Authority;
}> {
  const top = await anAuthority('Contoso Root');
  const authority = await anAuthority('Contoso Issuing', top);
  const stores = [storeCertificate('Root', top), storeCertificate('CA', authority)];
  const wap = await Promise.all([1, 2].map((number) => aWapComputer(number, authority, stores)));
  const definition = {
    machines: [
      { id: 'host', role: 'host', computerName: 'AZS-HOST1', domain: 'azurestack.local' },
      { id: 'ercs', role: 'ercs', computerName: 'azs-ercs01', domain: 'azurestack.local' },
      {
        id: 'wasp',
        role: 'wasp',
        computerName: 'AzS-WASP01',
        domain: 'azurestack.local',
        administrators: [domainAdmin.username],
      },
      { id: 'client', role: 'client', computerName: 'PC1', certificates: stores },
      ...wap,
    ],
    domains: [azureStackDomain(), contosoDomain()],
    network: {
      names: { 'portal.local.azurestack.external': '192.168.102.5', 'packages.contoso.com': '10.20.0.9' },
      servers: [{ address: '10.20.0.9', port: 443 }],
    },
    connector: await theConnector(),
  } satisfies WorldDefinition;
  return { definition, authority };
}

export async function aConnectorWorld(): Promise<ConnectorWorld> {
  const { definition, authority } = await aConnectorDefinition();
  const parts = worldDefinitionSchema.parse(definition);
  return aWorldOf({ ...parts, machines: () => parts.machines }, authority);
}

function aWorldOf(world: World, authority: Authority): ConnectorWorld {
  let nowMs = Date.now();

  function machine(id: string): WindowsMachine {
    const found = world.machines().find((each) => each.id === id);
    if (found === undefined) throw new Error(`There is no machine ${id}.`);
    return found;
  }

  function callOf(step: string, mode: StepMode, machineId: string, parameters: object, options: RunOptions = {}) {
    const { secrets = {}, runAs, isElevated = true, lastedMs = 0, script = '' } = options;
    return {
      step,
      mode,
      parameters: { ...parameters },
      secrets,
      machine: machine(machineId),
      world,
      ...(runAs === undefined ? {} : { runAs }),
      isElevated,
      script,
      begunMs: nowMs - lastedMs,
      nowMs,
    };
  }

  const run: ConnectorWorld['run'] = (step, mode, machineId, parameters, options) => {
    const outcome = emulator(step).perform(callOf(step, mode, machineId, parameters, options));
    checkAnswer(step, mode, outcome);
    return outcome;
  };

  return {
    world,
    connector: world.connector,
    authority,
    nowMs: () => nowMs,
    pass: (ms) => {
      nowMs += ms;
    },
    machine,
    part: (id) => machine(id).azurePack,
    run,
    interrupt: (step, machineId, parameters, options) => {
      emulator(step).interrupt?.(callOf(step, 'apply', machineId, parameters, options));
    },
    issue: (step, machineId, host, port) => {
      const { facts } = run(step, 'probe', machineId, { endpoints: [{ host, port }] });
      return (facts as { results: readonly { issue: string }[] }).results[0]?.issue ?? 'nothing was seen';
    },
    view: (cloudName, tenantMachineId) =>
      tenantView(world, cloudName, { nowMs, ...(tenantMachineId === undefined ? {} : { tenantMachineId }) }),
  };
}

/** Throws where an answer is none that the contract of the step allows. */
function checkAnswer(step: string, mode: StepMode, { verbose, exitCode, ...answer }: StepOutcome): void {
  const { facts } = contractOf(step);
  facts.strict().parse(answer.facts);
  scriptAnswerSchema.parse({ v: 1, step, mode, ...answer });
  if (verbose?.some((line) => line.includes('\n')) === true) throw new Error('A line has a line break.');
  if (exitCode !== undefined && ![0, 1, 1618, 3010].includes(exitCode)) throw new Error(`Exit code ${exitCode}`);
}

export function contractOf(step: string): RemoteStepContract {
  const found = Object.values<RemoteStepContract>(connectorSteps).find(({ id }) => id === step);
  if (found === undefined) throw new Error(`There is no contract of ${step}.`);
  return found;
}

export function emulator(step: string): StepEmulator {
  const found = connectorEmulators[step];
  if (found === undefined) throw new Error(`There is no ${step}.`);
  return found;
}

/** W8's parameters for the issuers of a machine's portal certificate. */
export function issuersOf(test: ConnectorWorld, machineId: string, tenantPortalFqdn: string): readonly object[] {
  const { facts } = test.run('W7', 'probe', machineId, { tenantPortalFqdn });
  return (facts as { issuers: readonly object[] }).issuers;
}

/** The thumbprint of the certificate that the tenant portal's binding uses. */
export function portalThumbprint(test: ConnectorWorld, machineId: string): string {
  return test.part(machineId).sites[0]?.thumbprint ?? '';
}

type Store = 'Root' | 'CA' | 'My';

function storeCertificate(store: Store, { certificate }: Authority) {
  return { store, certificate: derOf(certificate) };
}

function azureStackDomain() {
  return {
    dnsName: 'azurestack.local',
    netBiosName: 'AZURESTACK',
    lockoutThreshold: lockOutThreshold,
    accounts: [
      { name: 'CloudAdmin', password: cloudAdmin.password },
      { name: 'azurestackadmin', password: domainAdmin.password },
    ],
  };
}

function contosoDomain() {
  return {
    dnsName: 'contoso.com',
    netBiosName: 'CONTOSO',
    accounts: [{ name: 'sqladmin', password: sqlAdminPassword }],
  };
}

async function aWapComputer(
  number: number,
  authority: Authority,
  stores: readonly ReturnType<typeof storeCertificate>[],
) {
  const name = `wapcomputer${number}`;
  const certificate = await aServerCertificate(`${name}.contoso.com`, authority);
  const thumbprint = thumbprintOf(certificate) ?? '';
  return {
    id: name,
    role: 'wap' as const,
    computerName: name,
    domain: 'contoso.com',
    administrators: [sqlAdmin],
    certificates: [...stores, { store: 'My' as const, certificate, hasPrivateKey: true }],
    products: ['TenantSite', 'TenantAPI', 'TenantPublicAPI'].map((role) => ({
      name: `Windows Azure Pack - ${role} - 2013`,
      version: wapVersion,
    })),
    azurePack: {
      sites: [
        { name: 'MgmtSvc-TenantSite', port: 30_081, thumbprint },
        { name: 'MgmtSvc-TenantAPI', port: 30_005, thumbprint },
      ],
      urlRewrite: { version: '7.2.1993' },
      tenantApi: { version: wapVersion, sqlServer: name },
    },
  };
}

async function theConnector() {
  const hosts = [1, 2].map((number) => `wapcomputer${number}`);
  return {
    azureStack: {
      portalFqdn: 'portal.local.azurestack.external',
      realm,
      signingCertificate: await aServerCertificate('adfs.local.azurestack.external'),
    },
    packages: [
      {
        uri: connectorPackage.uri,
        sha256: connectorPackage.sha256,
        sizeBytes: 60_000_000,
        kind: 'connector' as const,
        version: tenantApiVersion,
      },
      {
        uri: urlRewriteInstaller.installerUri,
        sha256: urlRewriteInstaller.installerSha256,
        sizeBytes: 6_000_000,
        kind: 'urlRewrite' as const,
        version: '7.2.1993',
      },
    ],
    sqlServers: Object.fromEntries(hosts.map((host) => [host, { machineId: host, sysadmins: [sqlAdmin] }])),
    virtualMachines: Object.fromEntries(hosts.map((host) => [`${host}.contoso.com`, [`${host}-vm1`]])),
  };
}
