import type { OrchestrationContext } from 'durable-functions';
import {
  advanceOrder,
  collectedEvent,
  type OrderCertificateInput,
  orderQuestion,
} from '../../contracts/certificates/order-certificate.ts';
import { beginStep } from '../../contracts/operations/steps.ts';
import { dayMs } from '../../domain/days.ts';
import { askPeople } from '../operations/ask-people.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { waitForHint } from '../operations/wait-for-hint.ts';

/** How long an approved certificate waits for its asker, where the key is made when it is collected. */
const collectDays = 7;
/** What was collected is told by an event; an event that was lost costs this long. */
const lookSeconds = 3600;

/**
 * Has people decide whether a certificate is issued, then issues it; or lets its asker collect it, who gets the key.
 */
export function* orderCertificate(context: OrchestrationContext): Steps<{ readonly outcome: string }> {
  const { operationId, question: detail, days } = context.df.getInput<OrderCertificateInput>();
  yield* callActivity(context, beginStep, { operationId, step: 'approve' });
  const answer = yield* askPeople(context, { operationId, name: orderQuestion, detail, days });
  const endMs = context.df.currentUtcDateTime.getTime() + collectDays * dayMs;
  for (;;) {
    const leftMs = endMs - context.df.currentUtcDateTime.getTime();
    const { outcome } = yield* callActivity(context, advanceOrder, { operationId, answer, isLast: leftMs <= 0 });
    if (outcome === 'done') return { outcome };
    yield* waitForHint(context, collectedEvent, Math.min(lookSeconds, Math.max(1, Math.ceil(leftMs / 1000))));
  }
}
