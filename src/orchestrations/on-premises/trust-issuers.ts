import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import type { ConnectorPlan } from '../../contracts/on-premises/connectors.ts';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import type { StepAction } from '../../contracts/on-premises/remote-commands.ts';
import type { Steps } from '../operations/call-activity.ts';
import type { Procedure } from './procedure.ts';
import { on } from './step-request.ts';

interface TrustOptions {
  readonly action?: StepAction;
  /** Called with each cloud whose issuers are done with. */
  readonly onTrusted?: (cloud: string) => void;
}

/** Azure Stack's portal trusts whoever issued the certificates of the clouds; or no longer does. */
export function* trustIssuers(
  procedure: Procedure,
  { clouds, issuers, waspMachine }: Pick<ConnectorPlan, 'clouds' | 'issuers' | 'waspMachine'>,
  { action = 'ensure', onTrusted }: TrustOptions = {},
): Steps<void> {
  for (const { name } of clouds) {
    const step = shownStep(steps.trustIssuer, name);
    yield* procedure.begin(step);
    for (const { cloud, ...issuer } of issuers) {
      if (cloud !== name) continue;
      const result = yield* procedure.attempt(on(waspMachine, name)(steps.trustIssuer, issuer), action);
      if (result.outcome === 'refused') return yield* procedure.fail(step, result);
    }
    if (action === 'undo') yield* procedure.undone(step);
    else yield* procedure.end(step);
    onTrusted?.(name);
  }
}
