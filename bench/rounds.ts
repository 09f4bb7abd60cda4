/** What is compared, by name; each call measures once. */
export type Variants<Name extends string, Measured> = Readonly<Record<Name, () => Promise<Measured>>>;

/**
 * Measures all variants in turn, `rounds` times, in the opposite order each time: what else the machine does then falls
 * on all of them alike.
 */
export async function measureInterleaved<Name extends string, Measured>(
  rounds: number,
  variants: Variants<Name, Measured>,
): Promise<Record<Name, Measured[]>> {
  const names = Object.keys(variants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Measured[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) measured[name].push(await variants[name]());
  }
  return measured;
}

/** Calls `work` for 0 to `count` - 1, at most `width` at a time. */
export async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  async function takeTurns(): Promise<void> {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, takeTurns));
}
