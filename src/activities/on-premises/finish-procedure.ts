import type { finishProcedure, OnPremisesEnd } from '../../contracts/on-premises/on-premises.ts';
import type { ActivityOf } from '../../contracts/operations/activity.ts';
import type { SettleTarget } from '../../services/on-premises/settle-target.ts';
import { contextOf } from '../../services/operations/operation-context.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { Claims } from '../../stores/claims.ts';
import type { EndedCommands } from '../../stores/ended-commands.ts';

/**
 * The last act of a procedure on machines: what the target's record says, the claims given back, the operation's end.
 */
export function createFinishProcedure({
  operations,
  claims,
  endedCommands,
  settleTarget,
}: {
  readonly operations: Operations;
  readonly claims: Pick<Claims, 'release'>;
  readonly endedCommands: Pick<EndedCommands, 'removeAll'>;
  readonly settleTarget: SettleTarget;
}): ActivityOf<typeof finishProcedure> {
  return async ({ operationId, end }) => {
    const operation = await operations.get(operationId);
    if (operation === undefined) return null;
    await settleTarget(operation, end.status);
    for (const claim of contextOf(operation).claims) await claims.release(claim, operationId);
    await operations.finish(operationId, endingOf(end));
    await endedCommands.removeAll(operationId);
    return null;
  };
}

function endingOf(end: OnPremisesEnd): Parameters<Operations['finish']>[1] {
  if (end.status !== 'failed') {
    return end.status === 'canceled' ? { status: 'canceled' } : { status: 'succeeded', result: end.result ?? {} };
  }
  const { step, code, message, errors = [] } = end;
  const where = step === '' ? '' : `Step ${step} failed. `;
  const detail = `${where}${code}: ${message} POST resume to go on: every step is looked at before it is done again.`;
  const listed = errors.length === 0 ? {} : { errors: [...errors] };
  return { status: 'failed', problem: { code: 'ERR_OPERATION_FAILED', detail, ...listed } };
}
