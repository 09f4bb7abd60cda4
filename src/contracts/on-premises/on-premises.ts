import type { Problem } from '../../domain/app-error.ts';
import type { Failure } from '../../domain/failure.ts';
import { activityReference } from '../operations/activity.ts';

/** Input of every on-premises procedure. Attempt n of an operation runs as `<operation>-<n>`. */
export interface OnPremisesInput {
  readonly operationId: string;
  readonly attempt: number;
  /** Id of the machine, stack or connector. */
  readonly target: string;
}

export type OnPremisesEnd =
  | { readonly status: 'succeeded'; readonly result?: unknown }
  | { readonly status: 'canceled' }
  | (Failure & { readonly status: 'failed'; readonly step: string; readonly errors?: readonly Problem[] });

interface TitledStep {
  /** The procedure's number. */
  readonly id: string;
  readonly title: string;
}

/** A step as an operation begins with it. */
export interface PlannedStep {
  readonly name: string;
  readonly usualSeconds: number;
}

/**
 * The name of an operation's step: the procedure's number, where it runs when that is not one place only, and what it
 * does.
 */
export function shownStep({ id, title }: TitledStep, where?: string): string {
  return where === undefined ? `${id}: ${title}` : `${id} ${where}: ${title}`;
}

export function plannedStep(step: TitledStep & { readonly usualSeconds: number }, where?: string): PlannedStep {
  return { name: shownStep(step, where), usualSeconds: step.usualSeconds };
}

/**
 * The last act of every on-premises procedure: the operation's end, what the target's record says, claims given back.
 */
export const finishProcedure = activityReference<OnPremisesInput & { readonly end: OnPremisesEnd }, null>(
  'finishProcedure',
);
