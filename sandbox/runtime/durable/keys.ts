import type { Outgoing } from './records.ts';

/** Owed work of an instance; of its executions, too, each has its own. */
export function outgoingKey(executionId: string, { kind, id }: Pick<Outgoing, 'kind' | 'id'>): string {
  return `${executionId}-${kind}-${String(id).padStart(8, '0')}`;
}

export function executionOfOutgoing(key: string): string {
  return key.split('-', 1)[0] ?? '';
}

/**
 * Makes inbox keys that only grow: within a process, and past the last key of an instance (`after`), whatever the clock
 * says. They are the order in which an instance gets its messages.
 */
export function createInboxKeys(now: () => number): (after?: string) => string {
  let lastMs = 0;
  let count = 0;
  return (after = '') => {
    lastMs = Math.max(lastMs, Math.floor(now()), timeOfInboxKey(after) + 1);
    count += 1;
    return `${String(lastMs).padStart(15, '0')}-${String(count).padStart(9, '0')}`;
  };
}

function timeOfInboxKey(key: string): number {
  return Number(key.split('-', 1)[0] ?? '') || 0;
}
