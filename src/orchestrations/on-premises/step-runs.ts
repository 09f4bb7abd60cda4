import type { OrchestrationContext, Task } from 'durable-functions';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import {
  abandonStep,
  type RemoteStepInput,
  type RemoteStepResult,
  runRemoteStepName,
  type StepAction,
} from '../../contracts/on-premises/remote-commands.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { failureWords } from './failure-words.ts';
import { ProcedureStopped, stopped } from './procedure-end.ts';
import type { StepNotes } from './step-notes.ts';
import type { StepRequest } from './step-request.ts';

const abandonTries = 5;
const abandonSeconds = 15;

interface StepDone<Facts> {
  readonly changed: boolean;
  readonly facts: Facts;
  /** A fact that the procedure cannot go on without. */
  readonly fact: <Name extends keyof Facts>(name: Name) => Exclude<Facts[Name], undefined>;
}

interface RunOptions {
  /** Runs even when the operation was canceled: what has to be put right again. */
  readonly always?: true;
}

/** Steps on machines. */
export interface StepRuns {
  /** Looks, does what is not done, looks again. The procedure stops where it does not succeed. */
  readonly run: <Facts>(request: StepRequest<Facts>, options?: RunOptions) => Steps<StepDone<Facts>>;
  /** Only looks, and answers what it saw. The procedure stops where it cannot look. */
  readonly probe: <Facts>(request: StepRequest<Facts>) => Steps<StepDone<Facts>>;
  /** Takes a step back. The procedure stops where that does not succeed. */
  readonly undo: (request: StepRequest) => Steps<void>;
  /** Looks at what was done before; the procedure stops where it is not so, in these words. */
  readonly verify: (request: StepRequest, words: string) => Steps<void>;
  /**
   * Looks whether a step is done, before people are asked for it. Credentials that were refused are not tried again.
   */
  readonly isDone: (request: StepRequest) => Steps<boolean>;
  /** Answers how it went; nothing is noted of it. The procedure stops where it was canceled meanwhile. */
  readonly attempt: <Facts>(
    request: StepRequest<Facts>,
    action: StepAction,
    options?: RunOptions,
  ) => Steps<RemoteStepResult<Facts>>;
  /** Looks at several things side by side, and answers in their order. */
  readonly probeAll: <Facts>(requests: readonly StepRequest<Facts>[]) => Steps<readonly RemoteStepResult<Facts>[]>;
}

interface StepRunsOptions {
  readonly operationId: string;
  /** A name that this procedure has not given before, the same again on every replay: `[a-z0-9-]`. */
  readonly nextKey: (stepId: string) => string;
}

export function createStepRuns(
  context: OrchestrationContext,
  { operationId, nextKey }: StepRunsOptions,
  notes: StepNotes,
): StepRuns {
  function inputOf(request: StepRequest, action: StepAction, { always }: RunOptions = {}): RemoteStepInput {
    const { step, machineId, where, parameters, secrets, runAs, secretFacts } = request;
    return {
      operationId,
      key: nextKey(step.id),
      shownAs: shownStep(step, where),
      machineId,
      stepId: step.script,
      action,
      parameters,
      ...(secrets === undefined ? {} : { secrets }),
      ...(runAs === undefined ? {} : { runAs }),
      ...(secretFacts === undefined ? {} : { secretFacts }),
      ...(always === undefined ? {} : { always }),
    };
  }

  function start(input: RemoteStepInput): Task {
    return context.df.callSubOrchestrator(runRemoteStepName, input, input.key);
  }

  function* attempt<Facts>(
    request: StepRequest<Facts>,
    action: StepAction,
    options?: RunOptions,
  ): Steps<RemoteStepResult<Facts>> {
    const result = yield* endOfStep(inputOf(request, action, options));
    if (result.outcome === 'refused' && result.code === 'canceled') throw new ProcedureStopped({ status: 'canceled' });
    // Facts get their type here and in `probeAll`: whoever read the answer has held them to the step's schema.
    return result as RemoteStepResult<Facts>;
  }

  function* endOfStep(input: RemoteStepInput): Steps<RemoteStepResult> {
    try {
      return (yield start(input)) as RemoteStepResult;
    } catch (error) {
      // An instance that died, or was ended by somebody: it gave its machine back to nobody.
      yield* abandon(input);
      return { outcome: 'refused', code: 'toolFailed', message: `The step did not finish: ${failureWords(error)}` };
    }
  }

  /** Tidiness only: on a machine that is away now the next command ends what this step has left there. */
  function* abandon({ key, machineId }: RemoteStepInput): Steps<void> {
    try {
      for (let tries = 0; tries < abandonTries; tries += 1) {
        const { isClean } = yield* callActivity(context, abandonStep, { operationId, key, machineId });
        if (isClean) return;
        yield* waitSeconds(context, abandonSeconds);
      }
    } catch {
      // Why the step did not finish is what is told.
    }
  }

  function* noted<Facts>(
    request: StepRequest<Facts>,
    action: StepAction,
    options?: RunOptions,
  ): Steps<StepDone<Facts>> {
    const step = shownStep(request.step, request.where);
    yield* notes.begin(step, options?.always);
    const result = yield* attempt(request, action, options);
    if (result.outcome === 'refused') return yield* notes.fail(step, result);
    yield* notes.end(step, detailOf(request, result));
    const { facts } = result;
    return {
      changed: result.outcome === 'done' && result.changed,
      facts,
      fact: (name) => requireFact(facts, name, step),
    };
  }

  return {
    attempt,

    run: (request, options) => noted(request, 'ensure', options),
    probe: (request) => noted(request, 'probe'),

    *undo(request) {
      const step = shownStep(request.step, request.where);
      yield* notes.begin(step);
      const result = yield* attempt(request, 'undo');
      if (result.outcome === 'refused') return yield* notes.fail(step, result);
      yield* notes.undone(step);
    },

    *verify(request, words) {
      const step = shownStep(request.step, request.where);
      yield* notes.begin(step);
      const result = yield* attempt(request, 'probe');
      if (result.outcome === 'refused') return yield* notes.fail(step, result);
      if (result.outcome === 'notDone') {
        const message = result.message === undefined ? words : `${words} ${result.message}`;
        return yield* notes.fail(step, { code: 'verifyFailed', message });
      }
      yield* notes.end(step, detailOf(request, result));
    },

    *isDone(request) {
      const seen = yield* attempt(request, 'probe');
      if (seen.outcome === 'refused' && seen.code === 'authFailed') {
        return yield* notes.fail(shownStep(request.step, request.where), seen);
      }
      return seen.outcome === 'done';
    },

    *probeAll<Facts>(requests: readonly StepRequest<Facts>[]) {
      const tasks = requests.map((request) => start(inputOf(request, 'probe')));
      return (yield context.df.Task.all(tasks)) as readonly RemoteStepResult<Facts>[];
    },
  };
}

/** What the step shows of its end: the machine's own words, or that there was nothing to do. */
function detailOf({ step }: StepRequest, result: RemoteStepResult<unknown>): string | undefined {
  if (result.outcome === 'refused' || result.message !== undefined) return result.message;
  const wasDone = result.outcome === 'done' && !result.changed && step.modes.includes('apply');
  return wasDone ? 'Already in the desired state.' : undefined;
}

function requireFact<Facts, Name extends keyof Facts>(
  facts: Facts,
  name: Name,
  step: string,
): Exclude<Facts[Name], undefined> {
  const value = facts[name];
  if (value === undefined || value === '') {
    throw stopped(step, 'toolFailed', `The step did not answer its fact ${String(name)}.`);
  }
  return value as Exclude<Facts[Name], undefined>;
}
