/** The activities of a remote step over one simulated machine: a test says what each command answers, and when. */
import type { RemoteCommandInput, RemoteStepInput } from '../../src/contracts/on-premises/remote-commands.ts';
import type { StepAnswer, StepMode } from '../../src/contracts/on-premises/remote-step.ts';
import type { Refusal } from '../../src/domain/failure.ts';
import type { ProblemCode } from '../../src/domain/problem-codes.ts';
import { runRemoteStep } from '../../src/orchestrations/on-premises/run-remote-step.ts';
import {
  ActivityFailed,
  begun,
  type OrchestrationRun,
  replayOrchestration,
  runOrchestration,
  type WaitedEvent,
} from './orchestration-driver.ts';

export interface Reply {
  readonly code?: StepAnswer['code'];
  readonly ok?: boolean;
  readonly changed?: boolean;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** The command cannot be started, or its answer cannot be had. */
  readonly fault?: { readonly at: 'start' | 'poll'; readonly name: ProblemCode };
  /** Looking at the command fails on every try, in ourselves and not on the machine. */
  readonly isLookBroken?: true;
  /** How long the command runs. */
  readonly seconds?: number;
  /** The machine has another command until that many seconds after the beginning. */
  readonly busyUntil?: number;
  /** Nobody reaches the machine until that many seconds after the beginning. */
  readonly awayUntil?: number;
  /** The command began, and nobody reaches the machine until that many seconds after the beginning. */
  readonly lostUntil?: number;
}

export interface StepWorldOptions {
  readonly stepId?: string;
  readonly action?: RemoteStepInput['action'];
  readonly always?: true;
  /** By command (`P4 apply`) what its runs answer, one after the other; the last answer counts for all further ones. */
  readonly replies: Readonly<Record<string, readonly Reply[]>>;
  readonly isManual?: boolean;
  /** A command that has not answered cannot be ended either. */
  readonly isEndRefused?: true;
  /** What is decided when people are asked. */
  readonly decision?: 'approved' | 'rejected' | 'canceled' | 'open';
  readonly raises?: (event: WaitedEvent) => number | undefined;
}

export interface StepRun extends OrchestrationRun {
  /** The commands that were started, in order. */
  readonly commands: readonly string[];
  readonly notes: readonly string[];
  /** Names of what people were asked. */
  readonly asked: readonly string[];
  /** Ids of commands that were ended because no answer came of them, and of those that were cleaned up. */
  readonly canceled: readonly string[];
  readonly cleaned: readonly string[];
  readonly ids: readonly string[];
  /** From the beginning to the end. */
  readonly seconds: number;
}

const operationId = `op-${'1'.repeat(32)}`;
export const done: Reply = { ok: true };
export const notDone: Reply = { code: 'notDone' };

/** Runs a step, runs its history again, and answers what happened to the machine. */
export function runStepOn(options: StepWorldOptions): StepRun {
  const {
    stepId = 'P8',
    action = 'ensure',
    replies,
    isManual = false,
    decision = 'approved',
    raises,
    always,
  } = options;
  const [commands, notes, asked, canceled, cleaned, ids]: string[][] = [[], [], [], [], [], []];
  const started = new Map<string, { readonly reply: Reply; readonly atMs: number }>();
  const machineMs = { now: begun };
  const input: RemoteStepInput = {
    operationId,
    key: `${operationId}-1-${stepId.toLowerCase()}-1`,
    shownAs: `${stepId}: shown`,
    machineId: 'nat-1',
    stepId,
    action,
    parameters: {},
    ...(always === undefined ? {} : { always }),
  };

  function replyTo(command: string): Reply {
    const all = replies[command] ?? [];
    const reply = all[Math.min(commands?.filter((other) => other === command).length ?? 0, all.length - 1)];
    if (reply === undefined) throw new Error(`The test has no answer to ${command}.`);
    return reply;
  }

  const activities = {
    startCommand: (command: RemoteCommandInput) => {
      const name = `${command.stepId} ${command.mode}`;
      const reply = replyTo(name);
      const elapsed = (machineMs.now - begun) / 1000;
      if (elapsed < (reply.busyUntil ?? 0)) return { outcome: 'busy', reason: 'It runs another.', seconds: 5 };
      if (elapsed < (reply.awayUntil ?? 0)) return refusal('unreachable');
      commands?.push(name);
      ids?.push(command.commandId);
      if (reply.fault?.at === 'start') return refusal(reply.fault.name);
      started.set(command.commandId, { reply, atMs: machineMs.now });
      return { outcome: 'started', handle: `h-${command.commandId}`, timeoutSeconds: 60, tries: 2, isManual };
    },
    pollCommand: ({ commandId, stepId: step, mode }: RemoteCommandInput) => {
      const { reply, atMs } = started.get(commandId) ?? {};
      if (reply === undefined || atMs === undefined) throw new Error(`${commandId} was never started`);
      if ((machineMs.now - begun) / 1000 < (reply.lostUntil ?? 0)) return refusal('unreachable');
      if ((machineMs.now - atMs) / 1000 < (reply.seconds ?? 1)) return { outcome: 'running' };
      if (reply.isLookBroken === true) throw new ActivityFailed('The tables do not answer.');
      if (reply.fault?.at === 'poll') return refusal(reply.fault.name);
      return { outcome: 'answered', answer: answerOf(step, mode, reply) };
    },
    cleanUpCommand: ({ commandId, hasAnswered }: { readonly commandId: string; readonly hasAnswered: boolean }) => {
      if (!hasAnswered && options.isEndRefused === true) return { isClean: false };
      if (!hasAnswered) canceled?.push(commandId);
      cleaned?.push(commandId);
      return { isClean: true };
    },
    noteStep: ({ detail }: { readonly detail: string }) => void notes?.push(detail),
    askApproval: ({ name }: { readonly name: string }) => {
      asked?.push(name);
      return { decision };
    },
  };
  const clocked = Object.fromEntries(
    Object.entries(activities).map(([name, act]) => [name, (given: never) => act(given) ?? null]),
  );
  const instanceId = input.key;
  const run = runOrchestration(
    function* (context) {
      // The machine's clock is the one that the orchestration waits by.
      const steps = runRemoteStep(context);
      let step = steps.next();
      while (step.done !== true) {
        machineMs.now = context.df.currentUtcDateTime.getTime();
        try {
          step = steps.next(yield step.value);
        } catch (error) {
          step = steps.throw(error);
        }
      }
      return step.value;
    },
    input,
    clocked,
    { instanceId, ...(raises === undefined ? {} : { raises }) },
  );
  const replayed = replayOrchestration(runRemoteStep, input, run.history, { instanceId });
  if (JSON.stringify(replayed) !== JSON.stringify(run)) {
    throw new Error('The history led to another end when run again.');
  }
  const seconds = (Date.parse(run.history.at(-1)?.at ?? '') - begun) / 1000;
  return {
    ...run,
    commands: commands ?? [],
    notes: notes ?? [],
    asked: asked ?? [],
    canceled: canceled ?? [],
    cleaned: cleaned ?? [],
    ids: ids ?? [],
    seconds,
  };
}

function refusal(code: ProblemCode): Refusal {
  return { outcome: 'refused', code, message: `It is ${code}.` };
}

function answerOf(step: string, mode: StepMode, reply: Reply): object {
  const { code = '', ok = code === '', changed = false, facts = {}, message } = reply;
  return { v: 1, step, mode, ok, changed, code, facts, ...(message === undefined ? {} : { message }) };
}
