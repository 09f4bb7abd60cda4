/** Machines behind Arc that note what they are given and do nothing: a test ends their runs. */
import type {
  BlobOutput,
  HybridMachine,
  HybridMachines,
  MachineRun,
  RunState,
} from '../../../sandbox/arm/hybrid-compute/hybrid-machines.ts';

export interface RecordingMachines extends HybridMachines {
  /** The one machine, `HOST1` in the group `onprem`; changed in place. */
  machine: HybridMachine;
  readonly started: MachineRun[];
  /** By run id. */
  readonly runs: Map<string, RunState>;
  readonly removed: string[];
  readonly blobs: BlobOutput[];
  refusal: string | undefined;
  blobProblem: string | undefined;
}

export function createRecordingMachines(): RecordingMachines {
  const machines: RecordingMachines = {
    machine: {
      key: 'azs-host1',
      name: 'HOST1',
      location: 'westeurope',
      isConnected: true,
      agentVersion: '1.52.02939.2221',
      osSku: 'Windows Server 2016 Datacenter',
      osVersion: '10.0.14393.7254',
      fqdn: 'host1.azurestack.local',
      blocksRunCommands: false,
    },
    started: [],
    runs: new Map(),
    removed: [],
    blobs: [],
    refusal: undefined,
    blobProblem: undefined,
    find: (group, name) =>
      group.toLowerCase() === 'onprem' && name.toLowerCase() === 'host1' ? machines.machine : undefined,
    start(_machine, run) {
      if (machines.refusal !== undefined) {
        return Promise.resolve({ outcome: 'refused', message: machines.refusal });
      }
      machines.started.push(run);
      machines.runs.set(run.id, { state: 'running' });
      return Promise.resolve({ outcome: 'started' });
    },
    poll: (_machine, runId) => Promise.resolve(machines.runs.get(runId) ?? { state: 'absent' }),
    remove(_machine, runId) {
      machines.removed.push(runId);
      machines.runs.delete(runId);
      return Promise.resolve();
    },
    writeBlob(blob) {
      if (machines.blobProblem !== undefined) return Promise.reject(new Error(machines.blobProblem));
      machines.blobs.push(blob);
      return Promise.resolve();
    },
  };
  return machines;
}
