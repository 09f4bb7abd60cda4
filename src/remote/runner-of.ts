import type { Machine, Transport } from '../domain/machine.ts';
import type { RemoteRunner } from '../ports/remote-runner.ts';

/** The ways to machines, and which of them goes to this one. */
export interface Runners {
  of(machine: Machine): RemoteRunner;
}

/** A machine that is reached `via` another has no way of its own: whoever asks names the machine in between. */
export function createRunners(runners: Readonly<Record<Transport, RemoteRunner>>): Runners {
  return {
    of: (machine) => runners[transportOf(machine)],
  };
}

function transportOf({ id, ssh, arc, manual }: Machine): Transport {
  if (ssh !== undefined) return 'ssh';
  if (arc !== undefined) return 'arc';
  if (manual === true) return 'manual';
  throw new Error(`Machine ${id} is reached through another one.`);
}
