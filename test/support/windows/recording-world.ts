/** The least of a world: machines that note what they are asked to do and do nothing. */
import type {
  CommandWorld,
  PollOutcome,
  Reach,
  SshCommand,
  StartOutcome,
} from '../../../sandbox/windows/transports/command-world.ts';

export interface RecordingWorld extends CommandWorld {
  readonly machines: string[];
  readonly reaches: Map<string, Reach>;
  readonly keys: Map<string, string[]>;
  /** What was begun, in order; an attached command is not here again. */
  readonly begun: { readonly machineId: string; readonly command: SshCommand }[];
  /** What polls answer, by command id, once it is there. */
  readonly ended: Map<string, Extract<PollOutcome, { state: 'ended' }>>;
  /** `verb machine id`, in order. */
  readonly asked: string[];
  /** What the next start is refused with. */
  refusal: { readonly code: 'AuthFailed' | 'ToolFailed'; readonly message: string } | undefined;
}

export function createRecordingWorld(machines: readonly string[]): RecordingWorld {
  const world: RecordingWorld = {
    machines: [...machines],
    reaches: new Map(),
    keys: new Map(),
    begun: [],
    ended: new Map(),
    asked: [],
    refusal: undefined,
    sshMachines: () => world.machines,
    authorizedKeys: (machineId) => world.keys.get(machineId) ?? [],
    reach: (machineId) => world.reaches.get(machineId) ?? 'answers',
    start: (machineId, command) => Promise.resolve(start(machineId, command)),
    poll(machineId, id) {
      world.asked.push(`poll ${machineId} ${id}`);
      const isKnown = isBegun(machineId, id);
      return Promise.resolve(world.ended.get(id) ?? { state: isKnown ? 'running' : 'absent' });
    },
    cancel(machineId, id) {
      world.asked.push(`cancel ${machineId} ${id}`);
      return Promise.resolve();
    },
    cleanup(machineId, id) {
      world.asked.push(`cleanup ${machineId} ${id}`);
      return Promise.resolve();
    },
  };

  function start(machineId: string, command: SshCommand): StartOutcome {
    if (world.refusal !== undefined) return { outcome: 'refused', ...world.refusal };
    if (isBegun(machineId, command.id)) return { outcome: 'attached' };
    world.begun.push({ machineId, command });
    return { outcome: 'started' };
  }

  function isBegun(machineId: string, id: string): boolean {
    return world.begun.some((begun) => begun.machineId === machineId && begun.command.id === id);
  }

  return world;
}
