import type { OrchestrationContext } from 'durable-functions';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { type CloudDataFile, type ConnectorPlan, verifyTrust } from '../../contracts/on-premises/connectors.ts';
import { type OnPremisesEnd, shownStep } from '../../contracts/on-premises/on-premises.ts';
import type { Steps } from '../operations/call-activity.ts';
import { knownTrust } from './connect-apis.ts';
import { checkEndpoint, portalRequests } from './connect-portals.ts';
import { multiCloudRequest, readPlan } from './connector-access.ts';
import { diagnosed, reachedBefore } from './diagnose-connector.ts';
import { type Procedure, runProcedure } from './procedure.ts';
import { on } from './step-request.ts';

/** Looks whether everything that the connector needs is still as it was made; changes nothing. */
export function* verifyConnector(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, connectorId) {
    const { plan, files } = yield* readPlan(procedure, connectorId);
    const progress = { plan, reached: reachedBefore(plan) };
    yield* diagnosed(procedure, progress, verifyAll(procedure, plan, files));
    return undefined;
  });
}

function* verifyAll(procedure: Procedure, plan: ConnectorPlan, files: readonly CloudDataFile[]): Steps<void> {
  yield* procedure.verify(multiCloudRequest(plan), changed);
  for (const cloud of plan.clouds) {
    for (const machineId of cloud.portalMachines) {
      const { sites, bind, configure } = portalRequests(plan, cloud, machineId);
      for (const request of [sites, bind, configure]) yield* procedure.verify(request, changed);
      yield* checkEndpoint(procedure, { plan, cloud, machineId, areOthersAtWork: false });
    }
    for (const machineId of cloud.apiMachines) {
      yield* procedure.verify(on(machineId, machineId)(steps.checkTenantApi, {}), changed);
    }
    const trust = knownTrust(cloud, files);
    if (trust === undefined) {
      const message = 'The trust was never established.';
      return yield* procedure.fail(shownStep(verifyTrust, cloud.name), { code: 'precondition', message });
    }
    yield* procedure.verify({ ...trust, step: verifyTrust }, changed);
  }
}

const changed = 'It is no longer as it was made. POST the connector again to put it right.';
