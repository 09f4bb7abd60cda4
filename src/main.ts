import { randomUUID } from 'node:crypto';
import { app, type InvocationContext } from '@azure/functions';
import { DefaultAzureCredential } from '@azure/identity';
import * as df from 'durable-functions';
import { createApplyActivities } from './activities/gateways/apply-activities.ts';
import { createConnectorActivities } from './activities/on-premises/connector-activities.ts';
import { createEnsureResource } from './activities/gateways/ensure-resource.ts';
import { createFinishOnPremises } from './activities/on-premises/finish-on-premises.ts';
import { createReadWrite } from './activities/gateways/read-write.ts';
import { createRemoteActivities } from './activities/on-premises/remote-activities.ts';
import { createRemoveResource } from './activities/gateways/remove-resource.ts';
import { createBuildActivities } from './activities/gateways/build-activities.ts';
import { createVpnAccessActivities } from './activities/on-premises/vpn-access-activities.ts';
import { createWithdrawAccess } from './activities/gateways/withdraw-access.ts';
import { createWriteGateway } from './activities/gateways/write-gateway.ts';
import { readSettings, type Settings, type SettingsReading } from './config/settings.ts';
import * as applyGatewayContract from './contracts/gateways/apply-gateway.ts';
import * as buildGatewayContract from './contracts/gateways/build-gateway.ts';
import * as connectorContract from './contracts/on-premises/connectors.ts';
import { finishOnPremises } from './contracts/on-premises/on-premises.ts';
import * as remoteContract from './contracts/on-premises/remote-commands.ts';
import * as vpnAccessContract from './contracts/on-premises/vpn-access.ts';
import { deliverOutbox } from './services/operations/outbox-delivery.ts';
import { redactSecrets } from './domain/redact-secrets.ts';
import { createTurnedAway } from './services/requests/turned-away.ts';
import { verifyAudit } from './services/requests/verify-audit.ts';
import { apiKeyRoutes } from './functions/requests/api-keys.ts';
import { auditRoutes } from './functions/requests/audit.ts';
import { certificateRoutes } from './functions/certificates/certificates.ts';
import { connectorRoutes } from './functions/on-premises/connectors.ts';
import { downloadRoutes } from './functions/operations/downloads.ts';
import { expiryRoutes } from './functions/operations/expiries.ts';
import { gatewayRootRoutes } from './functions/gateways/gateway-roots.ts';
import { gatewayRoutes } from './functions/gateways/gateways.ts';
import { healthRoutes } from './functions/operations/health.ts';
import { createDurableOrchestrations } from './functions/http/durable-orchestrations.ts';
import { createFailureLimits } from './functions/http/failure-limits.ts';
import { createReadCaller } from './functions/http/read-caller.ts';
import { registerRoutes } from './functions/http/register-routes.ts';
import type { Route } from './functions/http/route.ts';
import { machineRoutes } from './functions/on-premises/machines.ts';
import { onGatewayChanged } from './functions/gateways/on-gateway-changed.ts';
import { openApiRoutes } from './functions/requests/openapi.ts';
import { operationRoutes } from './functions/operations/operations.ts';
import { ownerRoutes } from './functions/certificates/owners.ts';
import { registerActivities } from './composition/register-activities.ts';
import { rootRoutes } from './functions/certificates/roots.ts';
import { stackRoutes } from './functions/on-premises/stacks.ts';
import { operationActions } from './functions/operations/operation-actions.ts';
import { registerDeliverOutbox } from './functions/timers/deliver-outbox.ts';
import { registerRetention } from './functions/timers/retention.ts';
import { registerSweep } from './functions/timers/sweep.ts';
import { registerWatchDependencies } from './functions/timers/watch-dependencies.ts';
import { registerWatchExpiries } from './functions/timers/watch-expiries.ts';
import { registerWatchGateways } from './functions/timers/watch-gateways.ts';
import { vpnAccessRoutes } from './functions/on-premises/vpn-access.ts';
import { createOnPremises, type OnPremises } from './composition/on-premises.ts';
import { applyGateway } from './orchestrations/gateways/apply-gateway.ts';
import { buildGateway } from './orchestrations/gateways/build-gateway.ts';
import { connectClouds } from './orchestrations/on-premises/connect-clouds.ts';
import { connectPortals } from './orchestrations/on-premises/connect-portals.ts';
import { disconnectClouds, verifyConnector } from './orchestrations/on-premises/connector-checks.ts';
import { remoteStep } from './orchestrations/on-premises/remote-step.ts';
import { removeGateway } from './orchestrations/gateways/remove-gateway.ts';
import { checkMachine, closeVpnAccess, openVpnAccess, setVpnUser } from './orchestrations/on-premises/vpn-access.ts';
import type { Orchestrations } from './ports/orchestrations.ts';
import { createServices, profileContainer, type Services } from './composition/services.ts';
import { version } from './version.ts';

