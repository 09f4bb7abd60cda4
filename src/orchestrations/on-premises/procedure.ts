import type { OrchestrationContext } from 'durable-functions';
import { finishProcedure, type OnPremisesEnd, type OnPremisesInput } from '../../contracts/on-premises/on-premises.ts';
import type { ActivityReference } from '../../contracts/operations/activity.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { compensated, endOf } from './procedure-end.ts';
import { createStepNotes, type StepNotes } from './step-notes.ts';
import { createStepRuns, type StepRuns } from './step-runs.ts';
import { createWaits, type Waits } from './waits.ts';

/**
 * One run of a procedure on machines: all that its generator asks of the durable engine, of machines, people and
 * stores.
 */
export interface Procedure extends StepNotes, StepRuns, Waits {
  readonly operationId: string;
  /** Something of an earlier attempt may have died halfway. */
  readonly isRepeated: boolean;
  readonly call: <Input, Output>(activity: ActivityReference<Input, Output>, input: Input) => Steps<Output>;
  readonly wait: (seconds: number) => Steps<void>;
  /** The time that replays see again, in milliseconds. */
  readonly nowMs: () => number;
  /**
   * Runs one orchestration for each of these inputs, side by side, and answers what each came to. `key` tells them
   * apart.
   */
  readonly branches: <Output>(
    orchestration: string,
    inputs: readonly { readonly key: string; readonly input: object }[],
  ) => Steps<readonly Output[]>;
  readonly compensated: typeof compensated;
}

/** `branch` tells apart the parts of one operation that run side by side. */
export function createProcedure(
  context: OrchestrationContext,
  { operationId, attempt }: Pick<OnPremisesInput, 'operationId' | 'attempt'>,
  branch = '',
): Procedure {
  const prefix = `${operationId}-${attempt}-`;
  let count = 0;
  const nextKey = (stepId: string): string => {
    count += 1;
    return `${prefix}${branch}${stepId.toLowerCase()}-${count}`;
  };
  const notes = createStepNotes(context, operationId);
  return {
    ...notes,
    ...createStepRuns(context, { operationId, nextKey }, notes),
    ...createWaits(context, operationId, notes),
    operationId,
    isRepeated: attempt > 1,
    call: (activity, input) => callActivity(context, activity, input),
    wait: (seconds) => waitSeconds(context, seconds),
    nowMs: () => context.df.currentUtcDateTime.getTime(),
    *branches<Output>(
      orchestration: string,
      inputs: readonly { readonly key: string; readonly input: object }[],
    ): Steps<readonly Output[]> {
      const tasks = inputs.map(({ key, input }) =>
        context.df.callSubOrchestrator(orchestration, { operationId, attempt, ...input }, `${prefix}${key}`),
      );
      return (yield context.df.Task.all(tasks)) as readonly Output[];
    },
    compensated,
  };
}

/** Runs a procedure to its end and records that, whatever happens on the way. */
export function* runProcedure(
  context: OrchestrationContext,
  steps: (procedure: Procedure, target: string) => Steps<unknown>,
): Steps<OnPremisesEnd> {
  const input = context.df.getInput<OnPremisesInput>();
  const end = yield* endOf(steps(createProcedure(context, input), input.target));
  yield* callActivity(context, finishProcedure, { ...input, end });
  return end;
}
