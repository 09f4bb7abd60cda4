import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readClockOffsetMs } from './clock-file.ts';
import type { DurableChoice } from './options.ts';
import { StackError } from './stack-error.ts';

/** Where the real extension says how the durable client reaches it. */
export function durableClientFile(directory: string): string {
  return join(directory, 'durable-client.json');
}

/**
 * Holds a folder to what its orchestrations were begun by: neither the local hub nor the extension finds the other's.
 * The extension's timers know real time alone, so that a clock that was moved rules it out. Throws a StackError
 * otherwise.
 */
export function keepDurableChoice(directory: string, choice: DurableChoice): void {
  const file = join(directory, 'durable');
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : choice;
  if (kept !== choice) {
    throw new StackError(
      `The orchestrations in ${directory} were begun with --durable ${kept}: keep to it, or choose another --state folder.`,
    );
  }
  if (choice === 'extension' && readClockOffsetMs(directory) > 0) {
    throw new StackError(`The clock in ${directory} was moved: choose another --state folder for --durable extension.`);
  }
  writeFileSync(file, choice);
}
