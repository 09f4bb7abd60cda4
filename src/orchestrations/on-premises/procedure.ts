import type { OrchestrationContext, Task } from 'durable-functions';
import { releaseLock, takeLock } from '../../contracts/operations/locks.ts';
import { beginStep, closeStep, endStep, failStep, noteStep } from '../../contracts/operations/steps.ts';
import {
  finishOnPremises,
  shownStep,
  type OnPremisesEnd,
  type OnPremisesInput,
} from '../../contracts/on-premises/on-premises.ts';
import {
  abandonStep,
  remoteStepName,
  type RemoteFacts,
  type RemoteStepInput,
  type RemoteStepResult,
} from '../../contracts/on-premises/remote-commands.ts';
import type { RemoteStepContract } from '../../contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../contracts/on-premises/step-table.ts';
import { askPeople } from '../operations/ask-people.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import { nextLookSeconds } from '../../domain/poll-pacing.ts';
import { callActivity, waitSeconds, type Steps } from '../operations/call-activity.ts';
import { failureWords } from './failure-words.ts';

const lockLookSeconds = 30;
const abandonTries = 5;
const abandonSeconds = 15;

/** Which operation a procedure runs, and what the instances of its steps are called. */
export interface Procedure {
  readonly operationId: string;
  /** A name that this procedure has not given before, the same again on every replay: `[a-z0-9-]`. */
  readonly nextKey: (stepId: string) => string;
  readonly attempt: number;
}

/** `branch` tells apart the parts of one operation that run side by side. */
export function createProcedure(
  { operationId, attempt }: { readonly operationId: string; readonly attempt: number },
  branch = '',
): Procedure {
  let count = 0;
  return {
    operationId,
    attempt,
    nextKey: (stepId) => {
      count += 1;
      return `${operationId}-${attempt}-${branch}${stepId.toLowerCase()}-${count}`;
    },
  };
}

/** A step of a procedure that does not go on: thrown through the procedure's own code, caught where it ends. */
export class ProcedureStopped extends Error {
  readonly end: Exclude<OnPremisesEnd, { readonly status: 'succeeded' }>;

  constructor(end: ProcedureStopped['end']) {
    super(end.status);
    this.name = 'ProcedureStopped';
    this.end = end;
  }
}

export function stopped(step: string, code: ProblemCode, message: string): ProcedureStopped {
  return new ProcedureStopped({ status: 'failed', step, code, message });
}

/** One remote step as a procedure asks for it. */
export interface StepRequest {
  readonly step: Pick<RemoteStepContract, 'id' | 'title'>;
  /** Whose script runs, where that is not the step that is shown. */
  readonly script?: string;
  readonly machineId: string;
  /** Named in the operation's step where one step runs at several places. */
  readonly where?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly action?: RemoteStepInput['action'];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly runAs?: string;
  readonly secretFacts?: Readonly<Record<string, string>>;
  /** Runs even when the operation was canceled: what has to be put right again. */
  readonly always?: true;
}

export interface StepDone {
  readonly changed: boolean;
  readonly isDone: boolean;
  readonly facts: RemoteFacts;
}

/** Runs a procedure to its end and records that, whatever happens on the way. */
export function* runProcedure(
  context: OrchestrationContext,
  tell: (procedure: Procedure, target: string) => Steps<unknown>,
): Steps<OnPremisesEnd> {
  const input = context.df.getInput<OnPremisesInput>();
  const end = yield* endOf(tell(createProcedure(input), input.target));
  yield* callActivity(context, finishOnPremises, { ...input, end });
  return end;
}

export function* endOf(procedure: Steps<unknown>): Steps<OnPremisesEnd> {
  try {
    const result = yield* procedure;
    return result === undefined ? { status: 'succeeded' } : { status: 'succeeded', result };
  } catch (error) {
    if (error instanceof ProcedureStopped) return error.end;
    // An activity that failed on every try: what is to be put right after it still has to be.
    return {
      status: 'failed',
      step: '',
      code: 'toolFailed',
      message: failureWords(error),
    };
  }
}

