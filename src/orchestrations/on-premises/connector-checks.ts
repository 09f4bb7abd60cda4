import type { OrchestrationContext } from 'durable-functions';
import { endStep } from '../../contracts/operations/steps.ts';
import {
  cloudsToTakeBack,
  folder,
  noteConnector,
  ownSteps,
  stageOnApi,
  verifyTrust,
  type CloudDataFile,
  type ConnectorCloud,
  type ConnectorPlan,
} from '../../contracts/on-premises/connectors.ts';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { shownStep, type OnPremisesEnd } from '../../contracts/on-premises/on-premises.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { slug, trustRequest } from './connect-apis.ts';
import { checkEndpoint, portalRequests } from './connect-portals.ts';
import { connectorAccess, readPlan } from './connector-access.ts';
import { diagnosed, reachedBefore } from './diagnose-connector.ts';
import {
  begin,
  fail,
  gate,
  locked,
  must,
  mustHold,
  skip,
  stopped,
  runProcedure,
  type StepRequest,
  type Procedure,
} from './procedure.ts';
import { trustIssuers } from './trust-issuers.ts';

/** Looks whether everything that the connector needs is still as it was made; changes nothing. */
export function* verifyConnector(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, connectorId) {
    const { plan, files } = yield* readPlan(context, connectorId);
    const progress = { plan, reached: reachedBefore(plan) };
    yield* diagnosed(context, procedure, progress, verifyAll(context, procedure, plan, files));
    return undefined;
  });
}

function* verifyAll(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  files: readonly CloudDataFile[],
): Steps<void> {
  const { hostRequest, enable } = connectorAccess(context, procedure, plan);
  yield* mustHold(context, procedure, hostRequest(enable), changed);
  for (const cloud of plan.clouds) {
    for (const machineId of cloud.portalMachines) {
      for (const request of portalRequests(plan, cloud, machineId).filter(({ step }) => verified.has(step.id)))
        yield* mustHold(context, procedure, request, changed);
      yield* checkEndpoint(context, procedure, { plan, cloud, machineId, areOthersAtWork: false });
    }
    for (const machineId of cloud.apiMachines)
      yield* mustHold(
        context,
        procedure,
        { step: steps.checkTenantApi, machineId, where: machineId, parameters: {} },
        changed,
      );
    const trust = trustOf(cloud, files);
    if (trust === undefined) {
      const message = 'The trust was never established.';
      return yield* fail(context, procedure, shownStep(verifyTrust, cloud.name), { code: 'precondition', message });
    }
    yield* mustHold(context, procedure, { ...trust, step: verifyTrust, script: steps.trustAzureStack.id }, changed);
  }
}

const changed = 'It is no longer as it was made. POST the connector again to put it right.';

const verified: ReadonlySet<string> = new Set([
  steps.checkSites.id,
  steps.bindCertificate.id,
  steps.configureConnector.id,
]);

/** Takes everything back in the opposite order: multi-cloud mode first, so that tenants stop seeing the clouds. */
export function* disconnectClouds(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, connectorId) {
    const { plan: whole, files } = yield* readPlan(context, connectorId);
    if (whole.changedClouds.length === 0) return yield* forget(context, procedure);
    const plan = { ...whole, clouds: cloudsToTakeBack(whole) };
    requireAllNamed(plan);
    const { host, enable } = connectorAccess(context, procedure, plan);
    const disable = { ...enable, action: 'undo' as const };
    const turn = { lock: `pep:${plan.hostMachine}`, step: shownStep(disable.step) };
    yield* locked(context, procedure, turn, () => host(disable));
    for (const cloud of plan.clouds) yield* disconnectCloud(context, procedure, plan, cloud, files);
    yield* trustIssuers(context, procedure, plan, { action: 'undo' });
    const { computerName, authentication } = plan.privilegedEndpoint;
    if (authentication === 'Credssp')
      yield* host({ step: steps.allowCredssp, parameters: { computerName }, action: 'undo' });
    return undefined;
  });
}

/** A cloud that the connector no longer names cannot be taken back, and must not be forgotten either. */
function requireAllNamed({ clouds, changedClouds }: ConnectorPlan): void {
  const names = new Set(clouds.map(({ name }) => name));
  const unnamed = changedClouds.filter((name) => !names.has(name));
  if (unnamed.length === 0) return;
  const message = `Something may have been changed for clouds that the connector no longer names: ${unnamed.join(', ')}. POST it again with them, with their machines, then DELETE it.`;
  throw stopped('', 'precondition', message);
}

