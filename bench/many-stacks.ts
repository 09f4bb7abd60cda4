/** What one stack costs the application when many are worked on at once, against a few. */
import { costOf } from './cpu-time.ts';
import { type Figure, median, type Section, sum } from './figures.ts';
import { residentMbOf } from './memory.ts';
import { inParallel } from './rounds.ts';
import { type Stack, startStack } from './stack.ts';
import { accessOrder, accessPath, type Poc, pocs } from './windows/poc-world.ts';
import { followOperations, startOperation } from './windows/procedure.ts';
import { setUpPocs } from './windows/register.ts';

export interface ManyStacksOptions {
  readonly speed: number;
  readonly few: number;
  readonly many: number;
  /** Each size once, when the figures need not say anything. */
  readonly isOnce: boolean;
}

interface Run {
  readonly stacks: number;
  readonly wallMs: number;
  /** Of the runtime, or undefined where it cannot be read. */
  readonly cpuMs: number | undefined;
  readonly rssBeforeMb: number | undefined;
  readonly rssMaxMb: number | undefined;
}

/** Each has a network of its own, told apart by one number of its address; the few need some too. */
export const manyStacksMax = 180;

/** Orders on their way at a time. */
const width = 8;

export async function measureManyStacks(
  root: string,
  { speed, few, many, isOnce }: ManyStacksOptions,
): Promise<Section> {
  const stack = await startStack(root, { hasMachines: true, speed });
  try {
    // The first few are for the compilers; then few before and after many, since what else the machine does changes
    // with time.
    const sizes = isOnce ? [few, many] : [few, few, many, few];
    const all = pocs(1, sum(sizes));
    await setUpPocs(stack, all);
    const runs: Run[] = [];
    let done = 0;
    for (const size of sizes) {
      runs.push(await openAll(stack, all.slice(done, done + size)));
      done += size;
    }
    return toSection(isOnce ? runs : runs.slice(1), { few, many });
  } finally {
    await stack.stop();
  }
}

/** Opens the VPN access of all these at once, and waits for the last. */
async function openAll(stack: Stack, all: readonly Poc[]): Promise<Run> {
  const pid = stack.info.processes['runtime'] ?? 0;
  const rssBeforeMb = residentMbOf(pid);
  let rssMaxMb = rssBeforeMb;
  function look(): void {
    const now = residentMbOf(pid);
    if (now !== undefined && now > (rssMaxMb ?? 0)) rssMaxMb = now;
  }
  const { wallMs, cpuMs } = await costOf([pid], async () => {
    const ids: string[] = [];
    await inParallel(all.length, width, async (index) => {
      const poc = all[index];
      if (poc !== undefined) ids.push(await startOperation(stack, accessPath(poc), accessOrder(poc)));
    });
    await followOperations(stack, ids, look);
  });
  return { stacks: all.length, wallMs, cpuMs: cpuMs[0], rssBeforeMb, rssMaxMb };
}

function toSection(runs: readonly Run[], { few, many }: Pick<ManyStacksOptions, 'few' | 'many'>): Section {
  const ofFew = runs.filter(({ stacks }) => stacks === few);
  const ofMany = runs.filter(({ stacks }) => stacks === many);
  return {
    title: `VPN access of ${many} stacks at once, against ${few}`,
    figures: [...costs(ofFew, ofMany), ...memory(ofMany)],
  };
}

function costs(ofFew: readonly Run[], ofMany: readonly Run[]): readonly Figure[] {
  const wall = (runs: readonly Run[]): number => median(runs.map(({ wallMs, stacks }) => wallMs / stacks));
  const cpu = (runs: readonly Run[]): number => median(runs.map(({ cpuMs = NaN, stacks }) => cpuMs / stacks));
  const elapsed: readonly Figure[] = [
    { name: 'elapsed per stack: many / few', value: wall(ofMany) / wall(ofFew), unit: 'x' },
    { name: 'elapsed per stack, few', value: wall(ofFew), unit: 'ms' },
    { name: 'elapsed per stack, many', value: wall(ofMany), unit: 'ms' },
  ];
  if (Number.isNaN(cpu(ofMany))) return elapsed;
  return [
    {
      name: 'processor time of host and application per stack: many / few',
      value: cpu(ofMany) / cpu(ofFew),
      unit: 'x',
      target: '<= 1.15',
    },
    { name: 'processor time per stack, few', value: cpu(ofFew), unit: 'ms' },
    { name: 'processor time per stack, many', value: cpu(ofMany), unit: 'ms' },
    ...elapsed,
  ];
}

function memory(ofMany: readonly Run[]): readonly Figure[] {
  const [run] = ofMany;
  if (run?.rssBeforeMb === undefined || run.rssMaxMb === undefined) return [];
  return [
    {
      name: 'memory of host and application: the most, less before',
      value: run.rssMaxMb - run.rssBeforeMb,
      unit: 'MB',
      target: '<= 150',
    },
    { name: 'memory before', value: run.rssBeforeMb, unit: 'MB' },
  ];
}
