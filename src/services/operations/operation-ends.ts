import { dayMs } from '../../domain/days.ts';
import { isOperationEnd, isStepEnd, type OperationEnd, type OperationProblem } from '../../domain/operation.ts';
import type { Log } from '../../ports/log.ts';
import type { Outbox } from '../../stores/outbox.ts';
import type { RetentionDues } from '../../stores/retention-dues.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import type { ChangeOperation } from './change-operation.ts';
import { endedEvent } from './operation-events.ts';
import { boundedProblem, type OperationRecord, type StepChange, withEnd, withStep } from './operation-record.ts';

interface OperationEnding {
  readonly status: OperationEnd;
  readonly result?: unknown;
  readonly problem?: OperationProblem;
}

export interface OperationEnds {
  /**
   * Sets a step that a reconciler did and, once every step has ended, ends the operation: succeeded, or failed
   * with the problem of the first step that failed.
   */
  settleStep(id: string, name: string, change: StepChange & { readonly problem?: OperationProblem }): Promise<void>;
  finish(id: string, ending: OperationEnding): Promise<void>;
}

/** Notes of operations that have not ended, or of whose end not everybody has been told. */
export const unfinishedOperation = 'operation';

/** How operations end: the first end state wins, and what follows from it is done at least once. */
export function createOperationEnds({
  change,
  outbox,
  dues,
  unfinished,
  log,
  keptDays,
  now,
}: {
  readonly change: ChangeOperation;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly dues: Pick<RetentionDues, 'put'>;
  readonly unfinished: Pick<Unfinished, 'done'>;
  readonly log: Log;
  readonly keptDays: number;
  readonly now: () => Date;
}): OperationEnds & { readonly close: (record: OperationRecord) => Promise<void> } {
  async function finish(id: string, ending: OperationEnding): Promise<void> {
    const end = { isOurs: false };
    const record = await change(id, (open) => {
      end.isOurs = !isOperationEnd(open.status);
      return end.isOurs ? withEnd(open, ending, now()) : undefined;
    });
    if (record === undefined) return;
    if (end.isOurs) tellEnd(record, ending.status);
    if (isOperationEnd(record.status)) await close(record);
  }

  function tellEnd(record: OperationRecord, outcome: OperationEnd): void {
    const { id: operationId, kind, target, problem, createdAt, updatedAt } = record;
    const seconds = (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000;
    const code = problem?.azure?.code ?? problem?.code;
    log({
      event: 'operation.ended',
      outcome,
      operationId,
      kind,
      target,
      seconds,
      ...(code === undefined ? {} : { code }),
    });
  }

  /**
   * What follows an end: the event for whoever listens, the day on which it may go, then the note is removed. Both
   * again after a crash in between.
   */
  async function close(record: OperationRecord): Promise<void> {
    await outbox.append(endedEvent(record));
    await dues.put('operation', record.id, new Date(now().getTime() + keptDays * dayMs));
    await unfinished.done(unfinishedOperation, record.id);
  }

  async function settleStep(
    id: string,
    name: string,
    { problem, ...stepChange }: StepChange & { readonly problem?: OperationProblem },
  ): Promise<void> {
    const record = await change(id, (open) => {
      const stepped = withStep(open, name, stepChange);
      if (stepped === undefined) return undefined;
      return problem === undefined || stepped.problem !== undefined
        ? stepped
        : { ...stepped, problem: boundedProblem(problem) };
    });
    if (record === undefined || isOperationEnd(record.status)) return;
    if (!record.steps.every((step) => isStepEnd(step.status))) return;
    const isFailed = record.problem !== undefined || record.steps.some((step) => step.status === 'failed');
    await finish(id, { status: isFailed ? 'failed' : 'succeeded' });
  }

  return { finish, settleStep, close };
}
