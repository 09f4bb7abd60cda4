import { activityReference } from './activity.ts';

interface OfLock {
  /** `pep:<host machine>`, `sql:<server>`. */
  readonly lock: string;
  readonly operationId: string;
}

/**
 * Takes a claim that one procedure holds for a while; `by` names the operation that has it. Whose operation is over has
 * none.
 */
export const takeLock = activityReference<
  OfLock,
  { readonly outcome: 'taken' } | { readonly outcome: 'held'; readonly by: string }
>('takeLock');
export const releaseLock = activityReference<OfLock, null>('releaseLock');
