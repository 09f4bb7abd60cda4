/** What the ways to machines ask of them; named here so that the ways can be tried without the world. */
export interface CommandWorld {
  /** Ids of the machines that have an SSH server. */
  sshMachines(): readonly string[];
  /** Keys that a machine lets in, a line of an authorized_keys file each; none named is the visitor's alone. */
  authorizedKeys(machineId: string): readonly string[];
  /** How the network answers for this machine now. */
  reach(machineId: string): Reach;
  /** Begins a command, or finds the one of that id. `refused` is what Windows says instead of beginning it. */
  start(machineId: string, command: SshCommand): Promise<StartOutcome>;
  poll(machineId: string, id: string): Promise<PollOutcome>;
  /** Stops the command if it runs; one that is not there is success. */
  cancel(machineId: string, id: string): Promise<void>;
  /** Removes what the command left; one that is not there is success. */
  cleanup(machineId: string, id: string): Promise<void>;
}

/** A machine answers, or its network refuses connections at once, or swallows them. */
export type Reach = 'answers' | 'refuses' | 'silent';

export type SecretValue = string | { readonly username: string; readonly password: string };

export interface SshCommand {
  readonly id: string;
  readonly script: string;
  /** base64url of JSON. */
  readonly invocation: string;
  readonly secrets: Readonly<Record<string, SecretValue>>;
  readonly runAs?: { readonly username: string; readonly password: string } | undefined;
  readonly timeoutSeconds: number;
}

export type StartOutcome =
  | { readonly outcome: 'started' }
  | { readonly outcome: 'attached' }
  | { readonly outcome: 'refused'; readonly code: 'AuthFailed' | 'ToolFailed'; readonly message: string };

export type PollOutcome =
  | { readonly state: 'running' }
  | { readonly state: 'absent' }
  | {
      readonly state: 'ended';
      /** Undefined when the machine started again in the middle, or the command was canceled. */
      readonly exitCode?: number;
      readonly output: string;
      readonly error: string;
    };

/** What is wrong with a script, as the check over all scripts finds it. */
export interface ScriptFinding {
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

export type CheckScript = (text: string) => readonly ScriptFinding[] | Promise<readonly ScriptFinding[]>;
