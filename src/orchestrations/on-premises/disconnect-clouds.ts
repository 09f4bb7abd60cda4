import type { OrchestrationContext } from 'durable-functions';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import {
  type CloudDataFile,
  cloudsToTakeBack,
  type ConnectorCloud,
  type ConnectorPlan,
  noteConnector,
  ownSteps,
} from '../../contracts/on-premises/connectors.ts';
import { type OnPremisesEnd, shownStep } from '../../contracts/on-premises/on-premises.ts';
import type { Steps } from '../operations/call-activity.ts';
import { apiRequests, apiRequestsWithoutFile, knownTrust, slug, sqlLock } from './connect-apis.ts';
import { portalRequests } from './connect-portals.ts';
import { endpointLock, multiCloudRequest, readPlan } from './connector-access.ts';
import { type Procedure, runProcedure } from './procedure.ts';
import { stopped } from './procedure-end.ts';
import { on } from './step-request.ts';
import { trustIssuers } from './trust-issuers.ts';

/** Takes everything back in the opposite order: multi-cloud mode first, so that tenants stop seeing the clouds. */
export function* disconnectClouds(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, connectorId) {
    const { plan: whole, files } = yield* readPlan(procedure, connectorId);
    if (whole.changedClouds.length === 0) return yield* forget(procedure);
    const plan = { ...whole, clouds: cloudsToTakeBack(whole) };
    requireAllNamed(plan);
    const enable = multiCloudRequest(plan);
    yield* procedure.locked({ lock: endpointLock(plan), step: shownStep(enable.step) }, () => procedure.undo(enable));
    for (const cloud of plan.clouds) yield* disconnectCloud(procedure, plan, cloud, files);
    yield* trustIssuers(procedure, plan, { action: 'undo' });
    const { computerName, authentication } = plan.privilegedEndpoint;
    if (authentication === 'Credssp') yield* procedure.undo(on(plan.hostMachine)(steps.allowCredssp, { computerName }));
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

function* forget(procedure: Procedure): Steps<undefined> {
  const step = shownStep(ownSteps.forgetConnector);
  yield* procedure.begin(step);
  const detail = 'The preconditions never held, so nothing was changed on any machine.';
  yield* procedure.end(step, detail);
  return undefined;
}

function* disconnectCloud(
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  files: readonly CloudDataFile[],
): Steps<void> {
  yield* takeTrustBack(procedure, plan, cloud, files);
  yield* procedure.approval({
    step: shownStep(ownSteps.approveApiUpdate, cloud.name),
    name: `restore-api-${slug(plan, cloud)}`,
    detail: `The tenant API of cloud ${cloud.name} will be put back to its earlier version on ${cloud.apiMachines.join(', ')}, one machine at a time. Approve when that may happen.`,
    days: plan.approvalDays,
  });
  const file = files.find(({ cloud: name }) => name === cloud.name);
  for (const machineId of cloud.apiMachines) {
    yield* procedure.undo(apiRequestsWithoutFile(plan, machineId).update);
    if (file === undefined) yield* procedure.skip(shownStep(steps.copyDataFile, machineId), 'There was no data file.');
    else yield* procedure.undo(apiRequests(plan, machineId, file).copy);
  }
  for (const machineId of cloud.portalMachines) {
    // URL Rewrite stays: others may have come to need it.
    const { configure, bind, install, stage } = portalRequests(plan, cloud, machineId);
    for (const request of [configure, bind, install, stage]) yield* procedure.undo(request);
  }
  // Last, because the portals' own way back needs the package, and one machine may be both.
  for (const machineId of cloud.apiMachines) yield* procedure.undo(apiRequestsWithoutFile(plan, machineId).stage);
}

/** Only where it was tried: nobody is asked about a restore that cannot be, and no SQL server is needed for it. */
function* takeTrustBack(
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  files: readonly CloudDataFile[],
): Steps<void> {
  const approvalStep = shownStep(ownSteps.approveTrust, cloud.name);
  const step = shownStep(steps.trustAzureStack, cloud.name);
  if (!plan.trustAttemptedClouds.includes(cloud.name)) {
    for (const passed of [approvalStep, step]) yield* procedure.skip(passed, 'There is no trust to take back.');
    return;
  }
  const trust = knownTrust(cloud, files);
  if (trust === undefined) {
    const message =
      'The trust was tried, and its data file or its SQL server is not known any more: check the SQL server by hand.';
    return yield* procedure.fail(step, { code: 'precondition', message });
  }
  yield* procedure.approval({
    step: approvalStep,
    name: `untrust-${slug(plan, cloud)}`,
    detail: `Microsoft.MgmtSvc.Store of cloud ${cloud.name} will be restored from the backup that was made before the trust. Whatever was changed there since, subscriptions of tenants included, is lost: check what that is, then approve.`,
    days: plan.approvalDays,
  });
  const lock = sqlLock(cloud.sqlServer ?? cloud.trustMachine);
  yield* procedure.locked({ lock, step }, () => procedure.undo(trust));
  yield* procedure.call(noteConnector, { connectorId: plan.connectorId, untrustedCloud: cloud.name });
}
