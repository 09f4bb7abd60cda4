import type { finishProcedure } from '../../contracts/on-premises/on-premises.ts';
import type { ActivityOf } from '../../contracts/operations/activity.ts';
import type { SettleTarget } from '../../services/on-premises/settle-target.ts';
import { contextOf } from '../../services/operations/operation-context.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { Claims } from '../../stores/claims.ts';

/** The last act of a procedure on machines: what the target's record says, the claims given back, the operation's end. */
export function createFinishProcedure({
  operations,
  claims,
  settleTarget,
}: {
  readonly operations: Operations;
  readonly claims: Pick<Claims, 'release'>;
  readonly settleTarget: SettleTarget;
}): ActivityOf<typeof finishProcedure> {
  return async ({ operationId, end }) => {
    const operation = await operations.get(operationId);
    if (operation === undefined) return null;
    await settleTarget(operation, end.status);
    for (const claim of contextOf(operation).claims) await claims.release(claim, operationId);
    if (end.status === 'failed') {
      const where = end.step === '' ? '' : `Step ${end.step} failed. `;
      const detail = `${where}${end.code}: ${end.message} POST resume to go on: every step is looked at before it is done again.`;
      await operations.finish(operationId, {
        status: 'failed',
        problem: {
          code: 'ERR_OPERATION_FAILED',
          detail,
          ...(end.errors === undefined || end.errors.length === 0 ? {} : { errors: [...end.errors] }),
        },
      });
      return null;
    }
    const result = end.status === 'succeeded' ? (end.result ?? {}) : undefined;
    await operations.finish(operationId, { status: end.status, ...(result === undefined ? {} : { result }) });
    return null;
  };
}
