/**
 * Orchestrations on simulated machines, in stack time: what they take beyond the machines' own, and how many commands
 * they are.
 */
import type { Figure, Section } from './figures.ts';
import { type Stack, startStack } from './stack.ts';
import type { PackShape } from './windows/azure-pack-world.ts';
import { criticalPath, readCommands } from './windows/commands.ts';
import { accessOrder, accessPath, type Poc, pocs } from './windows/poc-world.ts';
import { followOperations, operationSeconds, startOperation } from './windows/procedure.ts';
import { setUpAzurePack, setUpPocs } from './windows/register.ts';

interface Procedure {
  readonly name: string;
  readonly path: string;
  /** Prepares the machines; answers what the procedure is asked for with. */
  readonly prepare: (stack: Stack) => Promise<object>;
}

interface Told {
  readonly name: string;
  readonly commandCount: number;
  readonly pathSeconds: number;
  readonly operationSeconds: number;
  /** The clock went on by itself so long, while the stack was at work. */
  readonly realSeconds: number;
}

/** The procedure that the goal is set for. */
const widest = 'connector, 3 clouds with 3 portals and 3 APIs each';
const wide: PackShape = { clouds: 3, perCloud: { portals: 3, apis: 3 } };

export interface ProcedureTimeOptions {
  readonly speed: number;
  /** Openings of a VPN access; the first does not count. */
  readonly vpnProcedures: number;
  /** Clouds of Windows Azure Pack Express that one connector binds. */
  readonly expressClouds: number;
  readonly isWideToo: boolean;
}

export async function measureProcedureTime(
  root: string,
  { speed, vpnProcedures, expressClouds, isWideToo }: ProcedureTimeOptions,
): Promise<readonly Section[]> {
  const stack = await startStack(root, { hasMachines: true, speed });
  try {
    const procedures = [
      ...pocs(1, vpnProcedures).map(vpnAccess),
      connector(`connector, ${expressClouds} Express clouds`, 'express', {
        clouds: expressClouds,
        perCloud: 'express',
      }),
      ...(isWideToo ? [connector(widest, 'wide', wide)] : []),
    ];
    const told: Told[] = [];
    for (const procedure of procedures) told.push(await tell(stack, procedure));
    // The first VPN access was for the compilers: a real second counts as a second of the stack here.
    const counted = told.slice(Math.min(vpnProcedures, 1));
    return [timeSection(counted, speed), countSection(counted)];
  } finally {
    await stack.stop();
  }
}

function vpnAccess(poc: Poc): Procedure {
  return {
    name: 'VPN access, 2 users',
    path: accessPath(poc),
    prepare: async (stack) => {
      await setUpPocs(stack, [poc]);
      return accessOrder(poc);
    },
  };
}

function connector(name: string, id: string, shape: PackShape): Procedure {
  return { name, path: '/api/connectors', prepare: (stack) => setUpAzurePack(stack, shape, id) };
}

async function tell(stack: Stack, { name, path, prepare }: Procedure): Promise<Told> {
  const order = await prepare(stack);
  const startedAt = performance.now();
  const id = await startOperation(stack, path, order);
  const [operation] = await followOperations(stack, [id]);
  const realSeconds = (performance.now() - startedAt) / 1000;
  if (operation === undefined) throw new Error(`${name} came to no end.`);
  const commands = await readCommands(stack);
  return {
    name,
    commandCount: commands.length,
    pathSeconds: criticalPath(commands),
    operationSeconds: operationSeconds(operation),
    realSeconds,
  };
}

function timeSection(told: readonly Told[], speed: number): Section {
  return {
    title: `Orchestrations on simulated machines (stack time, speed ${speed}, waits for approvals left out)`,
    figures: told.flatMap(({ name, pathSeconds, operationSeconds: seconds, realSeconds }): readonly Figure[] => [
      {
        name: `${name}: procedure / critical path of its steps`,
        value: seconds / pathSeconds,
        unit: 'x',
        ...(name === widest ? { target: '<= 1.1' } : {}),
      },
      {
        name: `${name}: the same less the real time of the run`,
        value: (seconds - realSeconds) / pathSeconds,
        unit: 'x',
      },
      { name: `${name}: procedure`, value: seconds, unit: 's' },
      { name: `${name}: critical path`, value: pathSeconds, unit: 's' },
      { name: `${name}: real time of the run`, value: realSeconds, unit: 's' },
    ]),
  };
}

function countSection(told: readonly Told[]): Section {
  return {
    title: 'Remote commands of a procedure',
    figures: told.map(({ name, commandCount }) => ({ name, value: commandCount, unit: '' })),
  };
}
