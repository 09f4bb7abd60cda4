import type { OrchestrationContext, Task } from 'durable-functions';
import { beginStep, endStep, noteStep } from '../../contracts/gateways/build-gateway.ts';
import {
  finishOnPremises,
  shownStep,
  type OnPremisesEnd,
  type OnPremisesInput,
} from '../../contracts/on-premises/on-premises.ts';
import {
  abandonStep,
  closeStep,
  failStep,
  remoteStepName,
  type RemoteFacts,
  type RemoteStepInput,
  type RemoteStepResult,
} from '../../contracts/on-premises/remote-commands.ts';
import type { RemoteStepContract } from '../../contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../contracts/on-premises/step-table.ts';
import { askPeople } from '../operations/ask-people.ts';
import { releaseLock, takeLock } from '../../contracts/on-premises/connectors.ts';
import { nextLookSeconds } from '../../domain/poll-pacing.ts';
import { callActivity, waitSeconds, type Steps } from '../operations/call-activity.ts';
import { failureWords } from './failure-words.ts';

const lockLookSeconds = 30;
const abandonTries = 5;
const abandonSeconds = 15;

/** Which operation a story carries out, and what the instances of its steps are called. */
export interface Story {
  readonly operationId: string;
  /** A name that this story has not given before, the same again on every replay: `[a-z0-9-]`. */
  readonly nextKey: (stepId: string) => string;
  readonly attempt: number;
}

/** `lane` tells apart the parts of one operation that run side by side. */
export function createStory(
  { operationId, attempt }: { readonly operationId: string; readonly attempt: number },
  lane = '',
): Story {
  let count = 0;
  return {
    operationId,
    attempt,
    nextKey: (stepId) => {
      count += 1;
      return `${operationId}-${attempt}-${lane}${stepId.toLowerCase()}-${count}`;
    },
  };
}

/** A step of a story that does not go on: thrown through the story's own code, caught where it ends. */
export class StoryStopped extends Error {
  readonly end: Exclude<OnPremisesEnd, { readonly status: 'succeeded' }>;

  constructor(end: StoryStopped['end']) {
    super(end.status);
    this.name = 'StoryStopped';
    this.end = end;
  }
}

export function stopped(step: string, code: string, message: string): StoryStopped {
  return new StoryStopped({ status: 'failed', step, code, message });
}

