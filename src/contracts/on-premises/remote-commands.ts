import type { Refusal } from '../../domain/failure.ts';
import { activityReference } from '../operations/activity.ts';
import type { StepAnswer, StepMode } from './remote-step.ts';

export const runRemoteStepName = 'runRemoteStep';

/**
 * What is to become of a step: done (looked at, applied where needed, looked at again), only looked at, or taken back.
 */
export type StepAction = 'ensure' | 'probe' | 'undo';

/** One step on one machine, run by an instance of its own so that no history grows long. */
export interface RemoteStepInput {
  readonly operationId: string;
  /** Names the step's instance and commands: `<operation>-<attempt>-<something>`, `[a-z0-9-]`, at most 80. */
  readonly key: string;
  /** The operation's step that shows how it goes. */
  readonly shownAs: string;
  readonly machineId: string;
  readonly stepId: string;
  readonly action: StepAction;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names of Key Vault secrets by parameter. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Name of the secret with the account that the step runs as. */
  readonly runAs?: string;
  /** Goes on though the operation was canceled: what has to be put right again. */
  readonly always?: true;
  /** Under which name Key Vault keeps a fact that nothing else may hold. */
  readonly secretFacts?: Readonly<Record<string, string>>;
}

export type RemoteFacts = Readonly<Record<string, unknown>>;

export type RemoteStepResult<Facts = RemoteFacts> =
  | { readonly outcome: 'done'; readonly changed: boolean; readonly facts: Facts; readonly message?: string }
  /** Only when it was just looked at. */
  | { readonly outcome: 'notDone'; readonly facts: Facts; readonly message?: string }
  | (Refusal & { readonly facts?: RemoteFacts });

/** One command: one mode of one step on one machine. */
export interface RemoteCommandInput extends Omit<RemoteStepInput, 'key' | 'action' | 'shownAs'> {
  /** `<key>-<mode>-<try>`; the same id again is the same command. */
  readonly commandId: string;
  readonly mode: StepMode;
  /** An earlier try to start it ended on the way: it may be at work. */
  readonly mayHaveBegun?: true;
  /** Who waits for the answer, and the event that tells it of one that a person gave. */
  readonly instanceId: string;
  readonly eventName: string;
}

/**
 * Starts a command, or finds the one of that id. `busy`: another command is on the machine, or the way there is
 * throttled. Refuses parameters that the step's contract does not allow before anything leaves the application.
 */
export const startCommand = activityReference<
  RemoteCommandInput,
  | {
      readonly outcome: 'started';
      readonly handle: string;
      readonly timeoutSeconds: number;
      readonly tries: number;
      readonly isManual: boolean;
    }
  | { readonly outcome: 'busy'; readonly reason: string; readonly seconds: number }
  | Refusal
>('startCommand');

interface RunningCommand {
  readonly commandId: string;
  readonly machineId: string;
  readonly handle: string;
}

/** Looks at a command. When it has answered, facts that are secret are in Key Vault and no longer in the answer. */
export const pollCommand = activityReference<
  RunningCommand & Pick<RemoteCommandInput, 'operationId' | 'stepId' | 'mode' | 'secretFacts' | 'always'>,
  { readonly outcome: 'running' } | { readonly outcome: 'answered'; readonly answer: StepAnswer } | Refusal
>('pollCommand');

/**
 * Removes what a command left on the machine and gives the machine to the next. A command that has not answered may
 * still be at work: it is ended first, and as long as that cannot be done nobody else gets the machine. False: try
 * again, the machine is away.
 */
export const cleanUpCommand = activityReference<
  RunningCommand & { readonly hasAnswered: boolean },
  { readonly isClean: boolean }
>('cleanUpCommand');

/**
 * Ends what a step's instance that came to no end of its own has left on its machine, and gives that to the next: the
 * step died, or somebody ended it by hand. False: the machine is away, and is given up meanwhile; try again.
 */
export const abandonStep = activityReference<
  Pick<RemoteStepInput, 'key' | 'machineId' | 'operationId'>,
  { readonly isClean: boolean }
>('abandonStep');
