import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Milliseconds that a write waits for whoever else has the file open, a process that is ending among them. */
const busyTimeoutMs = 5000;

/** The file in which a task hub keeps its instances and the host the times of its timers, made where there is none. */
export function openHubFile(folder: string, hubName: string): DatabaseSync {
  mkdirSync(folder, { recursive: true });
  const file = new DatabaseSync(join(folder, `${hubName}.sqlite`));
  // What is committed outlives the process, also by kill -9. It need not outlive the machine's power.
  file.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF`);
  return file;
}

/** Does the work whole, or not at all when it throws. */
export function inTransaction<T>(file: DatabaseSync, work: () => T): T {
  file.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    file.exec('COMMIT');
    return result;
  } catch (error) {
    if (file.isTransaction) file.exec('ROLLBACK');
    throw error;
  }
}
