import type { Outgoing } from './records.ts';

export const recordRowKey = 'record';
export const historyPrefix = 'h-';
export const inboxPrefix = 'i-';
export const outgoingPrefix = 'o-';

/** Instance ids may hold characters that table keys, blob names and OData filters treat specially. */
const specialCharacters = /[%^'/\\#?+]|\p{Cc}/gu;

/** The partition (and blob folder) of an instance; a different one for each id, and the id itself for ordinary ids. */
export function toPartition(instanceId: string): string {
  return instanceId.replace(specialCharacters, (character) =>
    [...Buffer.from(character)].map((byte) => `^${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

export function fromPartition(partition: string): string {
  return decodeURIComponent(partition.replaceAll('%', '%25').replaceAll('^', '%'));
}

export function historyRowKey(executionId: string, index: number): string {
  return `${historyPrefix}${executionId}-${String(index).padStart(8, '0')}`;
}

export function outgoingRowKey(executionId: string, { kind, id }: Pick<Outgoing, 'kind' | 'id'>): string {
  return `${outgoingPrefix}${executionId}-${kind}-${String(id).padStart(8, '0')}`;
}

export function executionOfOutgoing(rowKey: string): string {
  return rowKey.slice(outgoingPrefix.length).split('-', 1)[0] ?? '';
}

/**
 * Makes inbox keys that only grow: within a process, and past the last key of an instance (`after`), whatever the clock says.
 * A key at or below an instance's last one would be taken for consumed, and its message lost.
 */
export function createInboxKeys(now: () => number): (after?: string) => string {
  let lastMs = 0;
  let count = 0;
  return (after = '') => {
    lastMs = Math.max(lastMs, Math.floor(now()), timeOfInboxKey(after) + 1);
    count += 1;
    return `${inboxPrefix}${String(lastMs).padStart(15, '0')}-${String(count).padStart(9, '0')}`;
  };
}

function timeOfInboxKey(key: string): number {
  return Number(key.slice(inboxPrefix.length).split('-', 1)[0] ?? '') || 0;
}
