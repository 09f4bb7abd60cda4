import { join } from 'node:path';
import type { ServiceHost } from '../../platform/service-host.ts';
import { openStateFile, type StateFile } from '../../platform/state-file.ts';
import { signInToMachine } from '../machine/accounts.ts';
import { isUp } from '../machine/model.ts';
import { dialIn, isNatUp, type VpnAttempt, type VpnClient } from '../machine/vpn.ts';
import { type CheckScript, type CommandContext, kill, scheduleCommand } from './commands.ts';
import { isCommandFault, windowsFaultSchema } from './faults.ts';
import { afflict, losePower, relieve, resumeMachines, settleMachines } from './power.ts';
import { type StepEmulator, type WindowsMachine, type World, worldDefinitionSchema } from './records.ts';
import type { ReadSecret } from './secrets.ts';
import {
  commandKey,
  type CommandTransport,
  type HistoryEntry,
  isRunning,
  type NewCommand,
  type StoredCommand,
  type WorldState,
} from './state.ts';

export type StartOutcome =
  | { readonly outcome: 'started' }
  | { readonly outcome: 'attached' }
  | {
      readonly outcome: 'refused';
      readonly code: 'Unreachable' | 'AuthFailed';
      readonly message: string;
    };

export type PollOutcome =
  | { readonly state: 'running' }
  | { readonly state: 'absent' }
  | {
      readonly state: 'ended';
      /** Undefined where the machine started again in the middle, or the command was canceled. */
      readonly exitCode?: number;
      readonly output: string;
      readonly error: string;
    };

export interface WorldOptions {
  /** What each step does, by its number. */
  readonly steps: Readonly<Record<string, StepEmulator>>;
  readonly checkScript: CheckScript;
  /** Reads a Key Vault secret as the machines' identity does. */
  readonly readSecret: ReadSecret;
}

/** Opens the world that is kept in the host's folder, or an empty one, and goes on with what was under way. */
export function openWorld(host: ServiceHost, options: WorldOptions): WindowsWorld {
  return new WindowsWorld(host, options);
}

/** The simulated machines: what transports, tests and the control API ask of them. State is kept after each change. */
export class WindowsWorld implements World {
  readonly #host: ServiceHost;
  readonly #file: StateFile<WorldState>;
  readonly #context: CommandContext;

  constructor(host: ServiceHost, options: WorldOptions) {
    this.#host = host;
    this.#file = openStateFile(join(host.directory, 'windows.json'), () => stateOf({ machines: [] }));
    const context: CommandContext = {
      host,
      state: this.#file.value,
      save: () => {
        this.#file.save();
      },
      world: this,
      ...options,
      settleMachines: () => {
        settleMachines(context);
      },
      losePower: (machine, backAfterSeconds) => {
        losePower(context, machine, backAfterSeconds);
      },
    };
    this.#context = context;
    for (const command of Object.values(context.state.commands)) scheduleCommand(context, command);
    resumeMachines(context);
  }

  get domains(): World['domains'] {
    return this.#state.domains;
  }

  get network(): World['network'] {
    return this.#state.network;
  }

  get connector(): World['connector'] {
    return this.#state.connector;
  }

  machines(): readonly WindowsMachine[] {
    return this.#state.machines;
  }

  machine(id: string): WindowsMachine | undefined {
    return this.#state.machines.find((each) => each.id === id);
  }

