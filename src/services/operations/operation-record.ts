import { z } from 'zod';
import { cutText, cutTexts, wordsLengthMax } from '../../domain/cut-text.ts';
import {
  deferredSteps,
  isOperationEnd,
  isStepEnd,
  operationIdPattern,
  type OperationProblem,
  operationProblemSchema,
  operationProgress,
  type OperationStep,
  operationStepSchema,
  type OperationView,
  operationWaitSchema,
  type StepStatus,
  type WaitingFor,
  waitingForSchema,
} from '../../domain/operation.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import { without } from '../../domain/without.ts';
import type { RowKeys } from '../../ports/tables.ts';
import type { RecordKind } from '../../stores/store.ts';

const operationRecordSchema = z.object({
  id: z.string().regex(operationIdPattern),
  kind: z.string(),
  /** As the caller knows it. */
  target: z.string(),
  /** What the index finds it by: lower case. */
  targetKey: z.string(),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  status: z.enum(['pending', 'running', 'succeeded', 'failed', 'canceled']),
  /** Attempt n runs as instance `<id>-<n>`. */
  attempt: z.int().min(1),
  cancelRequested: z.boolean(),
  steps: z.array(operationStepSchema),
  /** What the server needs to go on or to undo. No secrets: tables keep clear text. */
  context: z.unknown().optional(),
  waitingFor: waitingForSchema.optional(),
  /** By name: what people are to do or to decide. A decision is raised as `eventName` at `instanceId`. */
  waits: z
    .record(
      z.string(),
      operationWaitSchema.extend({
        instanceId: z.string().optional(),
        eventName: z.string().optional(),
        /** An event has told that the time is running out. */
        isExpiryNotified: z.boolean().optional(),
      }),
    )
    .optional(),
  result: z.unknown().optional(),
  problem: operationProblemSchema.optional(),
});
export type OperationRecord = z.infer<typeof operationRecordSchema>;

/** A page of another system's words, ours around them, and what was left behind. */
const problemLengthMax = 4 * wordsLengthMax;
/** A certificate in a result stays whole. */
const resultTextLengthMax = 8 * wordsLengthMax;

type RecordedWait = NonNullable<OperationRecord['waits']>[string];

export interface NewStep {
  readonly name: string;
  /** As Azure and machines usually take; measured here if it says so. */
  readonly usualSeconds?: number;
  readonly isMeasured?: true;
}

export interface StepChange {
  readonly status: StepStatus;
  readonly detail?: string;
  /** Why it failed. */
  readonly code?: ProblemCode;
  /** It waits until then, ISO 8601. */
  readonly startsAt?: string;
  readonly now: Date;
}

/** Two hexadecimal digits of the id spread the records over 256 partitions. */
export function operationKeys(id: string): RowKeys {
  return { partitionKey: id.slice('op-'.length, 'op-'.length + 2), rowKey: id };
}

export const operationKind: RecordKind<OperationRecord> = {
  table: 'Operations',
  schema: operationRecordSchema,
  keys: ({ id }) => operationKeys(id),
};

/**
 * `usualTimeDivisor` says how many times faster than usual the surroundings are; what was measured there needs none.
 */
export function newStep({ name, usualSeconds, isMeasured }: NewStep, usualTimeDivisor: number): OperationStep {
  const step = { name, status: 'pending', attempts: 0 } as const;
  if (usualSeconds === undefined) return step;
  const seconds = isMeasured === true ? usualSeconds : usualSeconds / usualTimeDivisor;
  return { ...step, usualSeconds: Math.max(Math.round(seconds), 1) };
}

/** The instance that runs this attempt of the operation. */
export function instanceIdOf(operationId: string, attempt: number): string {
  return `${operationId}-${attempt}`;
}

/**
 * The record with one step changed; undefined if that changes nothing: the same again, a step that is not there, a step
 * that ended well (late deliveries do not open it; it can still be undone), or an operation that has ended.
 */
