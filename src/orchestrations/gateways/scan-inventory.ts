import type { OrchestrationContext } from 'durable-functions';
import type { OperationEnd } from '../../contracts/gateways/build-gateway.ts';
import {
  advanceScan,
  finishScan,
  type ScanInventoryInput,
  type ScanProgress,
  type ScanStep,
  scanSteps,
} from '../../contracts/gateways/scan-inventory.ts';
import { beginStep, closeStep, endStep } from '../../contracts/operations/steps.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { endOfOperation, failed, type Place } from '../operations/operation-end.ts';

/**
 * Looks at every gateway that the identity may read, a few at a time. What has been seen is in tables after each call,
 * so that whatever ends the host costs one call at most; the history has a call and a pause for each few gateways.
 */
export function* scanInventory(context: OrchestrationContext): Steps<OperationEnd> {
  const input = context.df.getInput<ScanInventoryInput>();
  const end = yield* endOfOperation((place) => scan(context, input, place));
  yield* callActivity(context, finishScan, { ...input, end });
  return end;
}

function* scan(context: OrchestrationContext, input: ScanInventoryInput, place: Place): Steps<OperationEnd> {
  for (const { name: step } of scanSteps) {
    place.step = step;
    yield* callActivity(context, beginStep, { ...input, step });
    const end = yield* advanceToEnd(context, input, step);
    if (end.outcome === 'canceled') return { status: 'canceled' };
    if (end.outcome === 'refused') return failed(step, end);
    const { detail } = end;
    yield* end.isSkipped === true
      ? callActivity(context, closeStep, { ...input, step, status: 'skipped' as const, detail })
      : callActivity(context, endStep, { ...input, step, detail });
  }
  return { status: 'succeeded' };
}

/** Ends by itself: each thing is given up after a time, and each step. */
function* advanceToEnd(
  context: OrchestrationContext,
  input: ScanInventoryInput,
  step: ScanStep,
): Steps<Exclude<ScanProgress, { readonly outcome: 'more' }>> {
  const begunAt = context.df.currentUtcDateTime.toISOString();
  for (;;) {
    const progress = yield* callActivity(context, advanceScan, { ...input, step, begunAt });
    if (progress.outcome !== 'more') return progress;
    yield* waitSeconds(context, progress.seconds);
  }
}
