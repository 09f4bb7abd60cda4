import type { OrchestrationContext } from 'durable-functions';
import { endStep, failStep } from '../../contracts/operations/steps.ts';
import {
  callDrainHook,
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
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import { callActivity, waitSeconds, type Steps } from '../operations/call-activity.ts';
import {
  begin,
  compensated,
  gate,
  isDoneAlready,
  locked,
  must,
  mustHold,
  runStep,
  skip,
  stopped,
  type StepRequest,
  type Procedure,
} from './procedure.ts';

/** Looks at a hook that asks for patience. */
const hookLooksMax = 40;

/** The tenant APIs of a cloud, one at a time so that the others serve, and the trust from exactly one of them. */
export function* connectApis(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  file: CloudDataFile,
): Steps<void> {
  yield* approveUpdate(context, procedure, plan, cloud);
  for (const machineId of cloud.apiMachines) {
    if (cloud.drain !== undefined) yield* moveInBalancer(context, procedure, plan, cloud, machineId, 'drain');
    for (const request of apiRequests(plan, machineId, file)) yield* must(context, procedure, request);
    if (cloud.drain !== undefined) yield* moveInBalancer(context, procedure, plan, cloud, machineId, 'undrain');
  }
  yield* compensated(establishTrust(context, procedure, plan, cloud, file), () =>
    protectAgain(context, procedure, cloud),
  );
}

/** W25 to W28 on one tenant API machine, in order. */
function apiRequests(plan: ConnectorPlan, machineId: string, file: CloudDataFile): readonly StepRequest[] {
  const { fileName, sha256, secretName } = file;
  const at = { machineId, where: machineId };
  return [
    { ...at, step: stageOnApi, script: steps.stagePackage.id, parameters: { ...plan.package, folder } },
    { ...at, step: steps.copyDataFile, parameters: { folder, fileName, sha256 }, secrets: { content: secretName } },
    { ...at, step: steps.updateTenantApi, parameters: { folder } },
    { ...at, step: steps.checkTenantApi, parameters: {} },
  ];
}

function* approveUpdate(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
): Steps<void> {
  const step = shownStep(ownSteps.updateGate, cloud.name);
  const toUpdate: string[] = [];
  for (const machineId of cloud.apiMachines) {
    const request = { step: steps.updateTenantApi, machineId, where: machineId, parameters: { folder } };
    if (!(yield* isDoneAlready(context, procedure, request))) toUpdate.push(machineId);
  }
  if (toUpdate.length === 0) {
    yield* skip(context, procedure, step, 'Every machine is updated already.');
    return;
  }
  yield* gate(context, procedure, {
    step,
    name: `update-api-${slug(plan, cloud)}`,
    detail:
      `The tenant API on ${toUpdate.join(', ')} (cloud ${cloud.name}) will be replaced, one machine at a time; each is away for some minutes. ` +
      'No documented way leads back: look that there are backups of these machines, then approve.',
    days: plan.approvalDays,
  });
}

/** Takes a machine out of its load balancer or puts it back: by the cloud's hook, or by people. */
function* moveInBalancer(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  machineId: string,
  action: 'drain' | 'undrain',
): Steps<void> {
  const { operationId } = procedure;
  const step = shownStep(ownSteps[action], machineId);
  if (cloud.drain === 'approval') {
    const words = action === 'drain' ? 'Take it out of' : 'It is updated and healthy. Put it back into';
    const detail = `Tenant API machine ${machineId} of cloud ${cloud.name}: ${words} the load balancer, then approve.`;
    yield* gate(context, procedure, { step, name: `${action}-${machineId}`, detail, days: plan.approvalDays });
    return;
  }
  yield* begin(context, procedure, step);
  for (let looks = 0; ; looks += 1) {
    const answer = yield* callActivity(context, callDrainHook, {
      connectorId: plan.connectorId,
      cloud: cloud.name,
      machineId,
      action,
    });
    if (answer.outcome === 'done') break;
    if (answer.outcome === 'refused' || looks >= hookLooksMax) {
      const { code, message } =
        answer.outcome === 'refused' ? answer : ({ code: 'timedOut', message: answer.reason } as const);
      yield* callActivity(context, failStep, { operationId, step, code, detail: `${code}: ${message}` });
      throw stopped(step, code, message);
    }
    yield* waitSeconds(context, answer.seconds);
  }
  yield* callActivity(context, endStep, { operationId, step });
}

/** W30 to W32, from one machine, and one cloud of a SQL server at a time. */
function* establishTrust(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  file: CloudDataFile,
): Steps<void> {
  const { connectorId } = plan;
  const at = { machineId: cloud.trustMachine, where: cloud.name };
  const found = yield* must(context, procedure, {
    ...at,
    step: steps.findSqlServer,
    parameters: { isServerKnown: cloud.sqlServer !== undefined },
  });
  const answered = found.facts['sqlServer'];
  const sqlServer = cloud.sqlServer ?? (typeof answered === 'string' ? answered : '');
  if (sqlServer === '')
    throw stopped(shownStep(steps.findSqlServer, cloud.name), 'toolFailed', 'The SQL server was not found.');
  yield* callActivity(context, noteConnector, { connectorId, sqlServer: { cloud: cloud.name, name: sqlServer } });

  const trust = trustRequest(cloud, file, sqlServer);
  const turn = { lock: `sql:${sqlServer.toLowerCase()}`, step: shownStep(ownSteps.trustGate, cloud.name) };
  yield* locked(context, procedure, turn, function* () {
    if (yield* isDoneAlready(context, procedure, trust))
      yield* skip(context, procedure, shownStep(ownSteps.trustGate, cloud.name), 'The trust is established already.');
    else yield* approveTrust(context, procedure, plan, cloud, sqlServer);
    // Before the change: a trust that is cut off may be there in part, and has a backup to go back to.
    yield* callActivity(context, noteConnector, { connectorId, trustAttempted: cloud.name });
    yield* must(context, procedure, trust);
  });
  yield* callActivity(context, noteConnector, { connectorId, trustedCloud: cloud.name });
  const look = { ...trust, step: verifyTrust, script: steps.trustAzureStack.id };
  yield* mustHold(context, procedure, look, 'The trust was established and does not hold any more.');
}

/** W31 as it is asked for: to establish, to look, to take back. */
export function trustRequest(
  cloud: ConnectorCloud,
  file: Pick<CloudDataFile, 'fileName' | 'sha256' | 'realm' | 'signingThumbprint'>,
  sqlServer: string,
): StepRequest {
  const { fileName, sha256, realm, signingThumbprint: thumbprint } = file;
  return {
    step: steps.trustAzureStack,
    machineId: cloud.trustMachine,
    where: cloud.name,
    parameters: { folder, fileName, sha256, sqlServer, realm, thumbprint },
    runAs: cloud.sqlRunAsSecret,
  };
}

function approveTrust(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  sqlServer: string,
): Steps<void> {
  return gate(context, procedure, {
    step: shownStep(ownSteps.trustGate, cloud.name),
    name: `trust-${slug(plan, cloud)}`,
    detail:
      `The tenant API of cloud ${cloud.name} will trust the tokens of Azure Stack: ${cloud.trustMachine} writes to Microsoft.MgmtSvc.Store on ${sqlServer}, after a copy-only backup. ` +
      'Look that nobody else is changing the identity settings of this cloud, then approve.',
    days: plan.approvalDays,
  });
}

/** Web.config of the tenant API never stays in clear, whatever happened. */
function* protectAgain(context: OrchestrationContext, procedure: Procedure, cloud: ConnectorCloud): Steps<void> {
  const result = yield* runStep(context, procedure, {
    step: steps.findSqlServer,
    machineId: cloud.trustMachine,
    where: cloud.name,
    parameters: { isServerKnown: true },
    always: true,
  });
  if (result.outcome === 'refused') {
    const message = `Web.config of the tenant API on ${cloud.trustMachine} may be unprotected: ${result.message}`;
    throw stopped(shownStep(steps.findSqlServer, cloud.name), 'notProtected', message);
  }
}

/** What a cloud is called in the names of approvals. One approval never counts for two clouds that are named much alike. */
export function slug({ clouds }: Pick<ConnectorPlan, 'clouds'>, cloud: ConnectorCloud): string {
  const simple = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const text = simple(cloud.name);
  const position = clouds.findIndex(({ name }) => name === cloud.name);
  const isAlone = clouds.filter(({ name }) => simple(name) === text).length === 1;
  return isAlone ? text : `${text}-at-${position + 1}`;
}
