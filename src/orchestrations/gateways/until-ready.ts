import type { OrchestrationContext } from 'durable-functions';
import type { ActivityReference } from '../../contracts/operations/activity.ts';
import type { Outcome } from '../../contracts/operations/outcomes.ts';
import type { Refusal } from '../../domain/failure.ts';
import { callActivity, type Steps, waitAsAsked } from '../operations/call-activity.ts';

/** Azure says 45 minutes or more for a gateway; four hours is past any doubt. */
const waitMaxMs = 4 * 3600 * 1000;
/** What fails for a moment has passed by then; what fails in one go for so long does not pass by itself. */
const troubleMaxMs = 15 * 60 * 1000;

/**
 * Repeats a look-and-push activity until the resource is ready or refused, waiting by durable timer as Azure asks.
 * `onWait` is told when the reason for waiting changes. Ends by the clock: with the last reason, or with Azure's words
 * where it has answered nothing but trouble for minutes.
 */
export function* untilReady<Input, Success extends { readonly outcome: 'ready' }>(
  context: OrchestrationContext,
  activity: ActivityReference<Input, Outcome<Success>>,
  input: Input,
  onWait?: (reason: string) => Steps<unknown>,
): Steps<Success | Refusal> {
  const now = (): number => context.df.currentUtcDateTime.getTime();
  const begunMs = now();
  let troubledMs: number | undefined;
  let reason: string | undefined;
  for (;;) {
    const result = yield* callActivity(context, activity, input);
    if (result.outcome !== 'wait') return result;
    troubledMs = result.trouble === undefined ? undefined : (troubledMs ?? now());
    if (result.trouble !== undefined && troubledMs !== undefined && now() - troubledMs > troubleMaxMs) {
      return { outcome: 'refused', ...result.trouble };
    }
    if (now() - begunMs > waitMaxMs) {
      const message = `Azure has not finished after four hours: ${result.reason}`;
      return { outcome: 'refused', code: 'noEnd', message };
    }
    if (result.reason !== reason && onWait !== undefined) yield* onWait(result.reason);
    reason = result.reason;
    yield* waitAsAsked(context, result.seconds, begunMs);
  }
}
