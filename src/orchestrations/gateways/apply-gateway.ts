import type { OrchestrationContext } from 'durable-functions';
import {
  type ApplyGatewayInput,
  pauseGateway,
  releaseGateway,
  showWriteFailure,
} from '../../contracts/gateways/apply-gateway.ts';
import { failureOf } from '../../domain/failure.ts';
import { callActivity, orRefusal, type Steps } from '../operations/call-activity.ts';
import { serveGateway } from './serve-gateway.ts';

/**
 * The single writer of one gateway. It holds the gateway's row under its epoch, brings the gateway to what is wanted,
 * cuts the sessions of those whom it is to refuse, makes the profile packages that were asked for, and gives the row
 * back only if nothing more was wanted in the meantime. All changes that came while it worked go out with its next
 * write. A gateway that cannot be brought to what is wanted now is given back with the reason and a time for the next
 * try; nothing is given up.
 *
 * Each round begins a new history, so that a gateway under steady change never grows an endless one.
 */
export function* applyGateway(context: OrchestrationContext): Steps<{ readonly released: boolean }> {
  const input = context.df.getInput<ApplyGatewayInput>();
  const served = yield* orRefusal(serveGateway(context, input));
  if ('outcome' in served) {
    // Of our own doing, not Azure's: whatever is wanted, a later try does better than this instance.
    yield* callActivity(context, showWriteFailure, { ...input, ...failureOf(served) });
    return yield* callActivity(context, pauseGateway, { ...input, desired: Number.MAX_SAFE_INTEGER });
  }
  if (served.end === 'superseded' || served.end === 'gone' || served.end === 'stopped') return { released: false };
  const { released } = yield* served.end === 'failed'
    ? callActivity(context, pauseGateway, { ...input, desired: served.desired })
    : callActivity(context, releaseGateway, input);
  if (!released) context.df.continueAsNew(input);
  return { released };
}
