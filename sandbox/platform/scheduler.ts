import type { StackClock } from './stack-clock.ts';

/** Longest delay that Node's timers take; later work is looked at again when this has passed. */
const timerMaxMs = 2 ** 31 - 1;

interface ScheduledWork {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void | Promise<void>;
}

/**
 * Work that an emulator does by itself at a time of the stack's clock: an operation that completes, an event that is
 * delivered. Nothing here is persisted; a service schedules again from its own state when it starts.
 */
export class Scheduler {
  readonly #clock: StackClock;
  readonly #onError: (error: unknown) => void;
  #waiting: ScheduledWork[] = [];
  #order = 0;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(clock: StackClock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
    clock.onMove(() => {
      this.#runDue();
    });
  }

  /**
   * Runs `run` once when the stack's clock reaches `dueMs`; a past time means as soon as possible, never synchronously.
   */
  at(dueMs: number, run: () => void | Promise<void>): void {
    if (this.#stopped) return;
    this.#waiting.push({ dueMs, order: this.#order++, run });
    this.#waiting.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    this.#arm();
  }

  /** When the next work is due, in stack time, or undefined when nothing waits. */
  nextDueMs(): number | undefined {
    return this.#waiting[0]?.dueMs;
  }

  /** True when nothing runs and nothing that is already due waits to run. */
  isIdle(): boolean {
    const next = this.nextDueMs();
    return this.#running === 0 && (next === undefined || next > this.#clock.nowMs());
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.nextDueMs();
    if (next === undefined) return;
    const delayMs = Math.min(Math.max(next - this.#clock.nowMs(), 0), timerMaxMs);
    this.#timer = setTimeout(() => {
      this.#runDue();
    }, delayMs);
  }

  #runDue(): void {
    const nowMs = this.#clock.nowMs();
    while (this.#waiting[0] !== undefined && this.#waiting[0].dueMs <= nowMs) {
      const work = this.#waiting.shift();
      if (work !== undefined) void this.#run(work);
    }
    this.#arm();
  }

  async #run(work: ScheduledWork): Promise<void> {
    this.#running += 1;
    try {
      await work.run();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#running -= 1;
    }
  }
}
