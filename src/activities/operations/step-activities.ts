import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type * as references from '../../contracts/operations/steps.ts';
import type { Operations } from '../../services/operations/operations.ts';

export interface StepActivitiesOptions {
  readonly operations: Pick<Operations, 'isCancelRequested' | 'setStep' | 'openWait'>;
  readonly now: () => Date;
}

/** What an operation of any kind notes of its steps as it goes, and what it asks people. */
export function createStepActivities({ operations, now }: StepActivitiesOptions): ActivitiesOf<typeof references> {
  return {
    beginStep: async ({ operationId, step }) => {
      const cancelRequested = await operations.isCancelRequested(operationId);
      if (!cancelRequested) await operations.setStep(operationId, step, { status: 'running', now: now() });
      return { cancelRequested };
    },

    noteStep: async ({ operationId, step, detail }) => {
      await operations.setStep(operationId, step, { status: 'waiting', detail, now: now() });
      return null;
    },

    endStep: async ({ operationId, step, detail }) => {
      const said = detail === undefined ? {} : { detail };
      await operations.setStep(operationId, step, { status: 'succeeded', now: now(), ...said });
      return null;
    },

    failStep: async ({ operationId, step, code, detail }) => {
      await operations.setStep(operationId, step, { status: 'failed', code, detail, now: now() });
      return null;
    },

    closeStep: async ({ operationId, step, status, detail }) => {
      await operations.setStep(operationId, step, { status, now: now(), ...(detail === undefined ? {} : { detail }) });
      return null;
    },

    askApproval: async ({ operationId, name, ...wait }) => {
      if (await operations.isCancelRequested(operationId)) return { decision: 'canceled' };
      const decision = await operations.openWait(operationId, name, { kind: 'approval', ...wait });
      return { decision: decision ?? 'open' };
    },
  };
}
