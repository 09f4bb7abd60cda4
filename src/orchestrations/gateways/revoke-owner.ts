import type { OrchestrationContext } from 'durable-functions';
import { lookAtOwner, type RevokeOwnerInput } from '../../contracts/gateways/revoke-owner.ts';
import { dayMs } from '../../domain/days.ts';
import { callActivity, type Steps, waitAsAsked } from '../operations/call-activity.ts';

/** Between two looks at first; they come further apart the longer it takes. */
const lookSeconds = 20;

/**
 * Follows what was asked about everything of a person who left, until all of it is proven or known not to come into
 * force, at most for a day. The revocations themselves are the gateways' writers' work.
 */
export function* revokeOwner(context: OrchestrationContext): Steps<{ readonly outcome: string }> {
  const { operationId, begunAt } = context.df.getInput<RevokeOwnerInput>();
  const begunMs = Date.parse(begunAt);
  for (;;) {
    const isLast = context.df.currentUtcDateTime.getTime() - begunMs >= dayMs;
    const { outcome } = yield* callActivity(context, lookAtOwner, { operationId, isLast });
    if (outcome === 'done' || isLast) return { outcome };
    yield* waitAsAsked(context, lookSeconds, begunMs);
  }
}