// The composition root: the only module that reads settings, makes clients and registers with the host.

const durableClient = df.input.durableClient();
const reading = readSettings();
const { settings } = reading;
const credential = new DefaultAzureCredential(
  settings.authorityHost === undefined ? {} : { authorityHost: settings.authorityHost, disableInstanceDiscovery: true },
);
const services = createServices(reading, credential);
const onPremises = createOnPremises(services, settings, credential);

startReadiness(services, reading);
registerHttp(services, onPremises, settings);
registerWatches(services, onPremises, settings);
registerGatewayOrchestrations(services);
registerProcedures(services, onPremises, settings);

/** Storage and secrets are looked for at the start. Whatever is missing then, the start is one, and requests are told. */
function startReadiness({ readiness, dependencies }: Services, { faults }: SettingsReading): void {
  for (const { name, message } of faults) process.emitWarning(`setting ${name} is missing or malformed: ${message}`);
  app.hook.appStart(async () => {
    await readiness.missing();
    // Not waited for, nor left to the timer: whoever starts the service asks for its health at once.
    dependencies.look().catch((error: unknown) => {
      warnOf('first look at the dependencies', error);
    });
  });
}

function registerHttp(all: Services, machine: OnPremises, { subscriptionId }: Settings): void {
  const {
    stores,
    operations,
    apiKeys,
    audit,
    expiries,
    describeExpiring,
    owners,
    gatewayOperations,
    judgePlan,
    judgePlanParts,
  } = all;
  const routes: readonly Route[] = [
    ...gatewayRoutes({ stores, gatewayOperations, operations, subscriptionId, judgePlan, judgePlanParts }),
    ...gatewayRootRoutes({ stores, operations, trust: all.trust }),
    ...rootRoutes({ stores, roots: all.roots }),
    ...certificateRoutes({
      stores,
      operations,
      now: all.now,
      certificates: all.certificates,
      lookup: all.lookup,
      owners,
      revocations: all.revocations,
      kits: all.kits,
    }),
    ...downloadRoutes({ downloads: all.downloads }),
    ...operationRoutes({
      operations,
      standing: all.standing,
      actions: operationActions({ gatewayOperations, operations, procedures: machine.procedures }),
    }),
    ...machineRoutes({ ...machine, operations }),
    ...stackRoutes(machine),
    ...vpnAccessRoutes({ ...machine, operations }),
    ...connectorRoutes({ ...machine, operations }),
    ...ownerRoutes({ owners }),
    ...expiryRoutes({ expiries, describe: describeExpiring }),
    ...auditRoutes({
      audit,
      verify: (request) => verifyAudit(all, request),
    }),
    ...apiKeyRoutes({ apiKeys }),
    ...healthRoutes({
      version,
      lastReport: () => all.dependencies.last(),
      missing: all.readiness.missing,
    }),
  ];
  registerRoutes({
    app,
    durableClient,
    routes: [...routes, ...openApiRoutes(routes, version)],
    services: {
      now: all.now,
      newSeed: all.newSeed,
      missing: all.readiness.missing,
      readCaller: createReadCaller({ apiKeys }),
      idempotency: all.idempotency,
      audit,
      turnedAway: createTurnedAway({ audit, instanceId: randomUUID() }),
      failureLimits: createFailureLimits({ now: all.now }),
      orchestrationsOf,
      afterChange: () => {
        deliverSoon(all);
      },
    },
  });
}

