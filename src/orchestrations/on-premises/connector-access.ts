import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { type CloudDataFile, type ConnectorPlan, readConnectorPlan } from '../../contracts/on-premises/connectors.ts';
import type { Steps } from '../operations/call-activity.ts';
import type { Procedure } from './procedure.ts';
import { stopped } from './procedure-end.ts';
import { on, type StepRequest } from './step-request.ts';

/** Turns multi-cloud mode on; to look at it and to take it back as well. */
export function multiCloudRequest(plan: ConnectorPlan): StepRequest {
  const { privilegedEndpoint, dataFiles, hostMachine, azureStackCloudName, clouds, filesSince } = plan;
  const { computerName, authentication, credentialSecret } = privilegedEndpoint;
  return on(hostMachine)(
    steps.enableMultiCloud,
    {
      computerName,
      authentication,
      azureStackCloudName,
      clouds: clouds.map(({ name, endpoint }) => ({ name, endpoint })),
      share: dataFiles.share,
      ...(filesSince === undefined ? {} : { since: filesSince }),
    },
    { secrets: { credential: credentialSecret, shareCredential: dataFiles.credentialSecret } },
  );
}

/** The privileged endpoint serves one such change at a time. */
export function endpointLock({ hostMachine }: ConnectorPlan): string {
  return `pep:${hostMachine}`;
}

export function* readPlan(
  procedure: Procedure,
  connectorId: string,
): Steps<{ readonly plan: ConnectorPlan; readonly files: readonly CloudDataFile[] }> {
  const answer = yield* procedure.call(readConnectorPlan, { connectorId });
  if (answer.outcome === 'refused') throw stopped('', answer.code, answer.message);
  return answer;
}