function* forget(context: OrchestrationContext, procedure: Procedure): Steps<undefined> {
  const step = shownStep(ownSteps.forget);
  yield* begin(context, procedure, step);
  const detail = 'The preconditions never held, so nothing was changed on any machine.';
  yield* callActivity(context, endStep, { operationId: procedure.operationId, step, detail });
  return undefined;
}

function* disconnectCloud(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  files: readonly CloudDataFile[],
): Steps<void> {
  const undo = 'undo' as const;
  yield* takeTrustBack(context, procedure, plan, cloud, files);
  yield* gate(context, procedure, {
    step: shownStep(ownSteps.updateGate, cloud.name),
    name: `restore-api-${slug(plan, cloud)}`,
    detail: `The tenant API of cloud ${cloud.name} will be put back to the version from before on ${cloud.apiMachines.join(', ')}, one machine at a time. Approve when that may happen.`,
    days: plan.approvalDays,
  });
  const file = files.find(({ cloud: name }) => name === cloud.name);
  for (const machineId of cloud.apiMachines) {
    const at = { machineId, where: machineId, action: undo };
    yield* must(context, procedure, { ...at, step: steps.updateTenantApi, parameters: { folder } });
    const step = shownStep(steps.copyDataFile, machineId);
    if (file === undefined) yield* skip(context, procedure, step, 'There was no data file.');
    else yield* must(context, procedure, { ...at, step: steps.copyDataFile, ...copyRequest(file) });
  }
  for (const machineId of cloud.portalMachines) {
    const requests = portalRequests(plan, cloud, machineId).filter(({ step }) => undone.has(step.id));
    for (const request of [...requests].reverse()) yield* must(context, procedure, { ...request, action: undo });
  }
  // Last, because the portals' own way back needs the package, and one machine may be both.
  for (const machineId of cloud.apiMachines) {
    const parameters = { ...plan.package, folder };
    yield* must(context, procedure, {
      machineId,
      where: machineId,
      action: undo,
      step: stageOnApi,
      script: steps.stagePackage.id,
      parameters,
    });
  }
}

/** Only where it was tried: nobody is asked about a restore that cannot be, and no SQL server is needed for it. */
function* takeTrustBack(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  files: readonly CloudDataFile[],
): Steps<void> {
  const gateStep = shownStep(ownSteps.trustGate, cloud.name);
  const step = shownStep(steps.trustAzureStack, cloud.name);
  if (!plan.trustAttemptedClouds.includes(cloud.name)) {
    for (const passed of [gateStep, step]) yield* skip(context, procedure, passed, 'There is no trust to take back.');
    return;
  }
  const trust = trustOf(cloud, files);
  if (trust === undefined) {
    const message =
      'The trust was tried, and its data file or its SQL server is not known any more: look there by hand.';
    return yield* fail(context, procedure, step, { code: 'precondition', message });
  }
  yield* gate(context, procedure, {
    step: gateStep,
    name: `untrust-${slug(plan, cloud)}`,
    detail: `Microsoft.MgmtSvc.Store of cloud ${cloud.name} will be restored from the backup that was made before the trust. Whatever was changed there since, subscriptions of tenants included, is lost: look, then approve.`,
    days: plan.approvalDays,
  });
  const lock = `sql:${(cloud.sqlServer ?? cloud.trustMachine).toLowerCase()}`;
  yield* locked(context, procedure, { lock, step }, () => must(context, procedure, { ...trust, action: 'undo' }));
  yield* callActivity(context, noteConnector, { connectorId: plan.connectorId, untrustedCloud: cloud.name });
}

function copyRequest({ fileName, sha256, secretName }: CloudDataFile): Pick<StepRequest, 'parameters' | 'secrets'> {
  return { parameters: { folder, fileName, sha256 }, secrets: { content: secretName } };
}

/** URL Rewrite stays: others may have come to need it. */
const undone: ReadonlySet<string> = new Set([
  steps.stagePackage.id,
  steps.installConnector.id,
  steps.bindCertificate.id,
  steps.configureConnector.id,
]);

function trustOf(cloud: ConnectorCloud, files: readonly CloudDataFile[]): StepRequest | undefined {
  const file = files.find(({ cloud: name }) => name === cloud.name);
  return file === undefined || cloud.sqlServer === undefined ? undefined : trustRequest(cloud, file, cloud.sqlServer);
}