/** Runs a step that has to succeed; the procedure stops where it does not. */
export function* must(context: OrchestrationContext, procedure: Procedure, request: StepRequest): Steps<StepDone> {
  const { operationId } = procedure;
  const step = shownStep(request.step, request.where);
  yield* begin(context, procedure, step, request.always);
  const result = yield* runStep(context, procedure, request);
  if (result.outcome === 'refused') return yield* fail(context, procedure, step, result);
  if (request.action === 'undo') yield* callActivity(context, closeStep, { operationId, step, status: 'undone' });
  else yield* callActivity(context, endStep, { operationId, step, ...detailOf(result, request) });
  return {
    changed: result.outcome === 'done' && result.changed,
    isDone: result.outcome === 'done',
    facts: result.facts,
  };
}

/** Looks at what was done before; the procedure stops where it is not so, in these words. */
export function* mustHold(
  context: OrchestrationContext,
  procedure: Procedure,
  request: StepRequest,
  words: string,
): Steps<void> {
  const { operationId } = procedure;
  const step = shownStep(request.step, request.where);
  yield* begin(context, procedure, step);
  const result = yield* runStep(context, procedure, { ...request, action: 'probe' });
  if (result.outcome === 'refused') return yield* fail(context, procedure, step, result);
  if (result.outcome === 'notDone') {
    const message = result.message === undefined ? words : `${words} ${result.message}`;
    return yield* fail(context, procedure, step, { code: 'verifyFailed', message });
  }
  yield* callActivity(context, endStep, { operationId, step, ...detailOf(result, request) });
}

/** Looks whether a step is done already, before people are asked for it. Credentials that were refused are not tried again. */
export function* isDoneAlready(
  context: OrchestrationContext,
  procedure: Procedure,
  request: StepRequest,
): Steps<boolean> {
  const seen = yield* runStep(context, procedure, { ...request, action: 'probe' });
  if (seen.outcome === 'refused' && seen.code === 'authFailed')
    return yield* fail(context, procedure, shownStep(request.step, request.where), seen);
  return seen.outcome === 'done';
}

/** Notes why a step failed, and stops the procedure. */
export function* fail(
  context: OrchestrationContext,
  { operationId }: Procedure,
  step: string,
  { code, message }: { readonly code: ProblemCode; readonly message: string },
): Steps<never> {
  yield* callActivity(context, failStep, { operationId, step, code, detail: `${code}: ${message}` });
  throw stopped(step, code, message);
}

function detailOf(result: RemoteStepResult, { step, script }: StepRequest): { detail?: string } {
  if (result.outcome === 'refused') return {};
  if (result.message !== undefined) return { detail: result.message };
  const couldChange = findRemoteStep(script ?? step.id)?.modes.includes('apply') === true;
  return result.outcome === 'done' && !result.changed && couldChange ? { detail: 'Already in the desired state.' } : {};
}

/** Runs a step and answers how it went; nothing is noted of it. The procedure stops where it was canceled meanwhile. */
export function* runStep(
  context: OrchestrationContext,
  procedure: Procedure,
  request: StepRequest,
): Steps<RemoteStepResult> {
  const result = yield* endOfStep(context, procedure, request);
  if (result.outcome === 'refused' && result.code === 'canceled') throw new ProcedureStopped({ status: 'canceled' });
  return result;
}

function* endOfStep(
  context: OrchestrationContext,
  procedure: Procedure,
  request: StepRequest,
): Steps<RemoteStepResult> {
  const input = inputOf(procedure, request);
  try {
    return (yield context.df.callSubOrchestrator(remoteStepName, input, input.key)) as RemoteStepResult;
  } catch (error) {
    // An instance that died, or was ended by somebody: it gave its machine back to nobody.
    yield* abandon(context, input);
    return { outcome: 'refused', code: 'toolFailed', message: `The step did not finish: ${failureWords(error)}` };
  }
}

/** Tidiness only: what is away now is looked at when the operation is resumed, and the claim on it ends with the operation. */
function* abandon(context: OrchestrationContext, { operationId, key, machineId }: RemoteStepInput): Steps<void> {
  try {
    for (let tries = 0; tries < abandonTries; tries += 1) {
      const { isClean } = yield* callActivity(context, abandonStep, { operationId, key, machineId });
      if (isClean) return;
      yield* waitSeconds(context, abandonSeconds);
    }
  } catch {
    // Why the step came to no end is what is told.
  }
}

