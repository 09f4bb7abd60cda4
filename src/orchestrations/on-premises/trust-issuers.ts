import type { OrchestrationContext } from 'durable-functions';
import { closeStep, endStep, failStep } from '../../contracts/operations/steps.ts';
import type { ConnectorPlan } from '../../contracts/on-premises/connectors.ts';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import { type RemoteStepInput } from '../../contracts/on-premises/remote-commands.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { begin, runStep, stopped, type Procedure } from './procedure.ts';

interface TrustOptions {
  readonly action?: RemoteStepInput['action'];
  /** Called with each cloud whose issuers are done with. */
  readonly onTrusted?: (cloud: string) => void;
}

/** W8: Azure Stack's portal trusts whoever issued the certificates of the clouds; or no longer does. */
export function* trustIssuers(
  context: OrchestrationContext,
  procedure: Procedure,
  { clouds, issuers, waspMachine }: Pick<ConnectorPlan, 'clouds' | 'issuers' | 'waspMachine'>,
  { action = 'ensure', onTrusted }: TrustOptions = {},
): Steps<void> {
  const { operationId } = procedure;
  for (const { name } of clouds) {
    const step = shownStep(steps.trustIssuer, name);
    yield* begin(context, procedure, step);
    for (const { cloud, ...parameters } of issuers) {
      if (cloud !== name) continue;
      const request = { step: steps.trustIssuer, where: name, machineId: waspMachine, parameters, action };
      const result = yield* runStep(context, procedure, request);
      if (result.outcome !== 'refused') continue;
      const { code, message } = result;
      yield* callActivity(context, failStep, { operationId, step, code, detail: `${code}: ${message}` });
      throw stopped(step, code, message);
    }
    if (action === 'undo') yield* callActivity(context, closeStep, { operationId, step, status: 'undone' });
    else yield* callActivity(context, endStep, { operationId, step });
    onTrusted?.(name);
  }
}
