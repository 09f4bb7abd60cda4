import type { TransactionAction } from '@azure/data-tables';

/** One transaction takes at most 100 rows and 4 MB; a margin is left for keys and multipart headers. */
const rowsMax = 90;
const bytesMax = 3 * 1024 * 1024;

/** Cuts a list of actions into transactions that the service accepts, in order. */
export function toBatches(actions: readonly TransactionAction[]): readonly (readonly TransactionAction[])[] {
  const batches: TransactionAction[][] = [];
  let current: TransactionAction[] = [];
  let currentBytes = 0;
  for (const action of actions) {
    const bytes = JSON.stringify(action).length * 2;
    if (current.length > 0 && (current.length >= rowsMax || currentBytes + bytes > bytesMax)) {
      batches.push(current);
      current = [];
      currentBytes = 0;
    }
    current.push(action);
    currentBytes += bytes;
  }
  return current.length === 0 ? batches : [...batches, current];
}
