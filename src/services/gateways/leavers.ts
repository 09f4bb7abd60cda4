import { type RevokeOwnerInput, revokeOwnerName, revokeOwnerSteps } from '../../contracts/gateways/revoke-owner.ts';
import { AppError } from '../../domain/app-error.ts';
import { type LeaverStatement, leaverStatementSchema, withSinceThen } from '../../domain/leaver-statement.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { standingDeparture } from '../../stores/records/owners.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { keepRunning } from '../operations/keep-running.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { readStatement } from './leaver-statement.ts';
import type { RevocationReason } from './revocation-intents.ts';
import { createTakeOut, type LeaverOptions, reasonOf } from './take-out.ts';

/** Everything of a person taken out at once, with the paper that says what came of it. */
export interface Leavers {
  /**
   * Issues nothing more to the owner, nor to others of the same address or principal, revokes all they have on every
   * gateway, and follows that to its end. ERR_NOT_FOUND for an id that nobody has and nothing was issued to. A run that
   * is under way for them is answered as it is.
   */
  revoke(ownerId: string, reason: RevocationReason, request: IntentRequest): Promise<OperationRecord>;
  /** Goes on from wherever a crash left it. For the sweep. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
  /** One look at how far it has come; ends the operation with its statement once there is nothing more to wait for. */
  look(operationId: string, isLast: boolean): Promise<'waiting' | 'done'>;
  /**
   * The statement of the owner's latest departure, with what does not stand any more. ERR_CONFLICT while it is not
   * written yet.
   */
  statementOf(ownerId: string): Promise<LeaverStatement>;
}

export function createLeavers(options: LeaverOptions): Leavers {
  const { stores, owners, operations, now } = options;
  const takeOut = createTakeOut(options);

  /** An instance that died while there was something to follow is followed by the next attempt's. */
  async function follow(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const input: RevokeOwnerInput = { operationId: operation.id, begunAt: operation.createdAt };
    await keepRunning(operation, { name: revokeOwnerName, input, orchestrations }, { operations, now });
  }

  async function run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    if (!isDone(operation, 'stopIssuing')) await takeOut.stopIssuing(operation);
    try {
      if (!isDone(operation, 'revokeCertificates')) await takeOut.revokeAll(operation, orchestrations);
    } finally {
      // What could not be revoked the sweep tries again; the statement is written after a day all the same.
      await follow(operation, orchestrations);
    }
  }

  return {
    run,

    revoke: async (ownerId, reason, request) => {
      const { operationId, requestedBy, orchestrations } = request;
      const owner = await owners.get(ownerId);
      const isKnown = owner !== undefined || (await stores.byOwner.list(ownerId, { top: 1 })).length > 0;
      if (!isKnown) {
        throw new AppError('ERR_NOT_FOUND', `There is no owner '${ownerId}', and no certificate of theirs.`);
      }
      const departure = standingDeparture(owner);
      const current = departure === undefined ? undefined : await operations.get(departure.operationId);
      const isSame = current !== undefined && current.id !== operationId && reasonOf(current) === reason;
      if (isSame && !isOperationEnd(current.status)) return current;
      const operation = await operations.create({
        id: operationId,
        kind: revokeOwnerName,
        target: ownerId,
        targetKey: ownerId,
        requestedBy,
        steps: revokeOwnerSteps,
        context: { reason },
      });
      if (!isOperationEnd(operation.status)) await run(operation, orchestrations);
      return operation;
    },

    look: async (operationId, isLast) => {
      const operation = await operations.get(operationId);
      if (operation === undefined || isOperationEnd(operation.status)) return 'done';
      const { statement, places, proven, open } = await readStatement(options, operation, reasonOf(operation));
      const count = `${proven} of ${places} proven.`;
      const isAsked = isDone(operation, 'revokeCertificates');
      if ((open !== undefined || !isAsked) && !isLast) {
        const what = isAsked ? '' : 'Not all certificates are revoked yet.';
        const place = open && `${open.thumbprint} on ${open.gatewayId}: ${open.state}. ${open.why ?? ''}`;
        const detail = [count, what, place].filter(Boolean).join(' ');
        await operations.setStep(operationId, 'proveRevocations', { status: 'waiting', detail, now: now() });
        return 'waiting';
      }
      const status = statement.isProven ? 'succeeded' : 'failed';
      await operations.setStep(operationId, 'proveRevocations', { status, detail: count, now: now() });
      await operations.setStep(operationId, 'writeStatement', { status: 'succeeded', now: now() });
      const detail = `Not everything of ${operation.target} is proven to be out: ${count} The statement says what is not, and why.`;
      const problem = statement.isProven ? {} : { problem: { code: 'ERR_OPERATION_FAILED', detail } };
      await operations.finish(operationId, { status, result: statement, ...problem });
      return 'done';
    },

    statementOf: async (ownerId) => {
      const departure = (await owners.get(ownerId))?.departure;
      const operation = departure === undefined ? undefined : await operations.get(departure.operationId);
      if (operation === undefined) {
        throw new AppError('ERR_NOT_FOUND', `Nothing was asked about everything of owner '${ownerId}'.`);
      }
      const statement = leaverStatementSchema.safeParse(operation.result);
      if (statement.success) {
        return withSinceThen(statement.data, (await readStatement(options, operation, reasonOf(operation))).statement);
      }
      throw new AppError('ERR_CONFLICT', `The statement is written when operation ${operation.id} has ended.`);
    },
  };
}

function isDone({ steps }: OperationRecord, name: string): boolean {
  return steps.some((step) => step.name === name && step.status === 'succeeded');
}
