import { z } from 'zod';
import { sum } from '../figures.ts';
import type { Stack } from '../stack.ts';

const historySchema = z.array(
  z.object({
    commandId: z.string(),
    connectedTo: z.string(),
    step: z.string(),
    mode: z.string(),
    begun: z.iso.datetime(),
    ended: z.iso.datetime(),
  }),
);

/** One command on a machine, by the machine's own stores; times are stack time. */
export interface RemoteCommand {
  readonly id: string;
  /** The machine that was connected to: it runs one command at a time. */
  readonly machine: string;
  readonly step: string;
  readonly mode: string;
  readonly begunMs: number;
  readonly seconds: number;
}

/** Every command since the world was defined, oldest first. */
export async function readCommands(stack: Stack): Promise<readonly RemoteCommand[]> {
  const entries = historySchema.parse(await stack.control('GET', '/windows/history'));
  return entries.map(({ commandId, connectedTo, step, mode, begun, ended }) => ({
    id: commandId,
    machine: connectedTo,
    step,
    mode,
    begunMs: Date.parse(begun),
    seconds: (Date.parse(ended) - Date.parse(begun)) / 1000,
  }));
}

/** What is looked at before the first change, on all machines side by side. */
const preconditions: ReadonlySet<string> = new Set(['W2', 'W3', 'W6', 'W7', 'W23']);

/**
 * Seconds that a connector's commands take at the least in the order that its procedure prescribes: preconditions as
 * long as the machine with most of them, the portals of a cloud as long as its longest branch, everything else one
 * after the other.
 */
export function criticalPath(commands: readonly RemoteCommand[]): number {
  const branches = groupSeconds(commands, ({ id }) => /-(c\d+l\d+)-/.exec(id)?.[1]);
  const rest = commands.filter(({ id }) => !/-c\d+l\d+-/.test(id));
  const looks = groupSeconds(rest, ({ step, machine }) => (preconditions.has(step) ? machine : undefined));
  const clouds = new Map<string, number>();
  for (const [branch, seconds] of branches) {
    const cloud = branch.replace(/l\d+$/, '');
    clouds.set(cloud, Math.max(clouds.get(cloud) ?? 0, seconds));
  }
  const serial = sum(rest.filter(({ step }) => !preconditions.has(step)).map(({ seconds }) => seconds));
  return Math.max(0, ...looks.values()) + sum([...clouds.values()]) + serial;
}

/** Seconds of the commands of each group; commands without one are left out. */
function groupSeconds(
  commands: readonly RemoteCommand[],
  groupOf: (command: RemoteCommand) => string | undefined,
): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const command of commands) {
    const group = groupOf(command);
    if (group !== undefined) groups.set(group, (groups.get(group) ?? 0) + command.seconds);
  }
  return groups;
}
