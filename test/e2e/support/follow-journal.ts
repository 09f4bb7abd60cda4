import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningTestStack } from '../../support/stack.ts';
import type { JournalEntry } from './line.ts';

export interface FollowedJournal {
  /** What has been added since the last call, oldest first. */
  next(): readonly JournalEntry[];
  close(): void;
}

/** Follows a stack's journal in its file: to be asked for it is work for the stack, the more the longer it is. */
export function followJournal(stack: RunningTestStack): FollowedJournal {
  const file = openSync(join(stack.directory, 'journal.jsonl'), 'a+');
  const chunk = Buffer.alloc(64 * 1024);
  let position = 0;
  /** A line that is not whole yet. */
  let rest: Buffer = Buffer.alloc(0);

  function readNew(): Buffer {
    const parts = [rest];
    for (let length = -1; length !== 0; position += length) {
      length = readSync(file, chunk, 0, chunk.length, position);
      parts.push(Buffer.from(chunk.subarray(0, length)));
    }
    return Buffer.concat(parts);
  }

  return {
    next: () => {
      const bytes = readNew();
      const end = bytes.lastIndexOf('\n') + 1;
      rest = bytes.subarray(end);
      const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as JournalEntry);
    },
    close: () => {
      closeSync(file);
    },
  };
}
