/**
 * The process that is Azure for a local stack: identity, Resource Manager, Key Vault, Event Grid, and the control API.
 * Testing only. Started by the supervisor, which has prepared the folder SANDBOX_DIR.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startArm } from './arm/arm-service.ts';
import { type BlobAccount, createAppendBlobWriter } from './azurite/append-blob.ts';
import { createCommonNameFinder } from './control/common-name-finder.ts';
import { startControl } from './control/control-service.ts';
import { createRuntimeClient } from './control/runtime-client.ts';
import { openWebhookInbox } from './control/webhook-inbox.ts';
import { startEventGrid } from './eventgrid/event-grid.ts';
import { startIdentity } from './identity/identity-service.ts';
import { openTokenIssuer } from './identity/token-issuer.ts';
import { type RunningKeyVault, startKeyVault } from './keyvault/keyvault-service.ts';
import { FaultPlan } from './platform/faults.ts';
import { Journal } from './platform/journal.ts';
import { ensureLocalCa, readServerCredentials } from './platform/local-ca.ts';
import { Scheduler } from './platform/scheduler.ts';
import type { ServiceHost } from './platform/service-host.ts';
import { StackClock } from './platform/stack-clock.ts';
import { createTrafficRecorder } from './platform/traffic-recorder.ts';
import { openClockFile, readClockOffsetMs } from './supervisor/clock-file.ts';
import { readPorts } from './supervisor/ports.ts';
import { writePrivateJson } from './supervisor/private-file.ts';
import { storageAccount, storageUrl, windowsInfoFile } from './supervisor/stack-info.ts';
import { ensureSecrets } from './supervisor/stack-secrets.ts';
import { checkScript } from './windows/powershell/check-script.ts';
import { allEmulators } from './windows/steps/all-steps.ts';
import { rememberFindings } from './windows/transports/remember-findings.ts';
import { readSshdChoice } from './windows/transports/ssh-front.ts';
import { createVaultClient, VaultRefusal } from './windows/transports/vault-client.ts';
import { type RunningWindows, startWindows } from './windows/transports/windows-service.ts';
import { createDefaultWorld, defaultSecrets } from './windows/world/default-world.ts';

const settings = {
  directory: process.env['SANDBOX_DIR'] ?? '.sandbox',
  speed: Number(process.env['SANDBOX_SPEED'] ?? '60'),
  isRecording: process.env['SANDBOX_RECORD'] === 'true',
  noise: process.env['SANDBOX_NOISE'] ?? '',
  hasWindows: process.env['SANDBOX_WINDOWS'] === 'true',
  sshd: readSshdChoice(process.env['SANDBOX_SSHD']),
};
const ports = readPorts(settings.directory);
const secrets = ensureSecrets(settings.directory);

const clock = new StackClock(readClockOffsetMs(settings.directory));
const clockFile = openClockFile(settings.directory);
clock.onMove(() => {
  clockFile.write(clock.offsetMs);
});
const stateDirectory = join(settings.directory, 'state');
mkdirSync(stateDirectory, { recursive: true });
const issuer = await openTokenIssuer({ directory: stateDirectory, clock, tenantId: secrets.tenantId });
const host: ServiceHost = {
  directory: stateDirectory,
  clock,
  scheduler: new Scheduler(clock, (error) => {
    console.error('scheduled work failed', error);
  }),
  journal: new Journal(join(settings.directory, 'journal.jsonl')),
  faults: new FaultPlan({
    seed: 'stack',
    ...(settings.noise === '' ? {} : { noiseShare: Number(settings.noise) }),
  }),
  record: settings.isRecording ? createTrafficRecorder(join(settings.directory, 'traffic.jsonl')) : undefined,
  credentials: readServerCredentials(await ensureLocalCa(settings.directory)),
  verifyToken: issuer.verify,
  tenantId: secrets.tenantId,
  subscriptionId: secrets.subscriptionId,
  speed: settings.speed,
};

/** The one identity of a local stack: the app's, whoever fills its vaults, and the machines'. */
const identityOfApp = { appId: secrets.clientId, objectId: secrets.objectId, tenantId: secrets.tenantId };
const identity = await startIdentity(host, {
  port: ports.identity,
  issuer,
  application: { clientId: secrets.clientId, clientSecret: secrets.clientSecret },
  principal: identityOfApp,
});
const keyVault = await startKeyVault(host, { port: ports.keyVault, authority: identity.url });
const appVault = await startAppVault();
const windows = settings.hasWindows ? await startMachines() : undefined;
const appUrl = `http://127.0.0.1:${ports.runtime}`;
const eventGrid = startEventGrid(host, {
  url: `${appUrl}/runtime/webhooks/eventgrid?functionName=onGatewayChanged&code=${secrets.eventGridKey}`,
});
const arm = await startArm(host, {
  port: ports.arm,
  machines: windows === undefined ? undefined : { ...windows.arc, writeBlob: createAppendBlobWriter(blobAccount()) },
  publishEvent: (event) => {
    eventGrid.publish(event);
  },
});
const inbox = openWebhookInbox(join(stateDirectory, 'webhook.json'));
const control = await startControl(host, {
  port: ports.control,
  arm,
  inbox,
  runtime: createRuntimeClient(appUrl, secrets.controlKey),
  findCommonName: createCommonNameFinder(appUrl, secrets.administratorKey),
  windows,
  services: {
    identity,
    arm,
    keyvault: keyVault,
    appvault: appVault,
    eventgrid: eventGrid,
    ...(windows === undefined ? {} : { windows }),
  },
  reset: async () => {
    arm.reset();
    eventGrid.reset();
    keyVault.reset();
    inbox.clear();
    host.journal.clear();
    host.faults.clear();
    await windows?.reset();
  },
});

