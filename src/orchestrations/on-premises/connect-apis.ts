import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import {
  callDrainHook,
  type CloudDataFile,
  type ConnectorCloud,
  type ConnectorPlan,
  folder,
  noteConnector,
  ownSteps,
  stageOnApi,
  verifyTrust,
} from '../../contracts/on-premises/connectors.ts';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import type { Steps } from '../operations/call-activity.ts';
import type { Procedure } from './procedure.ts';
import { stopped } from './procedure-end.ts';
import { on, type StepRequest } from './step-request.ts';

/** Looks at a hook that asks to be called again. */
const hookLooksMax = 40;

/** The tenant APIs of a cloud, one at a time so that the others serve, and the trust from exactly one of them. */
export function* connectApis(
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  file: CloudDataFile,
): Steps<void> {
  yield* approveUpdate(procedure, plan, cloud);
  for (const machineId of cloud.apiMachines) {
    if (cloud.drain !== undefined) yield* moveInBalancer(procedure, plan, cloud, machineId, 'drain');
    const { stage, copy, update, check } = apiRequests(plan, machineId, file);
    for (const request of [stage, copy, update, check]) yield* procedure.run(request);
    if (cloud.drain !== undefined) yield* moveInBalancer(procedure, plan, cloud, machineId, 'undrain');
  }
  yield* procedure.compensated(establishTrust(procedure, plan, cloud, file), () => protectAgain(procedure, cloud));
}

type ApiRequests = Readonly<Record<'stage' | 'copy' | 'update' | 'check', StepRequest>>;

/** What is done on one tenant API machine, in this order; to take it back as well. */
export function apiRequests(plan: ConnectorPlan, machineId: string, file: CloudDataFile): ApiRequests {
  const { fileName, sha256, secretName: content } = file;
  const api = on(machineId, machineId);
  return {
    ...apiRequestsWithoutFile(plan, machineId),
    copy: api(steps.copyDataFile, { folder, fileName, sha256 }, { secrets: { content } }),
  };
}

/** The same where no data file is known. */
export function apiRequestsWithoutFile(plan: ConnectorPlan, machineId: string): Omit<ApiRequests, 'copy'> {
  const api = on(machineId, machineId);
  return {
    stage: api(stageOnApi, { ...plan.package, folder }),
    update: api(steps.updateTenantApi, { folder }),
    check: api(steps.checkTenantApi, {}),
  };
}

function* approveUpdate(procedure: Procedure, plan: ConnectorPlan, cloud: ConnectorCloud): Steps<void> {
  const step = shownStep(ownSteps.approveApiUpdate, cloud.name);
  const toUpdate: string[] = [];
  for (const machineId of cloud.apiMachines) {
    const { update } = apiRequestsWithoutFile(plan, machineId);
    if (!(yield* procedure.isDone(update))) toUpdate.push(machineId);
  }
  if (toUpdate.length === 0) {
    yield* procedure.skip(step, 'Every machine is updated already.');
    return;
  }
  yield* procedure.approval({
    step,
    name: `update-api-${slug(plan, cloud)}`,
    detail:
      `The tenant API on ${toUpdate.join(', ')} (cloud ${cloud.name}) will be replaced, one machine at a time; each is out of service for some minutes. ` +
      'There is no documented way back: make sure that there are backups of these machines, then approve.',
    days: plan.approvalDays,
  });
}

/** Takes a machine out of its load balancer or puts it back: by the cloud's hook, or by people. */
function* moveInBalancer(
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  machineId: string,
  action: 'drain' | 'undrain',
): Steps<void> {
  const step = shownStep(ownSteps[action], machineId);
  if (cloud.drain === 'approval') {
    const words = action === 'drain' ? 'Take it out of' : 'It is updated and healthy. Put it back into';
    const detail = `Tenant API machine ${machineId} of cloud ${cloud.name}: ${words} the load balancer, then approve.`;
    yield* procedure.approval({ step, name: `${action}-${machineId}`, detail, days: plan.approvalDays });
    return;
  }
  yield* procedure.begin(step);
  const order = { connectorId: plan.connectorId, cloud: cloud.name, machineId, action };
  for (let looks = 0; ; looks += 1) {
    const answer = yield* procedure.call(callDrainHook, order);
    if (answer.outcome === 'done') break;
    if (answer.outcome === 'refused') return yield* procedure.fail(step, answer);
    if (looks >= hookLooksMax) return yield* procedure.fail(step, { code: 'timedOut', message: answer.reason });
    yield* procedure.wait(answer.seconds);
  }
  yield* procedure.end(step);
}

