import type { OrchestrationContext } from 'durable-functions';
import {
  cleanUpCommand,
  pollCommand,
  type RemoteCommandInput,
  type RemoteStepInput,
  startCommand,
} from '../../contracts/on-premises/remote-commands.ts';
import type { StepAnswer, StepMode } from '../../contracts/on-premises/remote-step.ts';
import type { Refusal } from '../../domain/failure.ts';
import { commandLookSeconds } from '../../domain/poll-pacing.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { waitForHint } from '../operations/wait-for-hint.ts';

/** A machine that restarts, or a network that blinks, is back by then. */
const awayMaxAtWorkMs = 20 * 60 * 1000;
/** Whoever only looks wants to hear soon that nobody is there. */
const awayMaxAtLookMs = 2 * 60 * 1000;
/** Another command on the machine ends by then: no step takes longer than an hour. */
const busyMaxMs = 6 * 3600 * 1000;
/** A command ends itself at its timeout; what has not answered so long after it never will. */
const graceMs = 2 * 60 * 1000;
const manualMaxMs = 7 * 24 * 3600 * 1000;
const manualLookSeconds = 3600;
const retrySeconds = 15;
/** Codes of starts that cannot have begun anything. */
const refusals: ReadonlySet<string> = new Set(['authFailed', 'precondition']);

export type CommandEnd = { readonly outcome: 'answered'; readonly answer: StepAnswer } | Refusal;

interface Started {
  readonly handle: string;
  readonly timeoutSeconds: number;
  readonly isManual: boolean;
}

type Note = (detail: string) => Steps<unknown>;

/** How long a machine that nobody reaches is waited for. */
export function awayMaxMs({ action }: Pick<RemoteStepInput, 'action'>): number {
  return action === 'probe' ? awayMaxAtLookMs : awayMaxAtWorkMs;
}

/**
 * Runs one mode of a step on its machine: start, look until it has ended, clean up. A machine that nobody reaches, or
 * that another command has, is waited for; everything else that goes wrong is answered. Whatever the end is, the
 * machine is given back, or given up where the command may still be at work and cannot be ended.
 */
export function* runCommand(
  context: OrchestrationContext,
  step: RemoteStepInput,
  mode: StepMode,
  label: string,
  note: Note,
): Steps<CommandEnd> {
  const { key, action: _wish, shownAs: _shownAs, ...rest } = step;
  const commandId = `${key}-${mode}-${label}`;
  const command = {
    ...rest,
    commandId,
    mode,
    instanceId: context.df.instanceId,
    eventName: `answered-${mode}-${label}`,
  };
  try {
    const started = yield* start(context, command, awayMaxMs(step), note);
    if ('refusal' in started) {
      if (started.mayBeThere) yield* cleanUp(context, command, commandId, false);
      return started.refusal;
    }
    const end = yield* untilAnswered(context, command, started);
    yield* cleanUp(context, command, started.handle, end.outcome === 'answered');
    return end;
  } catch (error) {
    // An activity failed on every try: the command may be at work, and the next on the machine has to know.
    yield* cleanUp(context, command, commandId, false);
    throw error;
  }
}

interface NotStarted {
  readonly refusal: Refusal;
  /**
   * Something of the command may be on the machine. Nobody knocks again with what was refused, unless an earlier try
   * may have begun it.
   */
  readonly mayBeThere: boolean;
}

function* start(
  context: OrchestrationContext,
  command: RemoteCommandInput,
  maxMs: number,
  note: Note,
): Steps<Started | NotStarted> {
  const begun = context.df.currentUtcDateTime.getTime();
  let mayHaveBegun = false;
  let said = '';
  for (;;) {
    const answer = yield* callActivity(context, startCommand, {
      ...command,
      ...(mayHaveBegun ? { mayHaveBegun } : {}),
    });
    if (answer.outcome === 'refused' && !refusals.has(answer.code)) mayHaveBegun = true;
    if (answer.outcome === 'started') {
      return { handle: answer.handle, timeoutSeconds: answer.timeoutSeconds, isManual: answer.isManual };
    }
    const waitedMs = context.df.currentUtcDateTime.getTime() - begun;
    const isWaitedFor =
      answer.outcome === 'busy' ? waitedMs < busyMaxMs : answer.code === 'unreachable' && waitedMs < maxMs;
    if (!isWaitedFor) {
      return answer.outcome === 'refused'
        ? { refusal: answer, mayBeThere: mayHaveBegun }
        : { refusal: tooBusy(answer.reason), mayBeThere: true };
    }
    const reason = answer.outcome === 'busy' ? answer.reason : answer.message;
    if (reason !== said) yield* note(reason);
    said = reason;
    yield* waitSeconds(context, answer.outcome === 'busy' ? Math.max(answer.seconds, 1) : retrySeconds);
  }
}

function tooBusy(reason: string): Refusal {
  return { outcome: 'refused', code: 'timedOut', message: `The machine was not free for six hours: ${reason}` };
}

function* untilAnswered(
  context: OrchestrationContext,
  command: RemoteCommandInput,
  { handle, timeoutSeconds, isManual }: Started,
): Steps<CommandEnd> {
  const { commandId, machineId, operationId, stepId, mode, always } = command;
  const secretFacts = command.secretFacts === undefined ? {} : { secretFacts: command.secretFacts };
  const look = {
    commandId,
    machineId,
    operationId,
    handle,
    stepId,
    mode,
    ...secretFacts,
    ...(always === true ? { always } : {}),
  };
  const begun = context.df.currentUtcDateTime.getTime();
  const endMs = begun + (isManual ? manualMaxMs : timeoutSeconds * 1000 + graceMs);
  let reachedMs = begun;
  for (;;) {
    const elapsedMs = context.df.currentUtcDateTime.getTime() - begun;
    if (isManual) yield* waitForHint(context, command.eventName, manualLookSeconds);
    else yield* waitSeconds(context, commandLookSeconds(elapsedMs / 1000));
    const seen = yield* callActivity(context, pollCommand, look);
    const nowMs = context.df.currentUtcDateTime.getTime();
    if (seen.outcome === 'answered') return seen;
    const isAway = seen.outcome === 'refused' && seen.code === 'unreachable';
    if (!isAway) reachedMs = nowMs;
    if (seen.outcome === 'refused' && (!isAway || nowMs - reachedMs > awayMaxAtWorkMs)) return seen;
    // Of a machine that is away nobody knows whether the command has ended: its answer is taken when it is back.
    if (!isAway && nowMs > endMs) {
      return {
        outcome: 'refused',
        code: 'timedOut',
        message: `No answer in ${Math.round((nowMs - begun) / 60_000)} minutes.`,
      };
    }
  }
}

/** Never fails a step: on a machine that is away now the next command ends what this one has left there. */
function* cleanUp(
  context: OrchestrationContext,
  { commandId, machineId }: RemoteCommandInput,
  handle: string,
  hasAnswered: boolean,
): Steps<void> {
  const left = { commandId, machineId, handle, hasAnswered };
  try {
    for (let tries = 0; tries < 5; tries += 1) {
      const { isClean } = yield* callActivity(context, cleanUpCommand, left);
      if (isClean) return;
      yield* waitSeconds(context, retrySeconds);
    }
  } catch {
    // The tables do not answer: the claim on the machine is taken over when this attempt has ended.
  }
}
