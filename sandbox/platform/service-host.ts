import type { FaultPlan } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Scheduler } from './scheduler.ts';
import type { StackClock } from './stack-clock.ts';
import type { RecordTraffic } from './traffic-recorder.ts';

/** Who a valid bearer token speaks for. */
export interface Principal {
  readonly appId: string;
  readonly objectId: string;
  readonly tenantId: string;
}

/**
 * Checks a bearer token for one audience; undefined when it is missing, forged, for somebody else, or expired in stack
 * time.
 */
export type VerifyToken = (authorization: string | undefined, audience: string) => Promise<Principal | undefined>;

/** What every emulator gets from the stack that runs it. */
export interface ServiceHost {
  /** Folder for the service's own state file. */
  readonly directory: string;
  readonly clock: StackClock;
  readonly scheduler: Scheduler;
  readonly journal: Journal;
  readonly faults: FaultPlan;
  readonly record?: RecordTraffic | undefined;
  readonly credentials: { readonly cert: string; readonly key: string };
  readonly verifyToken: VerifyToken;
  readonly tenantId: string;
  readonly subscriptionId: string;
  /** Azure's durations are divided by this. */
  readonly speed: number;
}
