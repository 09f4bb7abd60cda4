import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type * as references from '../../contracts/operations/locks.ts';
import { createTakeClaim, type TakeClaimsOptions } from '../../services/operations/take-claims.ts';

/** Claims that a procedure takes and gives back on its way. */
export function createLockActivities(options: TakeClaimsOptions): ActivitiesOf<typeof references> {
  const takeClaim = createTakeClaim(options);
  return {
    takeLock: async ({ lock, operationId }) => {
      const by = await takeClaim(lock, operationId, operationId);
      return by === undefined ? { outcome: 'taken' } : { outcome: 'held', by };
    },

    releaseLock: async ({ lock, operationId }) => {
      await options.claims.release(lock, operationId);
      return null;
    },
  };
}
