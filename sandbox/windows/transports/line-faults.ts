/** What the network between the caller and a machine does on purpose, a given number of times. */
export const lineFaultKinds = ['refuse', 'silent', 'dropBefore', 'dropAfter'] as const;

/**
 * `refuse`: connections are reset; `silent`: they are swallowed; `dropBefore`: the line breaks before a command line is
 * read; `dropAfter`: it breaks when its effect is there and its answer is not, which a caller cannot tell from the
 * former.
 */
export type LineFaultKind = (typeof lineFaultKinds)[number];

/** The faults to come on the lines to the machines. */
export class LineFaults {
  readonly #left = new Map<string, number>();

  add(machineId: string, kind: LineFaultKind, times: number): void {
    const key = `${kind} ${machineId}`;
    this.#left.set(key, (this.#left.get(key) ?? 0) + times);
  }

  /** Whether this fault is due now; counts it as done. */
  take(machineId: string, kind: LineFaultKind): boolean {
    const key = `${kind} ${machineId}`;
    const left = this.#left.get(key) ?? 0;
    if (left === 0) return false;
    this.#left.set(key, left - 1);
    return true;
  }

  clear(): void {
    this.#left.clear();
  }
}