export function withStep(record: OperationRecord, name: string, change: StepChange): OperationRecord | undefined {
  const step = record.steps.find((candidate) => candidate.name === name);
  if (step === undefined || isOperationEnd(record.status) || !isStepChange(step, change)) return undefined;
  const changed = changedStep(step, change);
  return {
    ...record,
    status: 'running',
    updatedAt: change.now.toISOString(),
    steps: record.steps.map((candidate) => (candidate === step ? changed : candidate)),
  };
}

function isStepChange(step: OperationStep, { status, detail }: StepChange): boolean {
  if (step.status === status) return detail !== undefined && detail !== step.detail;
  const isClosed = step.status === 'succeeded' || step.status === 'skipped' || step.status === 'undone';
  return !isClosed || status === 'undone';
}

function changedStep(step: OperationStep, { status, detail, code, startsAt, now }: StepChange): OperationStep {
  const at = now.toISOString();
  // What was said while a step was under way is not true of one that is done.
  const isDone = status === 'succeeded' || status === 'skipped' || status === 'undone';
  const isNews = isDone && step.status !== status;
  const { endedAt, code: _before, startsAt: _was, ...rest } = isNews ? without(step, 'detail') : step;
  const entersRunning = status === 'running' && step.status !== 'running' && step.status !== 'waiting';
  return {
    ...rest,
    status,
    attempts: step.attempts + (entersRunning ? 1 : 0),
    ...(status === 'pending' ? {} : { startedAt: step.startedAt ?? at }),
    ...(isStepEnd(status) ? { endedAt: step.status === status ? (endedAt ?? at) : at } : {}),
    ...(detail === undefined ? {} : { detail: cutText(detail) }),
    ...(code === undefined ? {} : { code }),
    ...(startsAt === undefined ? {} : { startsAt }),
  };
}

/** The record in its end state. Whatever was waited for is over. */
export function withEnd(
  record: OperationRecord,
  end: { readonly status: OperationRecord['status']; readonly result?: unknown; readonly problem?: OperationProblem },
  now: Date,
): OperationRecord {
  return {
    ...without(record, 'waitingFor', 'waits'),
    ...(record.waits === undefined ? {} : { waits: mapValues(record.waits, closedWait) }),
    status: end.status,
    updatedAt: now.toISOString(),
    ...(end.result === undefined
      ? {}
      : { result: joinedResult(record.result, cutTexts(end.result, resultTextLengthMax)) }),
    ...(end.problem === undefined ? {} : { problem: boundedProblem(end.problem) }),
  };
}

/** Other systems' words are cut where they come in; a record stays small also when one of them was forgotten. */
export function boundedProblem({ detail, errors, azure, ...problem }: OperationProblem): OperationProblem {
  return {
    ...problem,
    ...(azure === undefined ? {} : { azure: { ...azure, message: cutText(azure.message) } }),
    detail: cutText(detail, problemLengthMax),
    ...(errors === undefined ? {} : { errors: errors.map((error) => ({ ...error, message: cutText(error.message) })) }),
  };
}

