import { z } from 'zod';
import { azureWordsSchema } from './azure-words.ts';
import { aboutOperationKinds } from './operation-kinds.ts';
import { problemCodeSchema } from './problem-codes.ts';
import { problemItemSchema } from './problem-item.ts';

const stepStatuses = ['pending', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'undone'] as const;
export type StepStatus = (typeof stepStatuses)[number];

export const operationStatuses = ['pending', 'running', 'waiting', 'succeeded', 'failed', 'canceled'] as const;
export type OperationStatus = (typeof operationStatuses)[number];

/** How an operation may end. */
export type OperationEnd = Extract<OperationStatus, 'succeeded' | 'failed' | 'canceled'>;

export const operationIdPattern = /^op-[0-9a-f]{32}$/;

/** Why an operation failed: what its result route answers as a problem. `code` is one of `errorStatus`'s. */
export const operationProblemSchema = z
  .object({
    code: z.string().meta({ description: 'Code to switch on.' }),
    detail: z.string().meta({ description: 'What failed, on what, and what to do next.' }),
    status: z.int().min(400).max(599).optional().meta({ description: "HTTP status; the code's own if not given." }),
    errors: z.array(problemItemSchema).optional(),
    azure: azureWordsSchema.optional().meta({ description: 'Code and words of Azure, where Azure refused.' }),
  })
  .meta({ id: 'OperationProblem' });
export type OperationProblem = z.infer<typeof operationProblemSchema>;

export const operationStepSchema = z
  .object({
    name: z.string(),
    status: z.enum(stepStatuses),
    startedAt: z.iso.datetime().optional(),
    endedAt: z.iso.datetime().optional(),
    detail: z.string().optional(),
    code: problemCodeSchema.optional().meta({ description: 'Why the step failed.' }),
    attempts: z.int().min(0).meta({ description: 'How often the step was begun.' }),
    usualSeconds: z.number().positive().optional().meta({ description: 'How long this step usually takes.' }),
    startsAt: z.iso.datetime().optional().meta({
      description: 'Of one that waits for the change window of its gateway: when that opens.',
    }),
  })
  .meta({ id: 'OperationStep' });
export type OperationStep = z.infer<typeof operationStepSchema>;

export const waitingForSchema = z
  .object({
    kind: z.string(),
    since: z.iso.datetime(),
    until: z.iso.datetime().optional(),
    detail: z.string().optional(),
  })
  .meta({ id: 'OperationWaitingFor' });
export type WaitingFor = z.infer<typeof waitingForSchema>;

/** Something that an operation waits for people to do or decide. */
export const operationWaitSchema = z.object({
  kind: z.enum(['approval', 'manual']),
  since: z.iso.datetime(),
  until: z.iso.datetime().optional(),
  detail: z.string(),
  decision: z.enum(['approved', 'rejected']).optional(),
  decidedBy: z.string().optional(),
  decidedAt: z.iso.datetime().optional(),
  comment: z.string().optional(),
  isOver: z.boolean().optional(),
});
export type OperationWait = z.infer<typeof operationWaitSchema>;

/** A decision that people were asked for, as callers see it. */
const approvalSchema = operationWaitSchema
  .omit({ kind: true, isOver: true })
  .extend({ name: z.string() })
  .meta({ id: 'OperationApproval' });

/** An operation as callers see it. */
export const operationViewSchema = z
  .object({
    id: z.string().regex(operationIdPattern),
    kind: z.string().meta({ description: aboutOperationKinds }),
    status: z.enum(operationStatuses),
    target: z.string().meta({ description: 'Id of what it works on; a certificate’s thumbprint.' }),
    requestedBy: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    percent: z.int().min(0).max(100),
    remainingSeconds: z.int().min(0).optional(),
    steps: z.array(operationStepSchema),
    cancelRequested: z.boolean().optional(),
    waitingFor: waitingForSchema.optional(),
    approvals: z
      .array(approvalSchema)
      .optional()
      .meta({ description: 'What people were asked, and what they decided.' }),
    result: z.unknown().optional(),
    problem: operationProblemSchema.optional(),
  })
  .meta({
    id: 'Operation',
    description: 'Long work: what is done, what is being waited for, how long it usually takes.',
  });
export type OperationView = z.infer<typeof operationViewSchema>;

/** Weight of a step whose usual time nobody knows yet. */
const unknownStepSeconds = 5;
/** A step that is still running never counts as done, however late it is. */
const runningShareMax = 0.95;
const percentMaxUnfinished = 99;

export function isOperationEnd(status: OperationStatus): status is OperationEnd {
  return status === 'succeeded' || status === 'failed' || status === 'canceled';
}

export function isStepEnd(status: StepStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'skipped' || status === 'undone';
}

type DeferredStep = OperationStep & { readonly startsAt: string };

/** Whether the step waits for a time that is still to come. */
export function isDeferred(step: OperationStep, now: Date): step is DeferredStep {
  return step.status === 'waiting' && step.startsAt !== undefined && Date.parse(step.startsAt) > now.getTime();
}

/** The steps that wait so, the first to start first, where nothing else is left to be done. */
export function deferredSteps(steps: readonly OperationStep[], now: Date): readonly DeferredStep[] {
  const open = steps.filter(({ status }) => !isStepEnd(status));
  const deferred = open.filter((step): step is DeferredStep => isDeferred(step, now));
  return deferred.length < open.length ? [] : deferred.toSorted((a, b) => (a.startsAt < b.startsAt ? -1 : 1));
}

/**
 * How far the steps have come at `now`: whole percent, and the seconds that are usually left. Steps weigh their usual
 * time; `remainingSeconds` is absent when no open step has one.
 */
export function operationProgress(
  steps: readonly OperationStep[],
  now: Date,
): { readonly percent: number; readonly remainingSeconds?: number } {
  const total = sum(steps.map(weightOf));
  const done = sum(steps.map((step) => weightOf(step) * shareDone(step, now)));
  const percent = total === 0 ? 0 : Math.min(Math.floor((done / total) * 100), percentMaxUnfinished);
  const open = steps.filter((step) => !isStepEnd(step.status));
  if (!open.some((step) => step.usualSeconds !== undefined)) return { percent };
  const deferredSeconds = open
    .filter((step): step is DeferredStep => isDeferred(step, now))
    .map(({ startsAt }) => (Date.parse(startsAt) - now.getTime()) / 1000);
  const left = sum(open.map((step) => secondsLeft(step, now)));
  return { percent, remainingSeconds: Math.ceil(left + Math.max(0, ...deferredSeconds)) };
}

function weightOf(step: OperationStep): number {
  return step.usualSeconds ?? unknownStepSeconds;
}

function shareDone(step: OperationStep, now: Date): number {
  if (isStepEnd(step.status)) return 1;
  if (isDeferred(step, now)) return 0;
  return Math.min(secondsRunning(step, now) / weightOf(step), runningShareMax);
}

function secondsLeft(step: OperationStep, now: Date): number {
  if (isDeferred(step, now)) return weightOf(step);
  return Math.max(weightOf(step) - secondsRunning(step, now), 0);
}

function secondsRunning(step: OperationStep, now: Date): number {
  const begun = step.startsAt ?? step.startedAt;
  if (begun === undefined) return 0;
  return Math.max((now.getTime() - Date.parse(begun)) / 1000, 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
