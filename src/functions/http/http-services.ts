import type { InvocationContext } from '@azure/functions';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Audit } from '../../services/requests/audit.ts';
import type { Idempotency } from '../../services/requests/idempotency.ts';
import type { TurnedAway } from '../../services/requests/turned-away.ts';
import type { FailureLimits } from './failure-limits.ts';
import type { ReadCaller } from './read-caller.ts';

/** What every route stands on. */
export interface HttpServices {
  readonly now: () => Date;
  /** 32 random bytes. */
  readonly newSeed: () => Uint8Array;
  /** Names of what the service has to have and has not; empty when it can answer. */
  readonly missing: () => Promise<readonly string[]>;
  readonly readCaller: ReadCaller;
  readonly idempotency: Idempotency;
  readonly audit: Pick<Audit, 'write'>;
  readonly turnedAway: TurnedAway;
  readonly failureLimits: FailureLimits;
  readonly orchestrationsOf: (context: InvocationContext) => Orchestrations;
  /** Called after each change that was made, without waiting: a hint that there may be something to deliver. */
  readonly afterChange: () => void;
}