/** What was said before with what is said now; results that are no objects take each other's place. */
export function joinedResult(before: unknown, now: unknown): unknown {
  return isObject(before) && isObject(now) ? { ...before, ...now } : now;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The record opened for its next attempt: what failed or was under way is to be done again, what ended well stays. */
export function withNextAttempt(record: OperationRecord, now: Date): OperationRecord {
  const kept = Object.entries(record.waits ?? {}).filter(([, { decision }]) => decision === 'approved');
  return {
    ...without(record, 'problem', 'waitingFor', 'waits'),
    ...(kept.length === 0 ? {} : { waits: Object.fromEntries(kept) }),
    status: 'running',
    attempt: record.attempt + 1,
    cancelRequested: false,
    updatedAt: now.toISOString(),
    steps: record.steps.map(reopenedStep),
  };
}

function reopenedStep(step: OperationStep): OperationStep {
  if (step.status === 'succeeded' || step.status === 'skipped') return step;
  return { ...without(step, 'endedAt', 'startedAt', 'detail', 'code', 'startsAt'), status: 'pending' };
}

function closedWait(wait: RecordedWait): RecordedWait {
  return { ...wait, isOver: true };
}

function mapValues<T>(values: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

/** Waits that nobody has answered yet, the oldest first. */
export function openWaits(record: OperationRecord): readonly (RecordedWait & { readonly name: string })[] {
  return Object.entries(record.waits ?? {})
    .map(([name, wait]) => ({ name, ...wait }))
    .filter(({ decision, isOver }) => decision === undefined && isOver !== true)
    .sort((a, b) => (a.since < b.since ? -1 : 1));
}

/** What callers see of a record at `now`. */
export function toOperationView(record: OperationRecord, now: Date): OperationView {
  const hasEnded = isOperationEnd(record.status);
  const waitingFor = record.waitingFor ?? shownWait(record) ?? changeWindowWait(record, now);
  const approvals = shownApprovals(record);
  const progress = operationProgress(record.steps, now);
  return {
    id: record.id,
    kind: record.kind,
    status: record.status === 'running' && waitingFor !== undefined ? 'waiting' : record.status,
    target: record.target,
    requestedBy: record.requestedBy,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    steps: record.steps,
    ...(hasEnded ? { percent: record.status === 'succeeded' ? 100 : progress.percent } : progress),
    ...(record.cancelRequested ? { cancelRequested: true } : {}),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(approvals.length === 0 ? {} : { approvals }),
    ...(record.result === undefined ? {} : { result: record.result }),
    ...(record.problem === undefined ? {} : { problem: record.problem }),
  };
}

function shownWait(record: OperationRecord): OperationView['waitingFor'] {
  const wait = openWaits(record)[0];
  if (wait === undefined) return undefined;
  const { kind, since, until, detail } = wait;
  return { kind, since, detail, ...(until === undefined ? {} : { until }) };
}

function changeWindowWait({ steps, status, updatedAt }: OperationRecord, now: Date): OperationView['waitingFor'] {
  const [first] = isOperationEnd(status) ? [] : deferredSteps(steps, now);
  if (first === undefined) return undefined;
  const { startsAt, startedAt, detail } = first;
  return {
    kind: 'changeWindow',
    since: startedAt ?? updatedAt,
    until: startsAt,
    ...(detail === undefined ? {} : { detail }),
  };
}

function shownApprovals(record: OperationRecord): NonNullable<OperationView['approvals']> {
  return Object.entries(record.waits ?? {})
    .filter(([, { kind }]) => kind === 'approval')
    .map(([name, wait]) => ({
      name,
      ...without(wait, 'kind', 'isOver', 'instanceId', 'eventName', 'isExpiryNotified'),
    }));
}

/** Said again, a question stays the same one. */
export function sameQuestion(
  before: { readonly since: string; readonly isExpiryNotified?: boolean | undefined } | undefined,
  since: string,
): { readonly isExpiryNotified?: true } {
  return before?.since === since && before.isExpiryNotified === true ? { isExpiryNotified: true } : {};
}

export function withExpiryNotified(
  record: OperationRecord,
  { name, since }: { readonly name: string; readonly since: string },
): OperationRecord | undefined {
  const wait = record.waits?.[name];
  if (wait?.since !== since) return undefined;
  return { ...record, waits: { ...record.waits, [name]: { ...wait, isExpiryNotified: true } } };
}

/** The record that waits for something, or for nothing any more; undefined if that changes nothing. */
export function withWaiting(
  record: OperationRecord,
  waitingFor: Omit<WaitingFor, 'since'> | undefined,
  at: string,
): OperationRecord | undefined {
  if (isOperationEnd(record.status)) return undefined;
  const { waitingFor: before, ...rest } = record;
  if (waitingFor === undefined) return before === undefined ? undefined : { ...rest, updatedAt: at };
  const since = before?.kind === waitingFor.kind ? before.since : at;
  const { detail } = waitingFor;
  const bounded = { ...waitingFor, ...(detail === undefined ? {} : { detail: cutText(detail) }) };
  return { ...rest, status: 'running', updatedAt: at, waitingFor: { ...bounded, since } };
}
