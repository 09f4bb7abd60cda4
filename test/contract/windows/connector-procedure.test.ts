// The connector's whole procedure on the simulated machines by the real scripts, as a carrier would run them: composed,
// checked by the reader of PowerShell, started, waited for by the stack's clock, and its last line read.
import { thumbprintOf } from '../../../sandbox/windows/connector/data-file.ts';
import { tenantView } from '../../../sandbox/windows/connector/portal.ts';
import { checkScript } from '../../../sandbox/windows/powershell/check-script.ts';
import { connectorEmulators } from '../../../sandbox/windows/steps/w-steps.ts';
import { rememberFindings } from '../../../sandbox/windows/transports/remember-findings.ts';
import type { SecretValue } from '../../../sandbox/windows/world/records.ts';
import { openWorld, type WindowsWorld } from '../../../sandbox/windows/world/world.ts';
import type { StepMode } from '../../../src/contracts/on-premises/remote-step.ts';
import { composeCommand } from '../../../src/onprem/compose-command.ts';
import { readAnswer } from '../../../src/onprem/read-answer.ts';
import { aSecretName } from '../../support/a-secret-name.ts';
import { createTestHost, type TestHost } from '../../support/service-host.ts';
import { endpointSecrets, multiCloudParameters } from '../../support/windows/connector-machines.ts';
import {
  aConnectorDefinition,
  connectorPackage,
  domainAdmin,
  outputShare,
  packageFolder as folder,
  realm,
  sqlAdmin,
  sqlAdminPassword,
} from '../../support/windows/connector-world.ts';

const host = 'wapcomputer1.contoso.com';
const wap = 'wapcomputer1';
const names = {
  folder,
  tenantPortalFqdn: host,
  tenantApiFqdn: host,
  azureStackPortalFqdn: 'portal.local.azurestack.external',
};

interface Given {
  readonly secrets?: Readonly<Record<string, SecretValue>>;
  readonly runAs?: { readonly username: string; readonly password: string };
  readonly via?: string;
}

let test: TestHost;
let world: WindowsWorld;
let commands = 0;

beforeEach(async () => {
  test = await createTestHost();
  world = openWorld(test.host, {
    steps: connectorEmulators,
    checkScript: rememberFindings(checkScript),
    readSecret: () => Promise.reject(new Error('Nobody reads the vault here.')),
  });
  world.define((await aConnectorDefinition()).definition);
});

afterEach(() => {
  world.flush();
  test.close();
});

describe('sandbox/windows/steps/w-steps', () => {
  it('connects a cloud by the real scripts, and takes it back', async () => {
    const { issuers, thumbprint } = await facts<{ issuers: object[]; thumbprint: string }>('W7', wap, {
      tenantPortalFqdn: host,
    });
    for (const issuer of issuers) await apply('W8', 'host', issuer, { via: 'AzS-WASP01' });
    await apply('W11', 'host', { computerName: 'azs-ercs01' });
    await apply('W13', 'host', { ...multiCloudParameters, authentication: 'Credssp' }, { secrets: endpointSecrets });
    const shareSecrets = { secrets: { shareCredential: domainAdmin } };
    const { files } = await facts<{ files: { name: string; sha256: string }[] }>(
      'W15',
      'host',
      { share: outputShare },
      shareSecrets,
    );
    const { name: fileName = '', sha256 = '' } = files[0] ?? {};
    const { content } = await facts<{ content: string }>(
      'W16',
      'host',
      { share: outputShare, fileName, sha256 },
      shareSecrets,
    );
    await apply('W18', wap, connectorPackage);
    await apply('W19', wap, { folder });
    await facts('W20', wap, {});
    await apply('W21', wap, { folder, thumbprint });
    await apply('W22', wap, names);
    await apply('W26', wap, { folder, fileName, sha256 }, { secrets: { content } });
    await apply('W27', wap, { folder });
    await facts('W28', wap, {});
    await apply('W30', wap, { isServerKnown: false });
    const trust = { folder, fileName, sha256, sqlServer: wap, realm, thumbprint: signingThumbprint() };
    const runAs = { username: sqlAdmin, password: sqlAdminPassword };
    await apply('W31', wap, trust, { runAs });

    expect(view()).toEqual({ isListed: true, errors: [], virtualMachines: ['wapcomputer1-vm1'] });

    expect(await run('W31', 'undo', wap, trust, { runAs })).toMatchObject({ ok: true });
    expect(view().errors).toHaveLength(1);
    const undone = world.history().filter(({ ok }) => ok !== true);
    expect(undone.map(({ mode }) => mode).every((mode) => mode === 'probe')).toBe(true);
    expect(world.connector.violations).toEqual([]);
  });
});

/** Probe, apply and verify, as the procedure does it. */
async function apply(step: string, machineId: string, parameters: object, given: Given = {}): Promise<void> {
  await run(step, 'probe', machineId, parameters, given);
  expect(await run(step, 'apply', machineId, parameters, given)).toMatchObject({ step, ok: true });
  expect(await run(step, 'verify', machineId, parameters, given)).toMatchObject({ step, ok: true });
}

async function facts<T>(step: string, machineId: string, parameters: object, given: Given = {}): Promise<T> {
  const answer = await run(step, 'probe', machineId, parameters, given);
  expect(answer).toMatchObject({ step, ok: true });
  return (answer as { facts: unknown }).facts as T;
}

async function run(step: string, mode: StepMode, machineId: string, parameters: object, given: Given = {}) {
  const { secrets = {}, runAs, via } = given;
  const { script, invocation } = composeCommand({
    stepId: step,
    mode,
    parameters: { ...parameters },
    secrets: Object.fromEntries(Object.keys(secrets).map((name) => [name, aSecretName(step, name)])),
    via: via === undefined ? undefined : { computerName: via, credentialSecret: 'account-azurestack-admin' },
    transport: 'ssh',
    vaultUrl: 'https://vault.example',
  });
  const values = via === undefined ? secrets : { ...secrets, viaCredential: domainAdmin };
  const id = `${step.toLowerCase()}-${commands}`;
  commands += 1;
  expect(
    world.start(machineId, { id, script, invocation, secrets: values, runAs, timeoutSeconds: 3600 }, 'ssh'),
  ).toEqual({ outcome: 'started' });
  await test.advance(1_000_000);
  const end = world.poll(machineId, id);
  world.cleanup(machineId, id);
  if (end.state !== 'ended') throw new Error(`${step} ${mode} is ${end.state}.`);
  if (!end.output.includes('"v":1')) throw new Error(`${step} ${mode}: ${end.error}`);
  return readAnswer({ output: end.output, exitCode: end.exitCode ?? -1, stepId: step, mode });
}

function view() {
  return tenantView(world, 'AzurePack_1', { nowMs: test.host.clock.nowMs(), tenantMachineId: 'client' });
}

function signingThumbprint(): string {
  return thumbprintOf(world.connector.azureStack.signingCertificate) ?? '';
}