/** One remote step as a story asks for it. */
export interface StepRequest {
  readonly step: Pick<RemoteStepContract, 'id' | 'title'>;
  /** Whose script runs, where that is not the step that is shown. */
  readonly script?: string;
  readonly machineId: string;
  /** Named in the operation's step where one step runs at several places. */
  readonly where?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly wish?: RemoteStepInput['wish'];
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

/** Runs a story to its end and records that, whatever happens on the way. */
export function* tellStory(
  context: OrchestrationContext,
  tell: (story: Story, target: string) => Steps<unknown>,
): Steps<OnPremisesEnd> {
  const input = context.df.getInput<OnPremisesInput>();
  const end = yield* endOf(tell(createStory(input), input.target));
  yield* callActivity(context, finishOnPremises, { ...input, end });
  return end;
}

export function* endOf(story: Steps<unknown>): Steps<OnPremisesEnd> {
  try {
    const result = yield* story;
    return result === undefined ? { status: 'succeeded' } : { status: 'succeeded', result };
  } catch (error) {
    if (error instanceof StoryStopped) return error.end;
    // An activity that failed on every try: what is to be put right after it still has to be.
    return {
      status: 'failed',
      step: '',
      code: 'ToolFailed',
      message: failureWords(error),
    };
  }
}

/** Runs a step that has to succeed; the story stops where it does not. */
export function* must(context: OrchestrationContext, story: Story, request: StepRequest): Steps<StepDone> {
  const { operationId } = story;
  const step = shownStep(request.step, request.where);
  yield* begin(context, story, step, request.always);
  const result = yield* runStep(context, story, request);
  if (result.outcome === 'refused') return yield* fail(context, story, step, result);
  if (request.wish === 'undo') yield* callActivity(context, closeStep, { operationId, step, status: 'undone' });
  else yield* callActivity(context, endStep, { operationId, step, ...detailOf(result, request) });
  return {
    changed: result.outcome === 'done' && result.changed,
    isDone: result.outcome === 'done',
    facts: result.facts,
  };
}

/** Looks at what was done before; the story stops where it is not so, in these words. */
export function* mustHold(
  context: OrchestrationContext,
  story: Story,
  request: StepRequest,
  words: string,
): Steps<void> {
  const { operationId } = story;
  const step = shownStep(request.step, request.where);
  yield* begin(context, story, step);
  const result = yield* runStep(context, story, { ...request, wish: 'probe' });
  if (result.outcome === 'refused') return yield* fail(context, story, step, result);
  if (result.outcome === 'notDone') {
    const message = result.message === undefined ? words : `${words} ${result.message}`;
    return yield* fail(context, story, step, { code: 'VerifyFailed', message });
  }
  yield* callActivity(context, endStep, { operationId, step, ...detailOf(result, request) });
}

/** Looks whether a step is done already, before people are asked for it. Credentials that were refused are not tried again. */
export function* isDoneAlready(context: OrchestrationContext, story: Story, request: StepRequest): Steps<boolean> {
  const seen = yield* runStep(context, story, { ...request, wish: 'probe' });
  if (seen.outcome === 'refused' && seen.code === 'AuthFailed')
    return yield* fail(context, story, shownStep(request.step, request.where), seen);
  return seen.outcome === 'done';
}

/** Notes why a step failed, and stops the story. */
export function* fail(
  context: OrchestrationContext,
  { operationId }: Story,
  step: string,
  { code, message }: { readonly code: string; readonly message: string },
): Steps<never> {
  yield* callActivity(context, failStep, { operationId, step, detail: `${code}: ${message}` });
  throw stopped(step, code, message);
}

function detailOf(result: RemoteStepResult, { step, script }: StepRequest): { detail?: string } {
  if (result.outcome === 'refused') return {};
  if (result.message !== undefined) return { detail: result.message };
  const couldChange = findRemoteStep(script ?? step.id)?.modes.includes('apply') === true;
  return result.outcome === 'done' && !result.changed && couldChange ? { detail: 'It was so already.' } : {};
}

/** Runs a step and answers how it went; nothing is noted of it. The story stops where it was canceled meanwhile. */
export function* runStep(context: OrchestrationContext, story: Story, request: StepRequest): Steps<RemoteStepResult> {
  const result = yield* endOfStep(context, story, request);
  if (result.outcome === 'refused' && result.code === 'Canceled') throw new StoryStopped({ status: 'canceled' });
  return result;
}

function* endOfStep(context: OrchestrationContext, story: Story, request: StepRequest): Steps<RemoteStepResult> {
  const input = inputOf(story, request);
  try {
    return (yield context.df.callSubOrchestrator(remoteStepName, input, input.key)) as RemoteStepResult;
  } catch (error) {
    // An instance that died, or was ended by somebody: it gave its machine back to nobody.
    yield* abandon(context, input);
    return { outcome: 'refused', code: 'ToolFailed', message: `The step came to no end: ${failureWords(error)}` };
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
export function startStep(context: OrchestrationContext, story: Story, request: StepRequest): Task {
  const input = inputOf(story, request);
  return context.df.callSubOrchestrator(remoteStepName, input, input.key);
}

function inputOf(story: Story, request: StepRequest): RemoteStepInput {
  const { step, script, machineId, where, parameters, wish = 'ensure', secrets, runAs, secretFacts, always } = request;
  return {
    operationId: story.operationId,
    key: story.nextKey(step.id),
    shownAs: shownStep(step, where),
    machineId,
    stepId: script ?? step.id,
    wish,
    parameters,
    ...(secrets === undefined ? {} : { secrets }),
    ...(runAs === undefined ? {} : { runAs }),
    ...(secretFacts === undefined ? {} : { secretFacts }),
    ...(always === undefined ? {} : { always }),
  };
}

/** Notes that a step begins; stops the story when its operation was canceled, unless the step has to be. */
export function* begin(
  context: OrchestrationContext,
  { operationId }: Story,
  step: string,
  always?: true,
): Steps<void> {
  const { cancelRequested } = yield* callActivity(context, beginStep, { operationId, step });
  if (cancelRequested && always !== true) throw new StoryStopped({ status: 'canceled' });
}

export function* skip(
  context: OrchestrationContext,
  { operationId }: Story,
  step: string,
  detail: string,
): Steps<void> {
  yield* callActivity(context, closeStep, { operationId, step, status: 'skipped', detail });
}

/** A step that people decide. The story stops where they reject it, or nobody decides. */
export function* gate(
  context: OrchestrationContext,
  story: Story,
  question: { readonly step: string; readonly name: string; readonly detail: string; readonly days: number },
): Steps<void> {
  const { operationId } = story;
  const { step, name, detail, days } = question;
  yield* begin(context, story, step);
  const answer = yield* askPeople(context, { operationId, name, detail, days });
  if (answer === 'canceled') throw new StoryStopped({ status: 'canceled' });
  if (answer !== 'approved') {
    const message = `It was ${answer}.`;
    yield* callActivity(context, failStep, { operationId, step, detail: message });
    throw stopped(step, 'NotApproved', message);
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
  if (restored.status !== 'succeeded') throw new StoryStopped(restored);
  if (end.status !== 'succeeded') throw new StoryStopped(end);
}

/** Runs work under a lock that another story may have; waits for it as long as that one takes, which may be people's days. */
export function* locked(
  context: OrchestrationContext,
  story: Story,
  { lock, step }: { readonly lock: string; readonly step: string },
  work: () => Steps<unknown>,
): Steps<void> {
  const { operationId } = story;
  for (let looks = 0; ; looks += 1) {
    const taken = yield* callActivity(context, takeLock, { lock, operationId });
    if (taken.outcome === 'taken') break;
    yield* begin(context, story, step);
    const detail = `Operation ${taken.by} is at work there.`;
    yield* callActivity(context, noteStep, { operationId, step, detail });
    yield* waitSeconds(context, nextLookSeconds(lockLookSeconds, looks));
  }
  try {
    yield* work();
  } finally {
    yield* callActivity(context, releaseLock, { lock, operationId });
  }
}
