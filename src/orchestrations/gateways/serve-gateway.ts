import type { OrchestrationContext } from 'durable-functions';
import {
  abandonGateway,
  type ApplyGatewayInput,
  recordEntries,
  showWriteFailure,
} from '../../contracts/gateways/apply-gateway.ts';
import { failureOf } from '../../domain/failure.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { type Converged, convergeGateway, type NotConverged } from './converge-gateway.ts';
import { cutRefusedSessions, makeProfile, type PendingProfile } from './gateway-actions.ts';

export interface ServeOptions {
  /** Told before the profile package is made of a gateway that is as wanted; answers whether to stop there. */
  readonly beforeProfile?: () => Steps<boolean>;
}

/**
 * One whole round for a gateway: its entries, the sessions of those whom it is to refuse, its profile package. Entries
 * go first all the time: what is wanted of them while something else is looked at is done before that continues; only
 * the sessions go first in the round after one in which they had to wait.
 */
export function* serveGateway(
  context: OrchestrationContext,
  input: ApplyGatewayInput,
  { beforeProfile }: ServeOptions = {},
): Steps<Converged | NotConverged | { readonly end: 'stopped' }> {
  let pending: PendingProfile | undefined;
  let isCutDue = false;
  for (;;) {
    const converged = yield* convergeGateway(context, input);
    if (converged.end === 'superseded') return converged;
    if (converged.end === 'gone') {
      yield* callActivity(context, abandonGateway, input);
      return converged;
    }
    // Before anything that takes time: whoever waits sees why.
    if (converged.end === 'failed') {
      yield* callActivity(context, showWriteFailure, { ...input, ...failureOf(converged) });
    }
    const seen = yield* record(context, input, converged);
    const action = { gatewayId: input.gatewayId, desired: converged.desired };
    isCutDue = seen.sessionsToSee && !(yield* cutRefusedSessions(context, action, isCutDue));
    if (isCutDue) continue;
    if (beforeProfile !== undefined) {
      if (converged.end === 'failed') return converged;
      if (pending === undefined && (yield* beforeProfile())) return { end: 'stopped' };
    }
    const made = yield* makeProfile(context, action, pending);
    if (made === 'made') return converged;
    ({ pending } = made);
  }
}

/** Looks for what the gateway shows before it is left as it is: the next look begins with it. */
const recordLooksMax = 10;

/** Notes what the gateway shows, as soon as it can be read again. */
function* record(
  context: OrchestrationContext,
  input: ApplyGatewayInput,
  { end, desired, writeSeconds }: Converged,
): Steps<{ readonly sessionsToSee: boolean }> {
  const round = { ...input, writeSeconds, ...(end === 'equal' ? { desired } : {}) };
  for (let looks = 0; looks < recordLooksMax; looks += 1) {
    const seen = yield* callActivity(context, recordEntries, round);
    if (seen.outcome === 'recorded') return seen;
    yield* waitSeconds(context, seen.seconds);
  }
  return { sessionsToSee: false };
}
