import type { OrchestrationContext } from 'durable-functions';
import { beginStep, closeStep, endStep, failStep, noteStep } from '../../contracts/operations/steps.ts';
import type { Problem } from '../../domain/app-error.ts';
import type { Failure } from '../../domain/failure.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { ProcedureStopped } from './procedure-end.ts';

/** Why a step failed. `detail`: what the step shows, if that is not the code and the message. */
interface StepFailure extends Failure {
  readonly detail?: string;
  readonly errors?: readonly Problem[];
}

/** What the operation shows of the steps of its procedure. */
export interface StepNotes {
  /** Stops the procedure when its operation was canceled, unless the step has to be done always. */
  readonly begin: (step: string, always?: boolean) => Steps<void>;
  readonly waiting: (step: string, detail: string) => Steps<void>;
  readonly end: (step: string, detail?: string) => Steps<void>;
  readonly skip: (step: string, detail: string) => Steps<void>;
  readonly undone: (step: string) => Steps<void>;
  /** Notes why a step failed, and stops the procedure. */
  readonly fail: (step: string, failure: StepFailure) => Steps<never>;
}

export function createStepNotes(context: OrchestrationContext, operationId: string): StepNotes {
  return {
    *begin(step, always = false) {
      const { cancelRequested } = yield* callActivity(context, beginStep, { operationId, step });
      if (cancelRequested && !always) throw new ProcedureStopped({ status: 'canceled' });
    },
    *waiting(step, detail) {
      yield* callActivity(context, noteStep, { operationId, step, detail });
    },
    *end(step, detail) {
      yield* callActivity(context, endStep, { operationId, step, ...(detail === undefined ? {} : { detail }) });
    },
    *skip(step, detail) {
      yield* callActivity(context, closeStep, { operationId, step, status: 'skipped', detail });
    },
    *undone(step) {
      yield* callActivity(context, closeStep, { operationId, step, status: 'undone' });
    },
    *fail(step, { code, message, detail = `${code}: ${message}`, errors }) {
      yield* callActivity(context, failStep, { operationId, step, code, detail });
      const listed = errors === undefined ? {} : { errors };
      throw new ProcedureStopped({ status: 'failed', step, code, message, ...listed });
    },
  };
}