  /**
   * Replaces everything by a `WorldDefinition`; throws what is wrong with it. Commands, history and faults begin anew.
   */
  define(definition: unknown): void {
    Object.assign(this.#state, stateOf(definition));
    this.#file.save();
  }

  /** How a machine's network answers now. */
  reach(machineId: string): 'answers' | 'refuses' | 'silent' {
    const machine = this.machine(machineId);
    if (machine === undefined) return 'refuses';
    if (isUp(machine)) return 'answers';
    return machine.power === 'rebooting' && machine.offline === undefined ? 'refuses' : 'silent';
  }

  /** Begins a command, or finds the one of that id. */
  start(machineId: string, command: NewCommand, transport: CommandTransport): StartOutcome {
    const machine = this.machine(machineId);
    if (machine === undefined || !isUp(machine)) {
      return { outcome: 'refused', code: 'Unreachable', message: `${machineId} does not answer.` };
    }
    if (this.#command(machineId, command.id) !== undefined) return { outcome: 'attached' };
    const { runAs, timeoutSeconds, ...kept } = command;
    const signIn = runAs === undefined ? undefined : signInToMachine(this, machine, runAs);
    this.#file.save();
    if (signIn?.outcome === 'refused') return { outcome: 'refused', code: 'AuthFailed', message: signIn.message };
    const nowMs = this.#host.clock.nowMs();
    const stored: StoredCommand = {
      ...kept,
      machineId,
      transport,
      ...(runAs === undefined ? {} : { runAs: runAs.username }),
      isElevated: signIn?.isAdministrator ?? true,
      beginsMs: nowMs,
      timeoutMs: nowMs + timeoutSeconds * 1000,
      state: 'opening',
      output: '',
      error: '',
    };
    this.#state.commands[commandKey(machineId, command.id)] = stored;
    scheduleCommand(this.#context, stored);
    return { outcome: 'started' };
  }

  poll(machineId: string, id: string): PollOutcome {
    const command = this.#command(machineId, id);
    if (command === undefined) return { state: 'absent' };
    if (isRunning(command)) return { state: 'running' };
    const { exitCode, output, error } = command;
    return { state: 'ended', output, error, ...(exitCode === undefined ? {} : { exitCode }) };
  }

  /** Stops a command if it runs; it has ended without an exit code then. */
  cancel(machineId: string, id: string): void {
    const command = this.#command(machineId, id);
    if (command === undefined || !isRunning(command)) return;
    kill(this.#context, command);
    this.#file.save();
  }

  /** Removes what a command left; one that runs is stopped first. */
  cleanup(machineId: string, id: string): void {
    this.cancel(machineId, id);
    Reflect.deleteProperty(this.#state.commands, commandKey(machineId, id));
    this.#file.save();
  }

  /** Takes what `windowsFaultSchema` reads; throws what is wrong with it. */
  addFault(request: unknown): void {
    const { then, times, machine: machineId, ...where } = windowsFaultSchema.parse(request);
    const machine = this.machine(machineId);
    if (machine === undefined) throw new Error(`There is no machine ${machineId}.`);
    if (isCommandFault(then)) this.#state.faults.push({ machine: machineId, ...where, left: times, then });
    else afflict(this.#context, machine, then, times);
    this.#file.save();
  }

  clearFaults(): void {
    this.#state.faults = [];
    relieve(this.#context);
    this.#file.save();
  }

  /** What happened, oldest first. */
  history(): readonly HistoryEntry[] {
    return this.#state.history;
  }

  /** A VPN client dials in: connected, or the error code that Windows shows. */
  connectVpn(machineId: string, client: VpnClient): VpnAttempt {
    const machine = this.machine(machineId);
    if (machine === undefined) return { outcome: 'refused', code: 809 };
    const attempt = dialIn(machine, client, this.#host.clock.nowMs());
    this.#file.save();
    return attempt;
  }

  /** Everything that is, with what follows from the machines' state. Holds their passwords: testing only. */
  view(): object {
    const { domains, network, connector } = this.#state;
    const machines = this.#state.machines.map((machine) =>
      machine.remoteAccess === undefined ? machine : { ...machine, isNatUp: isNatUp(machine) },
    );
    return { machines, domains, network, connector };
  }

  flush(): void {
    this.#file.flush();
  }

  get #state(): WorldState {
    return this.#file.value;
  }

  #command(machineId: string, id: string): StoredCommand | undefined {
    return this.#state.commands[commandKey(machineId, id)];
  }
}

function stateOf(definition: unknown): WorldState {
  return { ...worldDefinitionSchema.parse(definition), commands: {}, history: [], faults: [] };
}
