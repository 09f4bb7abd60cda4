import { type OrchestrationContext, RetryOptions, type Task } from 'durable-functions';
import type { ActivityReference } from '../../contracts/operations/activity.ts';
import { cutText } from '../../domain/cut-text.ts';
import type { Refusal } from '../../domain/failure.ts';
import { lookAgainSeconds } from '../../domain/poll-pacing.ts';

/** What an orchestration's generator yields to the durable engine. */
export type Steps<T> = Generator<Task, T, unknown>;

/**
 * An activity that failed on every try, in the words of the last. Whoever can go on without it, or has an ending of its
 * own, catches it.
 */
class ActivityFailed extends Error {
  constructor(words: string) {
    super(words);
    this.name = 'ActivityFailed';
  }
}

/** Activities throw only what should be tried again: sockets, a storage hiccup. What Azure says they return as data. */
function retryOptions(): RetryOptions {
  const options = new RetryOptions(2_000, 8);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = 60_000;
  return options;
}

/**
 * Calls an activity by its typed reference: the one place where a yielded value gets its type, and where retries that
 * are used up become an `ActivityFailed`.
 */
export function* callActivity<Input, Output>(
  context: OrchestrationContext,
  activity: ActivityReference<Input, Output>,
  input: Input,
): Steps<Output> {
  try {
    return (yield context.df.callActivityWithRetry(activity.name, retryOptions(), input)) as Output;
  } catch (error) {
    throw new ActivityFailed(firstLineOf(error));
  }
}

/** Whatever the steps answer, or the refusal that an activity's used-up retries amount to. */
export function* orRefusal<T>(steps: Steps<T>): Steps<T | Refusal> {
  try {
    return yield* steps;
  } catch (error) {
    if (error instanceof ActivityFailed) return refusalBy(error);
    throw error;
  }
}

/** What ended something from within, as the refusal that it amounts to. */
export function refusalBy(error: unknown): Refusal {
  const code = error instanceof ActivityFailed ? 'activityFailed' : 'internalError';
  return { outcome: 'refused', code, message: firstLineOf(error) };
}

/**
 * Waits by durable timer. The real host may wake up to a second early, so callers look again and never compute with it.
 */
export function* waitSeconds(context: OrchestrationContext, seconds: number): Steps<void> {
  const fireAt = new Date(context.df.currentUtcDateTime.getTime() + seconds * 1000);
  yield context.df.createTimer(fireAt);
}

/**
 * Waits as long as Azure asks, and longer the longer it is since `begunMs`. Whoever calls it ends by the clock, not by
 * a count.
 */
export function* waitAsAsked(context: OrchestrationContext, askedSeconds: number, begunMs: number): Steps<void> {
  const elapsedSeconds = (context.df.currentUtcDateTime.getTime() - begunMs) / 1000;
  yield* waitSeconds(context, lookAgainSeconds(askedSeconds, elapsedSeconds));
}

/** The engine's error carries its own stack as text; activities throw one redacted line. */
function firstLineOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return cutText(line);
}
