import { isUp } from '../machine/model.ts';
import type { WindowsMachine } from '../world/records.ts';
import type { WindowsWorld } from '../world/world.ts';

/** ERROR_TIMEOUT: what a command leaves whose time was over. */
const timedOutCode = 1460;

/** A machine as Arc knows it. */
export interface ArcMachine {
  readonly key: string;
  readonly name: string;
  readonly location: string;
  readonly isConnected: boolean;
  readonly agentVersion: string;
  readonly osSku: string;
  readonly osVersion: string;
  readonly fqdn: string;
  readonly blocksRunCommands: boolean;
}

export interface ArcRun {
  readonly id: string;
  readonly script: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly runAs?: { readonly username: string; readonly password: string };
  readonly timeoutSeconds: number;
}

export type ArcRunState =
  | { readonly state: 'running' | 'absent' }
  | {
      readonly state: 'ended';
      readonly exitCode?: number;
      readonly output: string;
      readonly error: string;
      readonly endedAtMs: number;
      readonly hasTimedOut: boolean;
    };

/** The world's machines for Resource Manager, which hands them scripts by their agents. */
export interface ArcMachines {
  find(resourceGroup: string, name: string): ArcMachine | undefined;
  start(
    machine: ArcMachine,
    run: ArcRun,
  ): Promise<{ readonly outcome: 'started' } | { readonly outcome: 'refused'; readonly message: string }>;
  poll(machine: ArcMachine, runId: string): Promise<ArcRunState>;
  remove(machine: ArcMachine, runId: string): Promise<void>;
}

export function createArcMachines(world: WindowsWorld, nowMs: () => number): ArcMachines {
  return {
    find(resourceGroup, name) {
      const found = world
        .machines()
        .find(({ arc }) => isSame(arc?.resourceGroup, resourceGroup) && isSame(arc?.name, name));
      return found === undefined ? undefined : toArcMachine(found);
    },
    start(machine, { id, script, parameters, runAs, timeoutSeconds }) {
      const { Invocation: invocation, ...others } = parameters;
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) return refuse(`A parameter cannot be found that matches parameter name '${unknown}'.`);
      if (invocation === undefined) {
        return refuse('Cannot process command because of one or more missing mandatory parameters: Invocation.');
      }
      const command = { id, script, invocation, secrets: {}, runAs, timeoutSeconds };
      const started = world.start(machine.key, command, 'arc');
      return started.outcome === 'refused' ? refuse(started.message) : Promise.resolve({ outcome: 'started' });
    },
    poll(machine, runId) {
      const polled = world.poll(machine.key, runId);
      if (polled.state !== 'ended') return Promise.resolve(polled);
      const ended = world.history().findLast(({ commandId }) => commandId === runId)?.ended;
      return Promise.resolve({
        ...polled,
        endedAtMs: ended === undefined ? nowMs() : Date.parse(ended),
        hasTimedOut: polled.exitCode === timedOutCode,
      });
    },
    remove(machine, runId) {
      world.cleanup(machine.key, runId);
      return Promise.resolve();
    },
  };
}

/** Ids of the machines' resources, by machine id. */
export function arcResourceIds(world: WindowsWorld, subscriptionId: string): Readonly<Record<string, string>> {
  const ids = world.machines().flatMap(({ id, arc }) => {
    if (arc === undefined) return [];
    const group = `/subscriptions/${subscriptionId}/resourceGroups/${arc.resourceGroup}`;
    return [[id, `${group}/providers/Microsoft.HybridCompute/machines/${arc.name}`] as const];
  });
  return Object.fromEntries(ids);
}

function toArcMachine(machine: WindowsMachine): ArcMachine | undefined {
  const { arc, id, domain, computerName, osVersion } = machine;
  if (arc === undefined) return undefined;
  return {
    key: id,
    name: arc.name,
    location: arc.location,
    isConnected: arc.isConnected && isUp(machine),
    agentVersion: arc.agentVersion,
    osSku: 'Windows Server 2016 Datacenter',
    osVersion,
    fqdn: domain === undefined ? computerName : `${computerName}.${domain}`,
    blocksRunCommands: arc.isRunCommandBlocked,
  };
}

function refuse(message: string): Promise<{ readonly outcome: 'refused'; readonly message: string }> {
  return Promise.resolve({ outcome: 'refused', message });
}

function isSame(left: string | undefined, right: string): boolean {
  return left?.toLowerCase() === right.toLowerCase();
}
