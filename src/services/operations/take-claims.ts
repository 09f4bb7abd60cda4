import { AppError } from '../../domain/app-error.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { Claims } from '../../stores/claims.ts';
import { instanceIdOf } from './operation-record.ts';
import type { Operations } from './operations.ts';

/** A claim whose operation has left no record for so long was taken by a request that died. */
const orphanClaimMs = 60_000;

export interface TakeClaimsOptions {
  readonly claims: Claims;
  readonly operations: Pick<Operations, 'get'>;
  readonly now: () => Date;
}

/** Claims all of these things for one attempt of an operation, or throws a conflict that names who has one, and claims none. */
export type TakeClaims = (names: readonly string[], operationId: string, attempt: number) => Promise<void>;

export function createTakeClaims({ claims, operations, now }: TakeClaimsOptions): TakeClaims {
  async function take(name: string, operationId: string, attempt: number): Promise<void> {
    const request = { resourceId: name, operationId, instanceId: instanceIdOf(operationId, attempt), now: now() };
    for (let round = 0; round < 3; round += 1) {
      const answer = await claims.take(request);
      if (answer.outcome === 'taken') return;
      const holder = await operations.get(answer.by.operationId);
      const isOrphan = holder === undefined && now().getTime() - Date.parse(answer.by.since) > orphanClaimMs;
      const isOver = holder !== undefined && isOperationEnd(holder.status);
      if (!isOrphan && !isOver) throw heldBy(name, answer.by.operationId);
      await claims.release(name, answer.by.operationId);
    }
    throw new AppError('ERR_CONFLICT', `${name} keeps changing hands. Try again in a minute.`);
  }

  return async (names, operationId, attempt) => {
    const taken: string[] = [];
    try {
      for (const name of names) {
        await take(name, operationId, attempt);
        taken.push(name);
      }
    } catch (error) {
      for (const name of taken) await claims.release(name, operationId);
      throw error;
    }
  };
}

export function heldBy(name: string, operationId: string): AppError {
  return new AppError(
    'ERR_CONFLICT',
    `Operation ${operationId} is working on ${name}. Wait for its end: GET /api/operations/${operationId}.`,
    {
      problems: [
        {
          path: '',
          code: 'inUse',
          message: `Operation ${operationId} is working on ${name}.`,
          fix: 'Wait for its end, or cancel it.',
        },
      ],
    },
  );
}
