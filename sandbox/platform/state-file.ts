import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** An emulator's state that outlives its process. `value` is changed in place; every change is followed by `save`. */
export interface StateFile<T> {
  readonly value: T;
  /** Writes soon; many changes of one moment become one write. */
  save(): void;
  /** Writes now: for the end of the process. */
  flush(): void;
}

/**
 * Opens the JSON file at `path`, or starts with `initial()`. The file is replaced by rename, so a process that dies while
 * writing leaves the state before.
 */
export function openStateFile<T>(path: string, initial: () => T): StateFile<T> {
  mkdirSync(dirname(path), { recursive: true });
  const value = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : initial();
  let pending: NodeJS.Immediate | undefined;

  function flush(): void {
    if (pending !== undefined) clearImmediate(pending);
    pending = undefined;
    writeFileSync(`${path}.new`, JSON.stringify(value));
    renameSync(`${path}.new`, path);
  }

  function save(): void {
    pending ??= setImmediate(flush);
  }

  return { value, save, flush };
}