/** The vault of the app's own secrets, with what a deployment puts there; what is there already stays. */
async function startAppVault(): Promise<RunningKeyVault> {
  const directory = join(stateDirectory, 'app-vault');
  mkdirSync(directory, { recursive: true });
  const vault = await startKeyVault(
    { ...host, directory },
    { port: ports.appVault, name: 'appvault', authority: identity.url },
  );
  const client = createVaultClient(() => issuer.issue(identityOfApp, 'https://vault.azure.net'));
  const vaultUrl = `https://localhost:${ports.appVault}`;
  const values = {
    'administrator-key': secrets.administratorKey,
    'webhook-url': `http://127.0.0.1:${ports.control}/webhook`,
    'webhook-secret': secrets.webhookSecret,
  };
  for (const [name, value] of Object.entries(values)) {
    await client.read(vaultUrl, name).catch((error: unknown) => {
      if (error instanceof VaultRefusal && error.statusCode === 404) return client.write(vaultUrl, name, value);
      throw error;
    });
  }
  return vault;
}

/** The simulated Windows machines; how they are reached goes into a file that the supervisor reads. */
async function startMachines(): Promise<RunningWindows> {
  const world = await createDefaultWorld();
  return startWindows(host, {
    steps: allEmulators,
    checkScript: rememberFindings(checkScript),
    vault: createVaultClient(() => issuer.issue(identityOfApp, 'https://vault.azure.net')),
    vaultUrl: `https://localhost:${ports.keyVault}`,
    defaultWorld: () => world,
    defaultSecrets,
    shim: join(import.meta.dirname, 'windows', 'transports', 'powershell-shim.ts'),
    sshd: settings.sshd,
    onReach: (reach) => {
      writePrivateJson(windowsInfoFile(settings.directory), reach);
    },
  });
}

function blobAccount(): BlobAccount {
  return { blobUrl: storageUrl(ports.blob), account: storageAccount, key: secrets.storageKey };
}

process.once('SIGTERM', () => {
  void stop();
});
console.log(JSON.stringify({ ready: true, process: 'cloud', pid: process.pid }));

async function stop(): Promise<void> {
  host.scheduler.stop();
  eventGrid.stop();
  await Promise.all([
    control.close(),
    identity.close(),
    keyVault.close(),
    appVault.close(),
    arm.close(),
    windows?.close(),
  ]);
  for (const service of [keyVault, appVault, arm, eventGrid, inbox, windows]) service?.flush();
  process.exit(0);
}
