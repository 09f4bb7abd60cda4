import type { AlarmClock } from '../alarm-clock.ts';
import type { StackClock } from '../clock.ts';
import type { Log } from '../core/types.ts';
import type { LoadGauge } from '../load-gauge.ts';
import type { Schedule } from './schedule.ts';
import { scheduleAlarmKey } from './schedule-alarm.ts';
import type { TimerStatus, TimerStatusStore } from './status-store.ts';

/** The trigger value of a timer function, before the library lowers the first letter of each key. */
export interface TimerInfo {
  readonly Schedule: { readonly AdjustForDST: true };
  readonly ScheduleStatus: TimerStatus | null;
  readonly IsPastDue: boolean;
}

export interface TimerFunctionOptions {
  readonly name: string;
  /** The schedule's text, for telling a changed one. */
  readonly expression: string;
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  readonly useMonitor: boolean;
  readonly clock: StackClock;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly statuses: Pick<TimerStatusStore, 'read' | 'write'>;
  readonly log: Log;
  readonly run: (info: TimerInfo) => Promise<void>;
}

const never = '0001-01-01T00:00:00+00:00';

/** One timer function: runs on its schedule, one run at a time; ticks that come while it runs are not queued. */
export class TimerFunction {
  private readonly options: TimerFunctionOptions;
  private readonly isMonitored: boolean;
  private status: TimerStatus | undefined;
  private stopped = false;

  constructor(options: TimerFunctionOptions) {
    this.options = options;
    this.isMonitored = options.useMonitor && !options.schedule.isFrequent;
  }

  /** Takes the schedule up where it was left: a run that fell due meanwhile is made up for once, as past due. */
  start(): void {
    const { clock, schedule, runOnStartup, statuses, name, expression } = this.options;
    const stored = this.isMonitored ? statuses.read(name) : undefined;
    const isSame = stored?.schedule === expression;
    this.status = isSame ? stored.status : undefined;
    const now = clock.now();
    if (stored !== undefined && isSame && now > Date.parse(stored.status.Next)) {
      this.runDetached(now, true);
    } else if (runOnStartup) {
      this.runDetached(now, false);
    } else {
      const next = schedule.nextAfter(now);
      this.save({ Last: this.status?.Last ?? never, Next: toText(next), LastUpdated: toText(now) });
      this.arm(next);
    }
  }

  stop(): void {
    this.stopped = true;
    this.options.alarms.clear(this.alarmKey);
  }

  /** What a run by hand is given: never past due, with the stored status. */
  currentInfo(): TimerInfo {
    return this.info(false);
  }

  private get alarmKey(): string {
    return scheduleAlarmKey(this.options.name);
  }

  private arm(dueMs: number): void {
    if (!this.stopped) {
      this.options.alarms.set(this.alarmKey, dueMs, () => {
        this.runDetached(dueMs, false);
      });
    }
  }

  private runDetached(plannedMs: number, isPastDue: boolean): void {
    void this.options.gauge.track(() => this.runOnce(plannedMs, isPastDue));
  }

  private async runOnce(plannedMs: number, isPastDue: boolean): Promise<void> {
    const { run, clock, schedule, log, name } = this.options;
    try {
      await run(this.info(isPastDue));
    } catch (error: unknown) {
      // A failed run does not stop the schedule and is not repeated.
      log('error', name, `Executed 'Functions.${name}' (Failed): ${String(error)}`);
    }
    const now = clock.now();
    // Counted from the planned time, or a tick that came early would come twice.
    const next = schedule.nextAfter(Math.max(now, plannedMs));
    this.save({ Last: toText(plannedMs), Next: toText(next), LastUpdated: toText(now) });
    this.arm(next);
  }

  private info(isPastDue: boolean): TimerInfo {
    const ScheduleStatus = this.isMonitored ? (this.status ?? null) : null;
    return { Schedule: { AdjustForDST: true }, ScheduleStatus, IsPastDue: isPastDue };
  }

  private save(status: TimerStatus): void {
    this.status = status;
    if (!this.isMonitored) {
      return;
    }
    const { statuses, name, expression, log } = this.options;
    try {
      statuses.write(name, { schedule: expression, status });
    } catch (error: unknown) {
      // The schedule goes on from memory; only a restart would see the older status, and run once too often.
      log('error', name, `The timer's status could not be stored: ${String(error)}`);
    }
  }
}

function toText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '+00:00');
}
