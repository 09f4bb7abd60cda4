import type { OnPremisesInput, PlannedStep } from '../../contracts/on-premises/on-premises.ts';
import { AppError } from '../../domain/app-error.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { KindCarriedBy } from '../../domain/operation-kinds.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Claims } from '../../stores/claims.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { contextOf, type OperationContext } from '../operations/operation-context.ts';
import { instanceIdOf, type OperationRecord } from '../operations/operation-record.ts';
import { type OperationStanding, supersededBy } from '../operations/operation-standing.ts';
import type { Operations } from '../operations/operations.ts';
import { mayStillComeForward } from '../operations/sign-of-life.ts';
import type { TakeClaims } from '../operations/take-claims.ts';

interface NewProcedure extends IntentRequest {
  /** The orchestration that tells it, which is the operation's kind too. */
  readonly kind: KindCarriedBy<'procedures'>;
  /** Id of the machine, stack or connector. */
  readonly target: string;
  readonly steps: readonly PlannedStep[];
  /** What only one procedure may work on at a time. */
  readonly claims: readonly string[];
  /** What the procedure needs beside its target. No secrets. */
  readonly intent?: unknown;
  /** Writes the intent, once the claims are held and before the procedure starts. */
  readonly intend?: () => Promise<void>;
}

/** Orchestrations on machines: begun by a call, run by an orchestration, resumed by a call, revived by the sweep. */
export interface Procedures {
  /**
   * Refused while another procedure has one of the claims. The same operation id again goes on from what is there,
   * unless it has ended.
   */
  begin(procedure: NewProcedure): Promise<OperationRecord>;
  /**
   * Goes on with a procedure that failed or was canceled; every step is looked at before it is done again. ERR_CONFLICT
   * when what it worked on is another procedure's by now.
   */
  resume(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
  /** Starts again what a crash kept from starting; ends what died. For the sweep. */
  revive(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

export function createProcedures({
  operations,
  claims: heldClaims,
  takeClaims,
  standing,
  onDied,
  now,
}: {
  readonly operations: Operations;
  readonly claims: Pick<Claims, 'release'>;
  readonly takeClaims: TakeClaims;
  readonly standing: OperationStanding;
  /** The target's record has to say that the procedure on it is over. */
  readonly onDied: (operation: OperationRecord) => Promise<void>;
  readonly now: () => Date;
}): Procedures {
  async function start({ id, kind, attempt, target }: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const input: OnPremisesInput = { operationId: id, attempt, target };
    await orchestrations.start(kind, instanceIdOf(id, attempt), input);
  }

  async function releaseClaims(operation: OperationRecord): Promise<void> {
    for (const name of contextOf(operation).claims) await heldClaims.release(name, operation.id);
  }

  return {
    begin: async ({ operationId, requestedBy, orchestrations, kind, target, steps, claims, intent, intend }) => {
      const before = await operations.get(operationId);
      if (before !== undefined && isOperationEnd(before.status)) return before;
      await takeClaims(claims, operationId, 1);
      const operation = await operations.create({
        id: operationId,
        kind,
        target,
        targetKey: target,
        requestedBy,
        steps,
        context: { claims, ...(intent === undefined ? {} : { intent }) } satisfies OperationContext,
      });
      await intend?.();
      await start(operation, orchestrations);
      return operation;
    },

    resume: async (operation, orchestrations) => {
      const { claims } = contextOf(operation);
      await takeClaims(claims, operation.id, operation.attempt + 1);
      // Asked once the claims are held: from here on no other procedure can begin on the same thing.
      const reason = await standing(operation);
      if (reason !== undefined) {
        await releaseClaims(operation);
        throw supersededBy(operation, reason);
      }
      const attempt = await operations.nextAttempt(operation.id, operation.attempt);
      if (attempt === undefined) {
        await releaseClaims(operation);
        throw new AppError('ERR_CONFLICT', `Operation ${operation.id} cannot be resumed.`);
      }
      await start({ ...operation, attempt }, orchestrations);
    },

    revive: async (operation, orchestrations) => {
      const state = await orchestrations.state(instanceIdOf(operation.id, operation.attempt));
      if (state === 'live') return;
      if (state === 'absent') {
        await takeClaims(contextOf(operation).claims, operation.id, operation.attempt);
        const reason = await standing(operation);
        if (reason === undefined) {
          await start(operation, orchestrations);
          return;
        }
        await releaseClaims(operation);
        const detail = `${reason} What this operation was to do was never begun: ask for it again.`;
        await operations.finish(operation.id, { status: 'failed', problem: { code: 'ERR_CONFLICT', detail } });
        return;
      }
      if (mayStillComeForward(operation.updatedAt, now())) return;
      await onDied(operation);
      const detail =
        'The work on this operation ended without a result. Resume it: every step is looked at before it is done again.';
      await operations.finish(operation.id, { status: 'failed', problem: { code: 'ERR_OPERATION_FAILED', detail } });
    },
  };
}
