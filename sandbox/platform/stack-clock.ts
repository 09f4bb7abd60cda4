/**
 * The stack's clock: real time plus an offset that only ever grows. Every emulator reads it, so that moving it moves
 * the whole local Azure at once.
 */
export class StackClock {
  #offsetMs: number;
  readonly #listeners: (() => void)[] = [];
  readonly #realNowMs: () => number;

  /** `realNowMs` is what the offset is added to; a test that counts by time gives one that stands still. */
  constructor(offsetMs = 0, realNowMs: () => number = Date.now) {
    this.#offsetMs = offsetMs;
    this.#realNowMs = realNowMs;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  nowMs(): number {
    return this.#realNowMs() + this.#offsetMs;
  }

  now(): Date {
    return new Date(this.nowMs());
  }

  /**
   * Jumps forward to `ms` (stack time); a time in the past is ignored, since a clock that runs back breaks every timer.
   */
  moveTo(ms: number): void {
    const ahead = ms - this.nowMs();
    if (ahead <= 0) return;
    this.#offsetMs += Math.ceil(ahead);
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each jump. */
  onMove(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
