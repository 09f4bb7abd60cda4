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

/**
 * Takes one claim for an instance of an operation, also from an operation that is over. Answers the operation that has
 * it otherwise: undefined when it was taken.
 */
export type TakeClaim = (name: string, operationId: string, instanceId: string) => Promise<string | undefined>;

/**
 * Claims all of these things for one attempt of an operation, or throws a conflict that names who has one, and claims
 * none.
 */
export type TakeClaims = (names: readonly string[], operationId: string, attempt: number) => Promise<void>;

export function createTakeClaim({ claims, operations, now }: TakeClaimsOptions): TakeClaim {
  return async (name, operationId, instanceId) => {
    let holder: string | undefined;
    for (let round = 0; round < 3; round += 1) {
      const answer = await claims.take({ resourceId: name, operationId, instanceId, now: now() });
      if (answer.outcome === 'taken') return undefined;
      holder = answer.by.operationId;
      const operation = await operations.get(holder);
      const isOrphan = operation === undefined && now().getTime() - Date.parse(answer.by.since) > orphanClaimMs;
      const isOver = operation !== undefined && isOperationEnd(operation.status);
      if (!isOrphan && !isOver) return holder;
      await claims.release(name, holder);
    }
    return holder;
  };
}

export function createTakeClaims(options: TakeClaimsOptions): TakeClaims {
  const { claims } = options;
  const takeClaim = createTakeClaim(options);
  return async (names, operationId, attempt) => {
    const taken: string[] = [];
    try {
      for (const name of names) {
        const holder = await takeClaim(name, operationId, instanceIdOf(operationId, attempt));
        if (holder !== undefined) throw heldBy(name, holder);
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
