/** Counts what is running or queued, so that the stack can tell when everything has settled. */
export class LoadGauge {
  private count = 0;

  get idle(): boolean {
    return this.count === 0;
  }

  /** Counts one piece of work until the returned function is called; calling it again does nothing. */
  begin(): () => void {
    this.count += 1;
    let ended = false;
    return () => {
      if (!ended) {
        ended = true;
        this.count -= 1;
      }
    };
  }

  async track<T>(work: () => Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      return await work();
    } finally {
      end();
    }
  }
}
