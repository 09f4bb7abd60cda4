import type { OrchestrationContext } from 'durable-functions';
import { readConnectorPlan, type CloudDataFile, type ConnectorPlan } from '../../contracts/on-premises/connectors.ts';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { must, stopped, type StepDone, type StepRequest, type Procedure } from './procedure.ts';

type Request = Omit<StepRequest, 'machineId'>;
type At = (request: Request) => Steps<StepDone>;

/** The machines of Azure Stack's side, and the request that turns multi-cloud mode on there. */
export function connectorAccess(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
): {
  readonly host: At;
  readonly wasp: At;
  readonly enable: Request;
  readonly hostRequest: (request: Request) => StepRequest;
} {
  const {
    privilegedEndpoint: pep,
    dataFiles,
    hostMachine,
    waspMachine,
    azureStackCloudName,
    clouds,
    filesSince,
  } = plan;
  const hostRequest = (request: Request): StepRequest => ({ ...request, machineId: hostMachine });
  return {
    hostRequest,
    host: (request) => must(context, procedure, hostRequest(request)),
    wasp: (request) => must(context, procedure, { ...request, machineId: waspMachine }),
    enable: {
      step: steps.enableMultiCloud,
      parameters: {
        computerName: pep.computerName,
        authentication: pep.authentication,
        azureStackCloudName,
        clouds: clouds.map(({ name, endpoint }) => ({ name, endpoint })),
        share: dataFiles.share,
        ...(filesSince === undefined ? {} : { since: filesSince }),
      },
      secrets: { credential: pep.credentialSecret, shareCredential: dataFiles.credentialSecret },
    },
  };
}

export function* readPlan(
  context: OrchestrationContext,
  connectorId: string,
): Steps<{ readonly plan: ConnectorPlan; readonly files: readonly CloudDataFile[] }> {
  const answer = yield* callActivity(context, readConnectorPlan, { connectorId });
  if (answer.outcome === 'refused') throw stopped('', answer.code, answer.message);
  return answer;
}
