import type { Orchestrations } from '../../ports/orchestrations.ts';
import { instanceIdOf, type OperationRecord } from './operation-record.ts';
import type { Operations } from './operations.ts';
import { mayStillComeForward } from './sign-of-life.ts';

/**
 * Starts the operation's orchestration if it is not there; one that died before the operation had ended is followed by
 * the next attempt's.
 */
export async function keepRunning(
  operation: OperationRecord,
  {
    name,
    input,
    orchestrations,
  }: { readonly name: string; readonly input: unknown; readonly orchestrations: Orchestrations },
  { operations, now }: { readonly operations: Pick<Operations, 'nextAttempt'>; readonly now: () => Date },
): Promise<void> {
  const start = (attempt: number): Promise<void> =>
    orchestrations.start(name, instanceIdOf(operation.id, attempt), input);
  const state = await orchestrations.state(instanceIdOf(operation.id, operation.attempt));
  if (state === 'absent') await start(operation.attempt);
  if (state !== 'ended' || mayStillComeForward(operation.updatedAt, now())) return;
  const attempt = await operations.nextAttempt(operation.id, operation.attempt);
  if (attempt !== undefined) await start(attempt);
}
