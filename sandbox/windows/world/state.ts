import type { CommandFault, WaitingFault } from './faults.ts';
import type { SecretValue, StepMode, WorldParts } from './records.ts';

/** How a command gets to a machine. */
export type CommandTransport = 'ssh' | 'arc' | 'manual';

export interface NewCommand {
  readonly id: string;
  readonly script: string;
  /** base64url of JSON. */
  readonly invocation: string;
  /** Values that come with the command: sealed beside it over SSH, typed by a person where it is run by hand. */
  readonly secrets: Readonly<Record<string, SecretValue>>;
  readonly runAs?: { readonly username: string; readonly password: string } | undefined;
  readonly timeoutSeconds: number;
}

/** A command on a machine, from its start until it is cleaned up. */
export interface StoredCommand {
  readonly machineId: string;
  readonly id: string;
  readonly transport: CommandTransport;
  readonly script: string;
  readonly invocation: string;
  /** Forgotten when it ends. */
  secrets: Readonly<Record<string, SecretValue>>;
  readonly runAs?: string;
  readonly isElevated: boolean;
  readonly beginsMs: number;
  readonly timeoutMs: number;
  /**
   * `opening`: the launcher reads what it is asked. `working`: the step itself. `gone`: it ended without a trace of
   * how.
   */
  state: 'opening' | 'working' | 'ended' | 'gone';
  /** Known once it works. */
  work?: CommandWork;
  exitCode?: number;
  output: string;
  error: string;
}

export interface CommandWork {
  readonly step: string;
  readonly mode: StepMode;
  readonly targetId: string;
  readonly dueMs: number;
  /** `broken`: the machine behind went down, and with it the session to it. */
  readonly endsAs: 'done' | 'timeout' | 'death' | 'broken' | 'never';
  readonly fault?: CommandFault;
}

/**
 * What happened on the machines, for those who look afterwards: `ended` is missing while a command runs, and where it
 * died.
 */
export interface HistoryEntry {
  readonly commandId: string;
  /** Where it acted, and which machine was connected to. */
  readonly machine: string;
  readonly connectedTo: string;
  readonly transport: CommandTransport;
  readonly step: string;
  readonly mode: StepMode;
  readonly begun: string;
  ended?: string;
  changed?: boolean;
  ok?: boolean;
  code?: string;
}

/** All of it, as the state file has it. */
export interface WorldState extends WorldParts {
  commands: Record<string, StoredCommand>;
  history: HistoryEntry[];
  faults: WaitingFault[];
}

export function commandKey(machineId: string, id: string): string {
  return `${machineId}/${id}`;
}

export function isRunning({ state }: StoredCommand): boolean {
  return state === 'opening' || state === 'working';
}
