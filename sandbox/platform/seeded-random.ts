import { createHash } from 'node:crypto';

/**
 * A repeatable source of randomness: the same seed gives the same sequence, so that a run that failed can be run again.
 * Not for secrets.
 */
export class SeededRandom {
  readonly #seed: string;
  #count = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** The next number in [0, 1). */
  next(): number {
    const digest = createHash('sha256').update(`${this.#seed}:${this.#count++}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }
}
