import type { OrchestrationContext } from 'durable-functions';
import { askApproval } from '../../contracts/operations/steps.ts';
import { callActivity, type Steps } from './call-activity.ts';
import { waitForHint } from './wait-for-hint.ts';

export interface Question {
  readonly operationId: string;
  /** `[a-z0-9-]`, unique in the operation. */
  readonly name: string;
  /** What to look at before deciding. */
  readonly detail: string;
  readonly days: number;
}

export type PeopleAnswer = 'approved' | 'rejected' | 'canceled' | 'not decided in time';

const dayMs = 24 * 3600 * 1000;
/** A decision is told by an event; an event that was lost costs this long. */
const lookSeconds = 3600;

/** Waits until somebody approves or rejects, the operation is canceled, or the time is up. */
export function* askPeople(context: OrchestrationContext, question: Question): Steps<PeopleAnswer> {
  const { operationId, name, detail, days } = question;
  const endMs = context.df.currentUtcDateTime.getTime() + days * dayMs;
  const asked = {
    operationId,
    name,
    detail,
    until: new Date(endMs).toISOString(),
    instanceId: context.df.instanceId,
    eventName: `decided-${name}`,
  };
  for (;;) {
    const { decision } = yield* callActivity(context, askApproval, asked);
    if (decision !== 'open') return decision;
    const leftMs = endMs - context.df.currentUtcDateTime.getTime();
    if (leftMs <= 0) return 'not decided in time';
    yield* waitForHint(context, asked.eventName, Math.min(lookSeconds, Math.ceil(leftMs / 1000)));
  }
}
