/**
 * The process that is Azure for a local stack: identity, Resource Manager, Key Vault, Event Grid, and the control door.
 * Testing only. Started by the supervisor, which has prepared the folder SANDBOX_DIR.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startArm } from './arm/arm-service.ts';
import { startControl } from './control/control-service.ts';
import { createCommonNameFinder } from './control/app-door.ts';
import { createRuntimeDoor } from './control/runtime-door.ts';
import { openWebhookInbox } from './control/webhook-inbox.ts';
import { startEventGrid } from './eventgrid/event-grid.ts';
import { startIdentity } from './identity/identity-service.ts';
import { openTokenIssuer } from './identity/token-issuer.ts';
import { startKeyVault } from './keyvault/keyvault-service.ts';
import { FaultPlan } from './platform/faults.ts';
import { Journal } from './platform/journal.ts';
import { ensureLocalCa, readServerCredentials } from './platform/local-ca.ts';
import { Scheduler } from './platform/scheduler.ts';
import type { ServiceHost } from './platform/service-host.ts';
import { StackClock } from './platform/stack-clock.ts';
import { createTrafficRecorder } from './platform/traffic-recorder.ts';
import { readClockOffsetMs, writeClockOffsetMs } from './supervisor/clock-file.ts';
import { readPorts } from './supervisor/ports.ts';
import { ensureSecrets } from './supervisor/stack-secrets.ts';

const settings = {
  directory: process.env['SANDBOX_DIR'] ?? '.sandbox',
  speed: Number(process.env['SANDBOX_SPEED'] ?? '60'),
  isRecording: process.env['SANDBOX_RECORD'] === 'true',
  noise: process.env['SANDBOX_NOISE'] ?? '',
};
const ports = readPorts(settings.directory);
const secrets = ensureSecrets(settings.directory);

const clock = new StackClock(readClockOffsetMs(settings.directory));
clock.onMove(() => {
  writeClockOffsetMs(settings.directory, clock.offsetMs);
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

const identity = await startIdentity(host, {
  port: ports.identity,
  issuer,
  application: { clientId: secrets.clientId, clientSecret: secrets.clientSecret },
  principal: { appId: secrets.clientId, objectId: secrets.objectId, tenantId: secrets.tenantId },
});
const keyVault = await startKeyVault(host, { port: ports.keyVault, authority: identity.url });
const appUrl = `http://127.0.0.1:${ports.runtime}`;
const eventGrid = startEventGrid(host, {
  url: `${appUrl}/runtime/webhooks/eventgrid?functionName=onGatewayChanged&code=${secrets.eventGridKey}`,
});
const arm = await startArm(host, {
  port: ports.arm,
  publishEvent: (event) => {
    eventGrid.publish(event);
  },
});
const inbox = openWebhookInbox(join(stateDirectory, 'webhook.json'));
const control = await startControl(host, {
  port: ports.control,
  arm,
  inbox,
  runtime: createRuntimeDoor(appUrl, secrets.controlKey),
  findCommonName: createCommonNameFinder(appUrl, secrets.administratorKey),
  services: { identity, arm, keyvault: keyVault, eventgrid: eventGrid },
  reset: () => {
    arm.reset();
    eventGrid.reset();
    keyVault.reset();
    inbox.clear();
    host.journal.clear();
    host.faults.clear();
  },
});

process.once('SIGTERM', () => {
  void stop();
});
console.log(JSON.stringify({ ready: true, process: 'cloud', pid: process.pid }));

async function stop(): Promise<void> {
  host.scheduler.stop();
  eventGrid.stop();
  await Promise.all([control.close(), identity.close(), keyVault.close(), arm.close()]);
  for (const service of [keyVault, arm, eventGrid, inbox]) service.flush();
  process.exit(0);
}
