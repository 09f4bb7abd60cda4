import type { Operations } from './operations.ts';

/**
 * Ends a step, and its operation with it, whose place the later operation has taken. One that has ended stays as it is.
 */
export async function supersede(
  operations: Pick<Operations, 'settleStep'>,
  step: { readonly operationId: string; readonly name: string; readonly laterId: string; readonly now: Date },
): Promise<void> {
  const detail = `Superseded by operation ${step.laterId}.`;
  const problem = { code: 'ERR_CONFLICT', detail };
  await operations.settleStep(step.operationId, step.name, { status: 'failed', detail, now: step.now, problem });
}