function registerWatches(all: Services, machine: OnPremises, { clientId }: Settings): void {
  const { stores, writer, now } = all;
  const host = { app, runs: all.timerRuns };
  registerDeliverOutbox(host, all.delivery);
  registerRetention(host, all.retention);
  registerWatchDependencies(host, all.dependencies);
  registerWatchExpiries(host, {
    expiries: all.expiries,
    notices: all.notices,
    outbox: all.outbox,
    describe: all.describeExpiring,
    now,
    afterChange: () => {
      deliverSoon(all);
    },
  });
  registerWatchGateways(host, { durableClient, orchestrationsOf, stores, writer, audit: all.audit, now });
  registerSweep(host, { durableClient, orchestrationsOf, services: { ...all, procedures: machine.procedures } });
  app.eventGrid('onGatewayChanged', {
    extraInputs: [durableClient],
    handler: async (event: unknown, context: InvocationContext) => {
      const outcome = await onGatewayChanged(event, {
        stores,
        writer,
        now,
        clientId,
        orchestrations: orchestrationsOf(context),
      });
      context.log(`gateway event: ${outcome}`);
    },
  });
}

function registerGatewayOrchestrations(all: Services): void {
  const { arm, stores, operations, claims, writer, now, thumbprintOfRoot, isExpiredRoot } = all;
  df.app.orchestration(buildGatewayContract.buildGatewayName, buildGateway);
  df.app.orchestration(buildGatewayContract.removeGatewayName, removeGateway);
  df.app.orchestration(applyGatewayContract.applyGatewayName, applyGateway);

  registerActivities(df.app, buildGatewayContract, {
    ...createBuildActivities({ arm, stores, claims, operations, writer, now }),
    ensureResource: createEnsureResource({ arm, stores, now }),
    removeResource: createRemoveResource({ arm, stores }),
    withdrawAccess: createWithdrawAccess({ arm, stores, now }),
  });
  registerActivities(df.app, applyGatewayContract, {
    ...createApplyActivities({
      arm,
      blobs: all.blobs,
      stores,
      writer,
      presence: all.presence,
      rounds: all.rounds,
      sessions: all.sessions,
      profileContainer,
      profileRetention: all.profileRetention,
      readProfilePackage: all.readProfile,
    }),
    writeGateway: createWriteGateway({
      arm,
      stores,
      now,
      noteVanished: all.noteVanished,
      presence: all.presence,
      thumbprintOfRoot,
      isExpiredRoot,
    }),
    readWrite: createReadWrite({ arm, stores, now, thumbprintOfRoot }),
  });
}

function registerProcedures(all: Services, machine: OnPremises, { vaultUrl }: Settings): void {
  const { operations, claims, secrets, expiries, sendWebhook, now } = all;
  const { stores } = machine;
  const orchestrations = {
    [remoteContract.remoteStepName]: remoteStep,
    [vpnAccessContract.checkMachineName]: checkMachine,
    [vpnAccessContract.openVpnAccessName]: openVpnAccess,
    [vpnAccessContract.closeVpnAccessName]: closeVpnAccess,
    [vpnAccessContract.setVpnUserName]: setVpnUser,
    [connectorContract.connectCloudsName]: connectClouds,
    [connectorContract.connectPortalsName]: connectPortals,
    [connectorContract.verifyConnectorName]: verifyConnector,
    [connectorContract.disconnectCloudsName]: disconnectClouds,
  };
  for (const [name, orchestration] of Object.entries(orchestrations)) df.app.orchestration(name, orchestration);

  const finish = createFinishOnPremises({ ...machine, operations, claims });
  registerActivities(df.app, { finishOnPremises }, { finishOnPremises: finish });
  registerActivities(df.app, remoteContract, createRemoteActivities({ ...machine, operations, claims, vaultUrl, now }));
  registerActivities(df.app, vpnAccessContract, createVpnAccessActivities({ ...machine, operations, expiries, now }));
  registerActivities(
    df.app,
    connectorContract,
    createConnectorActivities({ ...machine, stores, operations, claims, expiries, secrets, send: sendWebhook, now }),
  );
}

function orchestrationsOf(context: InvocationContext): Orchestrations {
  return createDurableOrchestrations(df.getClient(context));
}

/** Not waited for: whoever made the change has their answer, and the timer delivers what this does not. */
function deliverSoon({ delivery }: Services): void {
  deliverOutbox(delivery).catch((error: unknown) => {
    warnOf('delivery after a change', error);
  });
}

function warnOf(what: string, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  process.emitWarning(`${what}: ${redactSecrets(text)}`);
}
