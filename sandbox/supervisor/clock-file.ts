import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How far the clock of the stack in `directory` is ahead of real time. */
export function readClockOffsetMs(directory: string): number {
  const file = join(directory, 'clock.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { offsetMs: number }).offsetMs : 0;
}

/** Keeps the offset, so that a stack that starts again, or a runtime that is restarted, goes on at the same time. */
export function writeClockOffsetMs(directory: string, offsetMs: number): void {
  const file = join(directory, 'clock.json');
  writeFileSync(`${file}.new`, JSON.stringify({ offsetMs }));
  renameSync(`${file}.new`, file);
}
