import { TableClient } from '@azure/data-tables';
import { toPartition } from '../durable/keys.ts';
import { isNotFound } from '../durable/storage-errors.ts';

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

const partitionKey = 'timers';

interface StatusRow {
  readonly schedule: string;
  readonly status: string;
}

/** Keeps the statuses of timer functions in a table of their own. */
export class TimerStatusStore {
  private readonly table: TableClient;

  constructor(connectionString: string, hubName: string) {
    this.table = TableClient.fromConnectionString(connectionString, `${hubName}Timers`, {
      allowInsecureConnection: true,
    });
  }

  async prepare(): Promise<void> {
    await this.table.createTable();
  }

  async read(functionName: string): Promise<StoredTimerStatus | undefined> {
    try {
      const row = await this.table.getEntity<StatusRow>(partitionKey, toPartition(functionName));
      return { schedule: row.schedule, status: JSON.parse(row.status) as TimerStatus };
    } catch (error: unknown) {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error;
    }
  }

  async write(functionName: string, { schedule, status }: StoredTimerStatus): Promise<void> {
    const row = { partitionKey, rowKey: toPartition(functionName), schedule, status: JSON.stringify(status) };
    await this.table.upsertEntity(row, 'Replace');
  }
}
