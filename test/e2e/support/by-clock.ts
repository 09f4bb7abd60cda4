/** Waiting by the stack's clock: Azure's minutes, back-offs and timers pass as fast as the work between them allows. */
import type { OperationView } from '../../../src/domain/operation.ts';
import type { RunningTestStack, StackAnswer } from '../../support/stack.ts';
import { acceptedOperation, getOperation } from './line.ts';

/** More than any operation's own limit. */
const minutesMax = 6 * 60;
const stepMinutes = 2;

/** Moves the clock until the operation has ended, whatever its end. */
export async function endByClock(stack: RunningTestStack, id: string): Promise<OperationView> {
  for (let minutes = 0; minutes < minutesMax; minutes += stepMinutes) {
    const operation = await getOperation(stack, id);
    if (['succeeded', 'failed', 'canceled'].includes(operation.status)) return operation;
    await stack.advance(`PT${stepMinutes}M`);
  }
  throw new Error(`operation has not ended: ${JSON.stringify(await getOperation(stack, id))}`);
}

/** Follows what a route has accepted to its end. */
export async function followByClock(stack: RunningTestStack, answer: StackAnswer): Promise<OperationView> {
  return endByClock(stack, acceptedOperation(answer).id);
}
