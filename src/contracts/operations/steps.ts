import type { ProblemCode } from '../../domain/problem-codes.ts';
import { activityReference } from './activity.ts';

/** A step of an operation, by the name under which the operation shows it. */
interface OfStep {
  readonly operationId: string;
  readonly step: string;
}

/** Notes that a step has begun; tells whether the operation has been asked to stop. */
export const beginStep = activityReference<OfStep, { readonly cancelRequested: boolean }>('beginStep');
/** Notes what a step waits for, for people who look. */
export const noteStep = activityReference<OfStep & { readonly detail: string }, null>('noteStep');
export const endStep = activityReference<OfStep & { readonly detail?: string }, null>('endStep');
/** Notes that a step failed, beside others of its operation that go on. */
export const failStep = activityReference<OfStep & { readonly code: ProblemCode; readonly detail: string }, null>(
  'failStep',
);
/** Notes that a step was not needed, or that it was taken back. */
export const closeStep = activityReference<
  OfStep & { readonly status: 'skipped' | 'undone'; readonly detail?: string },
  null
>('closeStep');

/** Asks people for a decision; asking again changes the words only. Answers what was decided, if anything was. */
export const askApproval = activityReference<
  {
    readonly operationId: string;
    readonly name: string;
    readonly detail: string;
    /** ISO 8601. */
    readonly until: string;
    readonly instanceId: string;
    /** Raised at the instance when somebody has decided. */
    readonly eventName: string;
  },
  { readonly decision: 'approved' | 'rejected' | 'canceled' | 'open' }
>('askApproval');
