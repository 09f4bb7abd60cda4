import type { DatabaseSync } from 'node:sqlite';

/** The state of one timer function, as the host keeps it between runs. */
export interface TimerStatus {
  readonly Last: string;
  readonly Next: string;
  readonly LastUpdated: string;
}

/** A status with the schedule that it was computed for: a changed schedule is computed anew and is not past due. */
export interface StoredTimerStatus {
  readonly schedule: string;
  readonly status: TimerStatus;
}

/** Keeps the statuses of timer functions in the hub's file. */
export class TimerStatusStore {
  private readonly file: DatabaseSync;

  constructor(file: DatabaseSync) {
    file.exec('CREATE TABLE IF NOT EXISTS timers (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID');
    this.file = file;
  }

  read(functionName: string): StoredTimerStatus | undefined {
    const row = this.file.prepare('SELECT value FROM timers WHERE name = ?').get(functionName);
    return row === undefined ? undefined : (JSON.parse(String(row['value'])) as StoredTimerStatus);
  }

  write(functionName: string, stored: StoredTimerStatus): void {
    this.file.prepare('REPLACE INTO timers (name, value) VALUES (?, ?)').run(functionName, JSON.stringify(stored));
  }
}
