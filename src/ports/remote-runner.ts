import type { Refusal } from '../domain/failure.ts';
import type { Machine } from '../domain/machine.ts';
import type { SecretReference } from '../domain/secret-uses.ts';

/** Classes of what goes wrong on the way to a machine: what to do next depends on nothing else. */
export type RemoteFault =
  /** Nobody answers: try again later. */
  | 'unreachable'
  /** The machine, or Azure, does not let us in: never tried again by itself, because accounts lock. */
  | 'authFailed'
  /** The machine cannot take commands as it is (agent too old, commands blocked, shell missing). */
  | 'precondition'
  | 'toolFailed'
  | 'timedOut';

/** `message` is for people: never a secret, never text of a machine that was given one. */
export interface RemoteRefusal extends Refusal {
  readonly code: RemoteFault;
}

/** One run of one script on one machine. */
export interface RemoteCommand {
  /** `[a-z0-9-]{1,90}`. The same id again is the same command: a start that finds it attaches to it. */
  readonly id: string;
  /** The machine that is connected to; never one that is reached `via` another. */
  readonly machine: Machine;
  /** Fixed text of the application, ASCII. */
  readonly script: string;
  /** What the script is to do: base64url of UTF-8 JSON, without secrets. */
  readonly invocation: string;
  /** By name in the script: which Key Vault secret, and what it is used for. */
  readonly secrets: Readonly<Record<string, SecretReference>>;
  /** Secret with the account that the script runs as, where that is not the connection's own. */
  readonly runAs?: string;
  readonly timeoutSeconds: number;
}

export type RemoteStart =
  | { readonly outcome: 'started'; readonly handle: string }
  /** The way is throttled or taken: start again after that time. */
  | { readonly outcome: 'busy'; readonly reason: string; readonly retryAfterSeconds: number }
  | RemoteRefusal;

export type RemotePoll =
  | { readonly outcome: 'running' }
  /** `exitCode` is undefined where the way does not tell one. `output` is standard output, at most its last 1 MiB. */
  | {
      readonly outcome: 'ended';
      readonly exitCode: number | undefined;
      readonly output: string;
      readonly error: string;
    }
  | RemoteRefusal;

/** How ending a command, or removing what it left, went. `busy`: not yet, ask again after that time. */
export type RemoteRemoval =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'busy'; readonly reason: string; readonly retryAfterSeconds: number }
  | RemoteRefusal;

/**
 * A way to run scripts on machines. Each call is short; nobody waits inside. `handle` goes into histories: it holds no
 * secret. Every call may be repeated: `start` attaches, `cancel` and `cleanup` of something that is gone succeed.
 */
export interface RemoteRunner {
  start(command: RemoteCommand): Promise<RemoteStart>;
  poll(machine: Machine, handle: string): Promise<RemotePoll>;
  /** Stops the command if it still runs; a later poll says that it ended or is not there. */
  cancel(machine: Machine, handle: string): Promise<RemoteRemoval>;
  /** Removes what the command left behind on the machine, once its result is stored. */
  cleanup(machine: Machine, handle: string): Promise<RemoteRemoval>;
}
