import type { StackClock } from './clock.ts';

interface Alarm {
  readonly dueMs: number;
  readonly ring: () => void;
}

// setTimeout overflows above 2^31 - 1 ms; a day is short enough and costs nothing.
const sleepMaxMs = 86_400_000;

/** Rings alarms when the stack clock reaches them: durable timers and function schedules alike. */
export class AlarmClock {
  private readonly clock: StackClock;
  private readonly alarms = new Map<string, Alarm>();
  private timeout: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(clock: StackClock) {
    this.clock = clock;
  }

  /** Sets the alarm of a key, in place of the one it had. A due time in the past rings at once, never synchronously. */
  set(key: string, dueMs: number, ring: () => void): void {
    this.alarms.set(key, { dueMs, ring });
    this.arm();
  }

  clear(key: string): void {
    this.alarms.delete(key);
  }

  /** When the next alarm is due (stack time, ms), whether or not it is in the past already; of all, or of some keys. */
  nextDueMs(isMeant: (key: string) => boolean = () => true): number | undefined {
    let next: number | undefined;
    for (const [key, { dueMs }] of this.alarms) {
      if (!isMeant(key)) continue;
      next = next === undefined || dueMs < next ? dueMs : next;
    }
    return next;
  }

  /** To be called after the stack clock was moved: rings what is due now before it returns. */
  clockMoved(): void {
    this.ringDue();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timeout);
    this.alarms.clear();
  }

  private arm(): void {
    clearTimeout(this.timeout);
    const next = this.nextDueMs();
    if (next === undefined || this.stopped) {
      return;
    }
    const sleepMs = Math.min(Math.max(Math.ceil(next - this.clock.now()), 0), sleepMaxMs);
    this.timeout = setTimeout(() => {
      this.ringDue();
    }, sleepMs);
  }

  private ringDue(): void {
    const now = this.clock.now();
    const due = [...this.alarms].filter(([, { dueMs }]) => dueMs <= now).sort(([, a], [, b]) => a.dueMs - b.dueMs);
    for (const [key] of due) {
      this.alarms.delete(key);
    }
    for (const [, { ring }] of due) {
      ring();
    }
    this.arm();
  }
}
