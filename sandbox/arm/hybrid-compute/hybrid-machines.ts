/** What Arc asks of the machines that it knows; named here so that ARM can be tried without them. */
export interface HybridMachines {
  /** Names are compared without case; undefined when no such machine is registered. */
  find(resourceGroup: string, name: string): HybridMachine | undefined;
  /** Begins a run, or finds the one of that id. `refused` is what the machine says instead of beginning it. */
  start(machine: HybridMachine, run: MachineRun): Promise<RunStart>;
  poll(machine: HybridMachine, runId: string): Promise<RunState>;
  /** Ends a run and removes what it left; one that is not there is success. */
  remove(machine: HybridMachine, runId: string): Promise<void>;
  /**
   * Writes a stream's text to its append blob, over what was there. Throws with the words that the agent would report.
   */
  writeBlob(blob: BlobOutput): Promise<void>;
}

export interface HybridMachine {
  /** The machine's id in its own world. */
  readonly key: string;
  readonly name: string;
  readonly location: string;
  readonly isConnected: boolean;
  readonly agentVersion: string;
  readonly osSku: string;
  readonly osVersion: string;
  readonly fqdn: string;
  /** Its owner has put the run command handler on the agent's list of blocked extensions. */
  readonly blocksRunCommands: boolean;
}

export interface MachineRun {
  readonly id: string;
  readonly script: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** SYSTEM unless given. */
  readonly runAs?: { readonly username: string; readonly password: string };
  readonly timeoutSeconds: number;
}

export type RunStart = { readonly outcome: 'started' } | { readonly outcome: 'refused'; readonly message: string };

export type RunState =
  | { readonly state: 'running' }
  | { readonly state: 'absent' }
  | {
      readonly state: 'ended';
      /** Undefined when the machine started again in the middle. */
      readonly exitCode?: number;
      readonly output: string;
      readonly error: string;
      readonly endedAtMs: number;
      readonly hasTimedOut: boolean;
    };

export interface BlobOutput {
  readonly url: string;
  readonly text: string;
  /** Whether the machine's own identity is to be used; else the URL has to carry a signature. */
  readonly byIdentity: boolean;
}

/** A subscription to which nobody has connected a machine. */
export const noMachines: HybridMachines = {
  find: () => undefined,
  start: () => Promise.resolve({ outcome: 'refused', message: 'There is no such machine.' }),
  poll: () => Promise.resolve({ state: 'absent' }),
  remove: () => Promise.resolve(),
  writeBlob: () => Promise.resolve(),
};
