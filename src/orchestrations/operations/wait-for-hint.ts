import type { OrchestrationContext, Task } from 'durable-functions';
import type { Steps } from './call-activity.ts';

/**
 * Waits until the event is raised or the time is up; whoever waits looks at the truth afterwards either way. Both tasks
 * are new each time, because a task that is listed in a second Task.any would be scheduled twice (durable-js #574); of
 * several that wait for one event the newest gets it (durable-functions 3.5.0), so those of before do not take it away.
 */
export function* waitForHint(context: OrchestrationContext, eventName: string, seconds: number): Steps<void> {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + seconds * 1000));
  const hint: Task = context.df.waitForExternalEvent(eventName);
  const winner = yield context.df.Task.any([hint, timer]);
  if (winner !== timer) timer.cancel();
}