/** The step as a task, for several side by side. */
export function startStep(context: OrchestrationContext, procedure: Procedure, request: StepRequest): Task {
  const input = inputOf(procedure, request);
  return context.df.callSubOrchestrator(remoteStepName, input, input.key);
}

function inputOf(procedure: Procedure, request: StepRequest): RemoteStepInput {
  const {
    step,
    script,
    machineId,
    where,
    parameters,
    action = 'ensure',
    secrets,
    runAs,
    secretFacts,
    always,
  } = request;
  return {
    operationId: procedure.operationId,
    key: procedure.nextKey(step.id),
    shownAs: shownStep(step, where),
    machineId,
    stepId: script ?? step.id,
    action,
    parameters,
    ...(secrets === undefined ? {} : { secrets }),
    ...(runAs === undefined ? {} : { runAs }),
    ...(secretFacts === undefined ? {} : { secretFacts }),
    ...(always === undefined ? {} : { always }),
  };
}

/** Notes that a step begins; stops the procedure when its operation was canceled, unless the step has to be. */
export function* begin(
  context: OrchestrationContext,
  { operationId }: Procedure,
  step: string,
  always?: true,
): Steps<void> {
  const { cancelRequested } = yield* callActivity(context, beginStep, { operationId, step });
  if (cancelRequested && always !== true) throw new ProcedureStopped({ status: 'canceled' });
}

export function* skip(
  context: OrchestrationContext,
  { operationId }: Procedure,
  step: string,
  detail: string,
): Steps<void> {
  yield* callActivity(context, closeStep, { operationId, step, status: 'skipped', detail });
}

/** A step that people decide. The procedure stops where they reject it, or nobody decides. */
export function* gate(
  context: OrchestrationContext,
  procedure: Procedure,
  question: { readonly step: string; readonly name: string; readonly detail: string; readonly days: number },
): Steps<void> {
  const { operationId } = procedure;
  const { step, name, detail, days } = question;
  yield* begin(context, procedure, step);
  const answer = yield* askPeople(context, { operationId, name, detail, days });
  if (answer === 'canceled') throw new ProcedureStopped({ status: 'canceled' });
  if (answer !== 'approved') {
    const message = `It was ${answer}.`;
    yield* callActivity(context, failStep, { operationId, step, code: 'notApproved', detail: message });
    throw stopped(step, 'notApproved', message);
  }
  yield* callActivity(context, endStep, { operationId, step, detail: 'Approved.' });
}

/** Does the work and then, whatever came of it, what puts things right again. Says both failures where there are two. */
export function* compensated(work: Steps<unknown>, compensate: () => Steps<unknown>): Steps<void> {
  const end = yield* endOf(work);
  const restored = yield* endOf(compensate());
  if (restored.status === 'failed' && end.status === 'failed') {
    throw stopped(
      end.step,
      end.code,
      `${end.message} And ${restored.step} failed: ${restored.code}: ${restored.message}`,
    );
  }
  if (restored.status !== 'succeeded') throw new ProcedureStopped(restored);
  if (end.status !== 'succeeded') throw new ProcedureStopped(end);
}

/** Runs work under a lock that another procedure may have; waits for it as long as that one takes, which may be people's days. */
export function* locked(
  context: OrchestrationContext,
  procedure: Procedure,
  { lock, step }: { readonly lock: string; readonly step: string },
  work: () => Steps<unknown>,
): Steps<void> {
  const { operationId } = procedure;
  for (let looks = 0; ; looks += 1) {
    const taken = yield* callActivity(context, takeLock, { lock, operationId });
    if (taken.outcome === 'taken') break;
    yield* begin(context, procedure, step);
    const detail = `Waits for operation ${taken.by}, which is at work there.`;
    yield* callActivity(context, noteStep, { operationId, step, detail });
    yield* waitSeconds(context, nextLookSeconds(lockLookSeconds, looks));
  }
  try {
    yield* work();
  } finally {
    yield* callActivity(context, releaseLock, { lock, operationId });
  }
}
