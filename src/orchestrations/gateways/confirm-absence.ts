import type { OrchestrationContext } from 'durable-functions';
import { type ApplyGatewayInput, lookForGateway, type WriteFailure } from '../../contracts/gateways/apply-gateway.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';

/** Pauses between the looks that have to agree: over five minutes in all. */
const pausesSeconds = [30, 60, 90, 150];

/**
 * Whether a gateway that Azure did not show is really gone: several looks over minutes, each with the resource group's
 * list as second witness, have to agree. One look that finds it, or cannot tell, is enough for it not to be. A gateway
 * that was gone already needs one look.
 */
export function* confirmAbsence(
  context: OrchestrationContext,
  { gatewayId }: ApplyGatewayInput,
  isKnown: boolean,
): Steps<'absent' | 'there' | WriteFailure> {
  for (const seconds of isKnown ? [0] : pausesSeconds) {
    if (seconds > 0) yield* waitSeconds(context, seconds);
    const look = yield* callActivity(context, lookForGateway, { gatewayId });
    if (look.outcome === 'there') return 'there';
    if (look.outcome === 'unknown') return look;
  }
  return 'absent';
}
