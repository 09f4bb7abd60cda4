/** One session that the VPN emulator is to cut. */
export interface Disconnect {
  readonly seq: number;
  readonly id: string;
}

export interface DisconnectPage {
  /** What to ask with next time. */
  readonly next: number;
  readonly items: readonly Disconnect[];
}

/** The sessions to cut, in order, for a reader that waits for the next one. */
export class DisconnectFeed {
  readonly #items: Disconnect[] = [];
  #wake: (() => void)[] = [];

  add(id: string): void {
    this.#items.push({ seq: this.#items.length + 1, id });
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /** Those after `seq`; waits for one up to `waitMs` when there are none yet. */
  async after(seq: number, waitMs: number): Promise<DisconnectPage> {
    if (this.#items.length <= seq) await this.#nextOne(waitMs);
    const items = this.#items.filter((item) => item.seq > seq);
    return { next: items.at(-1)?.seq ?? seq, items };
  }

  #nextOne(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, waitMs);
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
      this.#wake.push(done);
    });
  }
}
