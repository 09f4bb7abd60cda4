import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** An emulator's state that outlives its process. `value` is changed in place; every change is followed by `save`. */
export interface StateFile<T> {
  readonly value: T;
  /** Writes within a tenth of a second: a file is written whole, and changes come in crowds. */
  save(): void;
  /** Writes now: for the end of the process. */
  flush(): void;
}

const saveDelayMs = 100;

/**
 * Opens the JSON file at `path`, or starts with `initial()`. The file is replaced by rename, so a process that dies
 * while writing leaves the state before.
 */
export function openStateFile<T>(path: string, initial: () => T): StateFile<T> {
  mkdirSync(dirname(path), { recursive: true });
  const value = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : initial();
  let pending: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(pending);
    pending = undefined;
    writeFileSync(`${path}.new`, JSON.stringify(value));
    renameSync(`${path}.new`, path);
  }

  function save(): void {
    pending ??= setTimeout(flush, saveDelayMs);
  }

  return { value, save, flush };
}
