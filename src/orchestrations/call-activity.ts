import { RetryOptions, type OrchestrationContext, type Task } from 'durable-functions';
import type { ActivityReference } from '../contracts/activity.ts';

/** What an orchestration's generator yields to the durable engine. */
export type Steps<T> = Generator<Task, T, unknown>;

/** Activities throw only what should be tried again: sockets, 5xx answers, a storage hiccup. */
function retryOptions(): RetryOptions {
  const options = new RetryOptions(2_000, 8);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = 60_000;
  return options;
}

/** Calls an activity by its typed reference: the one place where a yielded value gets its type. */
export function* callActivity<Input, Output>(
  context: OrchestrationContext,
  activity: ActivityReference<Input, Output>,
  input: Input,
): Steps<Output> {
  const result = yield context.df.callActivityWithRetry(activity.name, retryOptions(), input);
  return result as Output;
}

/** Waits by durable timer. The real host may wake up to a second early, so callers look again and never compute with it. */
export function* waitSeconds(context: OrchestrationContext, seconds: number): Steps<void> {
  const fireAt = new Date(context.df.currentUtcDateTime.getTime() + seconds * 1000);
  yield context.df.createTimer(fireAt);
}
