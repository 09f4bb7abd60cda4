import type { OrchestrationContext } from 'durable-functions';
import { releaseGateway, type ApplyGatewayInput } from '../contracts/apply-gateway.ts';
import { callActivity, type Steps } from './call-activity.ts';
import { convergeGateway } from './converge-gateway.ts';
import { cutRevokedSessions, makeProfile } from './gateway-actions.ts';

/**
 * The single writer of one gateway. It holds the gateway's row under its epoch, brings the gateway to what is wanted, cuts the
 * sessions of revoked certificates, makes the profile packages that were asked for, and gives the row back only if nothing
 * more was wanted in the meantime. All changes that came while it worked go out with its next write.
 *
 * Each round begins a new history, so that a gateway under steady change never grows an endless one.
 */
export function* applyGateway(context: OrchestrationContext): Steps<{ readonly released: boolean }> {
  const input = context.df.getInput<ApplyGatewayInput>();

  // Step 1: roots and revocations.
  const converged = yield* convergeGateway(context, input);
  if (converged === undefined) return { released: false };

  // Step 2: live sessions of revoked certificates. A revocation does not end them by itself.
  if (converged.sessionsToSee) yield* cutRevokedSessions(context, input.gatewayId);

  // Step 3: profile packages.
  yield* makeProfile(context, input.gatewayId);

  // Step 4: give the gateway back, or go on with what came in between.
  const { released } = yield* callActivity(context, releaseGateway, input);
  if (!released) context.df.continueAsNew(input);
  return { released };
}
