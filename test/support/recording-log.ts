import type { Log, LogEntry } from '../../src/ports/log.ts';

export interface RecordingLog {
  readonly log: Log;
  /** What was told, in order. */
  readonly told: readonly LogEntry[];
}

/** A log that keeps what it is told. */
export function createRecordingLog(): RecordingLog {
  const told: LogEntry[] = [];
  return { told, log: (entry) => told.push(entry) };
}
