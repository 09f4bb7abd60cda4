import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Wide enough for every offset, so that a write always replaces the whole text before. */
const textLength = 64;

/** How far the clock of the stack in `directory` is ahead of real time. */
export function readClockOffsetMs(directory: string): number {
  const file = fileIn(directory);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text === '' ? 0 : (JSON.parse(text) as { offsetMs: number }).offsetMs;
}

export interface ClockFile {
  /**
   * Keeps the offset, so that a stack that starts again, or a runtime that is restarted, goes on at the same time. One
   * write in place: a clock that moves by months is written thousands of times.
   */
  write(offsetMs: number): void;
}

export function openClockFile(directory: string): ClockFile {
  const file = fileIn(directory);
  const handle = openSync(file, existsSync(file) ? 'r+' : 'w+');
  return {
    write: (offsetMs) => {
      writeSync(handle, JSON.stringify({ offsetMs }).padEnd(textLength), 0);
    },
  };
}

function fileIn(directory: string): string {
  return join(directory, 'clock.json');
}