/** From one machine, and one cloud of a SQL server at a time. */
function* establishTrust(
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  file: CloudDataFile,
): Steps<void> {
  const { connectorId } = plan;
  const { name } = cloud;
  const api = on(cloud.trustMachine, name);
  const isServerKnown = cloud.sqlServer !== undefined;
  const found = yield* procedure.run(api(steps.findSqlServer, { isServerKnown }));
  const sqlServer = cloud.sqlServer ?? found.fact('sqlServer');
  yield* procedure.call(noteConnector, { connectorId, sqlServer: { cloud: name, name: sqlServer } });

  const trust = trustRequest(cloud, file, sqlServer);
  const step = shownStep(ownSteps.approveTrust, name);
  yield* procedure.locked({ lock: sqlLock(sqlServer), step }, function* () {
    if (yield* procedure.isDone(trust)) yield* procedure.skip(step, 'The trust is established already.');
    else yield* approveTrust(procedure, plan, cloud, sqlServer);
    // Before the change: a trust that is cut off may be there in part, and has a backup to go back to.
    yield* procedure.call(noteConnector, { connectorId, trustAttempted: name });
    yield* procedure.run(trust);
  });
  yield* procedure.call(noteConnector, { connectorId, trustedCloud: name });
  yield* procedure.verify({ ...trust, step: verifyTrust }, 'The trust was established and does not hold any more.');
}

export function sqlLock(server: string): string {
  return `sql:${server.toLowerCase()}`;
}

/** To establish the trust, to look at it, to take it back. */
export function trustRequest(
  cloud: ConnectorCloud,
  file: Pick<CloudDataFile, 'fileName' | 'sha256' | 'realm' | 'signingThumbprint'>,
  sqlServer: string,
): StepRequest {
  const { fileName, sha256, realm, signingThumbprint: thumbprint } = file;
  return on(cloud.trustMachine, cloud.name)(
    steps.trustAzureStack,
    { folder, fileName, sha256, sqlServer, realm, thumbprint },
    { runAs: cloud.sqlRunAsSecret },
  );
}

/** The trust as it was made; undefined where its data file or its server is not known any more. */
export function knownTrust(cloud: ConnectorCloud, files: readonly CloudDataFile[]): StepRequest | undefined {
  const file = files.find(({ cloud: name }) => name === cloud.name);
  return file === undefined || cloud.sqlServer === undefined ? undefined : trustRequest(cloud, file, cloud.sqlServer);
}

function approveTrust(
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  sqlServer: string,
): Steps<void> {
  return procedure.approval({
    step: shownStep(ownSteps.approveTrust, cloud.name),
    name: `trust-${slug(plan, cloud)}`,
    detail:
      `The tenant API of cloud ${cloud.name} will trust the tokens of Azure Stack: ${cloud.trustMachine} writes to Microsoft.MgmtSvc.Store on ${sqlServer}, after a copy-only backup. ` +
      'Make sure that nobody else is changing the identity settings of this cloud, then approve.',
    days: plan.approvalDays,
  });
}

/** Web.config of the tenant API never stays in clear, whatever happened. */
function* protectAgain(procedure: Procedure, { trustMachine, name }: ConnectorCloud): Steps<void> {
  const request = on(trustMachine, name)(steps.findSqlServer, { isServerKnown: true });
  const result = yield* procedure.attempt(request, 'ensure', { always: true });
  if (result.outcome === 'refused') {
    const message = `Web.config of the tenant API on ${trustMachine} may be unprotected: ${result.message}`;
    throw stopped(shownStep(steps.findSqlServer, name), 'notProtected', message);
  }
}

/**
 * What a cloud is called in the names of approvals. One approval never counts for two clouds that are named much alike.
 */
export function slug({ clouds }: Pick<ConnectorPlan, 'clouds'>, cloud: ConnectorCloud): string {
  const simple = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const text = simple(cloud.name);
  const position = clouds.findIndex(({ name }) => name === cloud.name);
  const isAlone = clouds.filter(({ name }) => simple(name) === text).length === 1;
  return isAlone ? text : `${text}-at-${position + 1}`;
}
