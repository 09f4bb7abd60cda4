import { dayMs } from '../../domain/days.ts';
import type { NewEvent } from '../../stores/outbox.ts';
import { openWaits, type OperationRecord } from './operation-record.ts';

type OpenWait = ReturnType<typeof openWaits>[number];

/**
 * That an operation has ended, and if it failed, with all that somebody needs who was woken by it: the step, Azure's
 * words, and where to look.
 */
export function endedEvent(record: OperationRecord): NewEvent {
  const { id, kind, target, status, problem } = record;
  return {
    id: `${id}-${record.attempt}-ended`,
    type: 'gatehouse.operation.ended.v1',
    subject: `operations/${id}`,
    data: { id, kind, target, status, look: pathOf(id), ...(problem === undefined ? {} : failureOf(record, problem)) },
  };
}

function failureOf({ steps }: OperationRecord, problem: NonNullable<OperationRecord['problem']>): object {
  const { code, detail, azure } = problem;
  const step = steps.find(({ status }) => status === 'failed');
  return {
    code,
    detail,
    ...(step === undefined ? {} : { step: { name: step.name, detail: step.detail, code: step.code } }),
    ...(azure === undefined ? {} : { azure }),
  };
}

/** That somebody has to decide. One for each question: it has the time at which it was first asked. */
export function askedEvent(record: OperationRecord, wait: OpenWait): NewEvent {
  return approvalEvent('asked', record, wait);
}

/** That a question lapses within a day; undefined while there is more time, or where there never was. */
export function expiringEvent(record: OperationRecord, wait: OpenWait, now: Date): NewEvent | undefined {
  if (wait.until === undefined) return undefined;
  const untilMs = Date.parse(wait.until);
  const isDue = untilMs - now.getTime() <= dayMs && untilMs - Date.parse(wait.since) > dayMs;
  return isDue ? approvalEvent('expiring', record, wait) : undefined;
}

/** Questions of a record that nobody has answered. */
export function openApprovals(record: OperationRecord): readonly OpenWait[] {
  return openWaits(record).filter(({ kind }) => kind === 'approval');
}

function approvalEvent(verb: 'asked' | 'expiring', record: OperationRecord, wait: OpenWait): NewEvent {
  const { id, kind, target, requestedBy } = record;
  const { name, detail, since, until } = wait;
  return {
    id: `${id}-${name}-${verb}-${Date.parse(since)}`,
    type: `gatehouse.approval.${verb}.v1`,
    subject: `operations/${id}`,
    data: {
      id,
      kind,
      target,
      requestedBy,
      name,
      detail,
      since,
      ...(until === undefined ? {} : { until }),
      look: pathOf(id),
      approve: `${pathOf(id)}/approve`,
      reject: `${pathOf(id)}/reject`,
    },
  };
}

function pathOf(operationId: string): string {
  return `/api/operations/${operationId}`;
}
