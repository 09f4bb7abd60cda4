/**
 * Runs a piece of work to its end with a crash at each of its writes in turn: the nth write fails, before or after it
 * took effect, the work is run again whole, and then `check` looks at what there is.
 */
import { createMemoryTables, InjectedFault, type MemoryTables } from './memory-tables.ts';

export interface CrashCase<W> {
  /** Fresh things on fresh tables. */
  readonly setUp: (tables: MemoryTables) => W | Promise<W>;
  readonly work: (world: W) => Promise<unknown>;
  readonly check: (world: W, tables: MemoryTables, place: string) => Promise<void>;
}

const writesMax = 200;

/** Answers how many places there were to crash at. */
export async function atEveryCrash<W>({ setUp, work, check }: CrashCase<W>): Promise<number> {
  for (let place = 1; place < writesMax; place += 1) {
    const crashes = [];
    for (const when of ['before', 'after'] as const) {
      const tables = createMemoryTables();
      const world = await setUp(tables);
      tables.setFault((write) => (write === place ? when : undefined));
      const hasCrashed = await crashed(() => work(world));
      tables.setFault(undefined);
      await work(world);
      await check(world, tables, `${when} write ${place}`);
      crashes.push(hasCrashed);
    }
    if (!crashes.includes(true)) return place - 1;
  }
  throw new Error(`the work made more than ${writesMax} writes`);
}

async function crashed(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error: unknown) {
    if (error instanceof InjectedFault) return true;
    throw error;
  }
}
