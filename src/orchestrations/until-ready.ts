import type { OrchestrationContext } from 'durable-functions';
import type { ActivityReference } from '../contracts/activity.ts';
import type { StoryEnd } from '../contracts/build-gateway.ts';
import type { Outcome, Refusal } from '../contracts/outcomes.ts';
import { nextLookSeconds } from '../domain/poll-pacing.ts';
import { callActivity, waitSeconds, type Steps } from './call-activity.ts';

/** Azure says 45 minutes or more for a gateway; four hours is past any doubt. */
const waitMaxMs = 4 * 3600 * 1000;

/**
 * Repeats a look-and-push activity until the resource is ready or refused, waiting by durable timer as Azure asks. `onWait`
 * is told when the reason for waiting changes.
 */
export function* untilReady<Input>(
  context: OrchestrationContext,
  activity: ActivityReference<Input, Outcome>,
  input: Input,
  onWait?: (reason: string) => Steps<unknown>,
): Steps<{ readonly outcome: 'ready' } | Refusal> {
  const begun = context.df.currentUtcDateTime.getTime();
  let reason: string | undefined;
  for (let looks = 0; ; looks += 1) {
    const result = yield* callActivity(context, activity, input);
    if (result.outcome !== 'wait') return result;
    if (context.df.currentUtcDateTime.getTime() - begun > waitMaxMs) {
      return {
        outcome: 'refused',
        code: 'NoEnd',
        message: `Azure has not come to an end after four hours: ${result.reason}`,
      };
    }
    if (result.reason !== reason && onWait !== undefined) yield* onWait(result.reason);
    reason = result.reason;
    yield* waitSeconds(context, nextLookSeconds(result.seconds, looks));
  }
}

/** The end of a story whose step was refused, in the words of the refusal. */
export function failed(step: string, { code, message }: Refusal): StoryEnd {
  return { status: 'failed', step, code, message };
}
