import type { WindowsWorld } from '../world/world.ts';
import type { CommandWorld, StartOutcome } from './command-world.ts';

/** The world as the SSH front sees it. */
export function toCommandWorld(world: WindowsWorld): CommandWorld {
  return {
    sshMachines: () => world.machines().flatMap(({ id, ssh }) => (ssh === undefined ? [] : [id])),
    authorizedKeys: (machineId) => world.machine(machineId)?.ssh?.authorizedKeys ?? [],
    reach: (machineId) => world.reach(machineId),
    start: (machineId, command) => Promise.resolve(toOutcome(world.start(machineId, command, 'ssh'))),
    poll: (machineId, id) => Promise.resolve(world.poll(machineId, id)),
    cancel(machineId, id) {
      world.cancel(machineId, id);
      return Promise.resolve();
    },
    cleanup(machineId, id) {
      world.cleanup(machineId, id);
      return Promise.resolve();
    },
  };
}

/** Windows tells the start script why it does not let an account in by a number (facts of Register-ScheduledTask). */
function toOutcome(started: ReturnType<WindowsWorld['start']>): StartOutcome {
  if (started.outcome !== 'refused') return started;
  return started.code === 'AuthFailed'
    ? { outcome: 'refused', code: 'AuthFailed', message: 'HRESULT 0x8007052e,Register-ScheduledTask' }
    : { outcome: 'refused', code: 'ToolFailed', message: started.message };
}
