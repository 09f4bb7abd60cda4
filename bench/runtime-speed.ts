/** What the local runtime costs: orchestrations and activities against bare writes of one row to Azurite. */
import { TableClient } from '@azure/data-tables';
import { type Cost, costOf } from './cpu-time.ts';
import { type Figure, median, type Section, sum } from './figures.ts';
import { type FixtureRuntime, startFixtureRuntime } from './fixture-runtime.ts';
import { inParallel, measureInterleaved, type Variants } from './rounds.ts';
import { startStorage } from './storage.ts';

export interface RuntimeSpeedOptions {
  readonly rounds: number;
  /** Orchestrations, or activities, or rows, of one measurement. */
  readonly count: number;
}

/** At a time, of whatever is measured. */
const width = 8;
const perOrchestration = 20;

type Measured = 'writes' | 'returns' | 'sequence' | 'fansOut';

export async function measureRuntimeSpeed(root: string, options: RuntimeSpeedOptions): Promise<Section> {
  const storage = await startStorage();
  try {
    const runtime = await startFixtureRuntime(root);
    try {
      const table = TableClient.fromConnectionString(storage.connectionString, 'BenchRows', {
        allowInsecureConnection: true,
      });
      await table.createTable();
      const variants = createVariants(runtime, table, options.count, [process.pid, storage.pid, runtime.pid]);
      // The first round is for the compilers.
      await measureInterleaved(1, variants);
      return toSection(await measureInterleaved(options.rounds, variants), options.count);
    } finally {
      await runtime.stop();
    }
  } finally {
    await storage.stop();
  }
}

function createVariants(
  runtime: FixtureRuntime,
  table: TableClient,
  count: number,
  pids: readonly number[],
): Variants<Measured, Cost> {
  let rows = 0;
  const orchestrations = (name: string, instances: number, input: unknown): Promise<Cost> =>
    costOf(pids, () => inParallel(instances, width, () => runtime.run(name, input)));
  const input = { count: perOrchestration };
  return {
    writes: () =>
      costOf(pids, () =>
        inParallel(count, width, async () => {
          rows += 1;
          await table.createEntity({ partitionKey: `p${rows % 16}`, rowKey: String(rows), text: 'x'.repeat(200) });
        }),
      ),
    returns: () => orchestrations('returns', count, {}),
    sequence: () => orchestrations('sequence', Math.ceil(count / perOrchestration), input),
    fansOut: () => orchestrations('fansOut', Math.ceil(count / perOrchestration), input),
  };
}

function toSection(measured: Readonly<Record<Measured, readonly Cost[]>>, count: number): Section {
  const activities = Math.ceil(count / perOrchestration) * perOrchestration;
  const doneBy = { writes: count, returns: count, sequence: activities, fansOut: activities };
  const perSecond = (name: Measured): readonly number[] =>
    measured[name].map(({ wallMs }) => (doneBy[name] * 1000) / wallMs);
  const cpuEach = (name: Measured): readonly number[] => measured[name].map(({ cpuMs }) => sum(cpuMs) / doneBy[name]);
  const overWrites = (of: (name: Measured) => readonly number[], name: Measured): number =>
    median(of(name).map((value, round) => value / (of('writes')[round] ?? NaN)));

  const labels = {
    returns: 'orchestrations without activity',
    sequence: 'activities one after the other',
    fansOut: `activities, ${perOrchestration} at once`,
  };
  const names = ['returns', 'sequence', 'fansOut'] as const;
  const hasCpu = measured.writes.every(({ cpuMs }) => cpuMs.length > 0);
  const costs: readonly Figure[] = hasCpu
    ? names.map((name) => ({
        name: `processor time, ${labels[name]} / write`,
        value: overWrites(cpuEach, name),
        unit: 'x',
      }))
    : [];
  return {
    title: 'Local runtime (against bare writes of one row to Azurite)',
    figures: [
      ...names.map((name) => ({
        name: `per second, ${labels[name]} / writes`,
        value: overWrites(perSecond, name),
        unit: 'x',
      })),
      ...costs,
      { name: 'writes', value: median(perSecond('writes')), unit: '/s' },
      ...names.map((name) => ({ name: labels[name], value: median(perSecond(name)), unit: '/s' })),
    ],
  };
}
