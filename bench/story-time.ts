/** Stories on simulated machines, in stack time: what they take beyond the machines' own, and how many commands they are. */
import type { Figure, Section } from './figures.ts';
import { startStack, type Stack } from './stack.ts';
import type { PackShape } from './windows/azure-pack-world.ts';
import { criticalPath, readCommands } from './windows/commands.ts';
import { accessOrder, accessPath, pocs, type Poc } from './windows/poc-world.ts';
import { setUpAzurePack, setUpPocs } from './windows/register.ts';
import { followStories, startStory, storySeconds } from './windows/story.ts';

interface Story {
  readonly name: string;
  readonly path: string;
  /** Prepares the machines; answers what the story is asked for with. */
  readonly prepare: (stack: Stack) => Promise<object>;
}

interface Told {
  readonly name: string;
  readonly commandCount: number;
  readonly pathSeconds: number;
  readonly storySeconds: number;
  /** The clock went on by itself so long, while the stack was at work. */
  readonly realSeconds: number;
}

/** The story that the goal is set for. */
const widest = 'connector, 3 clouds with 3 portals and 3 APIs each';
const wide: PackShape = { clouds: 3, perCloud: { portals: 3, apis: 3 } };
const express: PackShape = { clouds: 2, perCloud: 'express' };

export interface StoryTimeOptions {
  /** Openings of a VPN access; the first does not count. */
  readonly vpnStories: number;
  readonly isWideToo: boolean;
}

export async function measureStoryTime(
  root: string,
  { vpnStories, isWideToo }: StoryTimeOptions,
): Promise<readonly Section[]> {
  const stack = await startStack(root, { hasMachines: true });
  try {
    const stories = [
      ...pocs(1, vpnStories).map(vpnAccess),
      connector('connector, 2 Express clouds', 'express', express),
      ...(isWideToo ? [connector(widest, 'wide', wide)] : []),
    ];
    const told: Told[] = [];
    for (const story of stories) told.push(await tell(stack, story));
    // The first VPN access was for the compilers: a real second counts as a second of the stack here.
    const counted = told.slice(Math.min(vpnStories, 1));
    return [timeSection(counted), countSection(counted)];
  } finally {
    await stack.stop();
  }
}

function vpnAccess(poc: Poc): Story {
  return {
    name: 'VPN access, 2 users',
    path: accessPath(poc),
    prepare: async (stack) => {
      await setUpPocs(stack, [poc]);
      return accessOrder(poc);
    },
  };
}

function connector(name: string, id: string, shape: PackShape): Story {
  return { name, path: '/api/connectors', prepare: (stack) => setUpAzurePack(stack, shape, id) };
}

async function tell(stack: Stack, { name, path, prepare }: Story): Promise<Told> {
  const order = await prepare(stack);
  const startedAt = performance.now();
  const id = await startStory(stack, path, order);
  const [operation] = await followStories(stack, [id]);
  const realSeconds = (performance.now() - startedAt) / 1000;
  if (operation === undefined) throw new Error(`${name} came to no end.`);
  const commands = await readCommands(stack);
  return {
    name,
    commandCount: commands.length,
    pathSeconds: criticalPath(commands),
    storySeconds: storySeconds(operation),
    realSeconds,
  };
}

function timeSection(told: readonly Told[]): Section {
  return {
    title: 'Stories on simulated machines (stack time, speed 1, waits for approvals left out)',
    figures: told.flatMap(({ name, pathSeconds, storySeconds: seconds, realSeconds }): readonly Figure[] => [
      {
        name: `${name}: story / critical path of its steps`,
        value: seconds / pathSeconds,
        unit: 'x',
        ...(name === widest ? { target: '<= 1.1' } : {}),
      },
      {
        name: `${name}: the same less the real time of the run`,
        value: (seconds - realSeconds) / pathSeconds,
        unit: 'x',
      },
      { name: `${name}: story`, value: seconds, unit: 's' },
      { name: `${name}: critical path`, value: pathSeconds, unit: 's' },
      { name: `${name}: real time of the run`, value: realSeconds, unit: 's' },
    ]),
  };
}

function countSection(told: readonly Told[]): Section {
  return {
    title: 'Remote commands of a story',
    figures: told.map(({ name, commandCount }) => ({ name, value: commandCount, unit: '' })),
  };
}
