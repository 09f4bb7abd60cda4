/** Where the preload keeps the offset by which it shifts `Date` in this process. */
const shiftKey = Symbol.for('gatehouse.sandbox.clock');

interface DateShift {
  offsetMs: number;
}

/** The stack clock: real time plus an offset that only grows. */
export class StackClock {
  private readonly shift: DateShift;
  private readonly realNow: () => number;

  /** Shares the preload's offset when there is one, so that `Date` in the app and this clock always agree. */
  constructor(offsetMs = 0) {
    const shared = (globalThis as Record<symbol, unknown>)[shiftKey] as DateShift | undefined;
    this.shift = shared ?? { offsetMs };
    this.realNow = shared === undefined ? Date.now : () => Date.now() - shared.offsetMs;
  }

  get offsetMs(): number {
    return this.shift.offsetMs;
  }

  now(): number {
    return this.realNow() + this.shift.offsetMs;
  }

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  /**
   * Moves the clock.
   *
   * @throws RangeError when the offset would go back: timers that have fired cannot be taken back.
   */
  moveTo(offsetMs: number): void {
    if (!Number.isFinite(offsetMs) || offsetMs < this.shift.offsetMs) {
      throw new RangeError(`The clock only goes forward: its offset is ${this.shift.offsetMs} ms, not ${offsetMs} ms.`);
    }
    this.shift.offsetMs = offsetMs;
  }
}
