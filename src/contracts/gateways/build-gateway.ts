import type { Failure } from '../../domain/failure.ts';
import { activityReference } from '../operations/activity.ts';
import type { Outcome } from '../operations/outcomes.ts';

/** Input of both operations. `epoch` is the claim on the gateway that the instance works under. */
export interface GatewayOperationInput {
  readonly operationId: string;
  readonly gatewayId: string;
  readonly epoch: number;
}

/** The build's steps, in order, with the seconds they usually take. Public names: the operation shows them. */
export const buildSteps = [
  { name: 'resourceGroup', usualSeconds: 3 },
  { name: 'virtualNetwork', usualSeconds: 15 },
  { name: 'publicIp', usualSeconds: 10 },
  { name: 'gateway', usualSeconds: 2700 },
  { name: 'trust', usualSeconds: 5 },
  { name: 'profile', usualSeconds: 60 },
  { name: 'verify', usualSeconds: 5 },
] as const;
export type BuildStep = (typeof buildSteps)[number]['name'];

/** What Gatehouse made for a gateway, in the order in which it can be deleted. */
export const removedResources = [
  { name: 'gateway', usualSeconds: 900 },
  { name: 'publicIp', usualSeconds: 15 },
  { name: 'virtualNetwork', usualSeconds: 15 },
  { name: 'resourceGroup', usualSeconds: 60 },
] as const;
export type RemovedResource = (typeof removedResources)[number]['name'];

/** `access` takes Gatehouse's roots off a gateway that stays. */
export const removeSteps = [{ name: 'access', usualSeconds: 5 }, ...removedResources] as const;

/** One look and, where needed, one push towards a resource of the plan. Safe to repeat. */
export const ensureResource = activityReference<
  { readonly gatewayId: string; readonly resource: 'resourceGroup' | 'virtualNetwork' | 'publicIp' | 'gateway' },
  Outcome
>('ensureResource');

/** Whether the gateway stays in Azure when it is let go, and which roots of Gatehouse are not off it. */
interface Withdrawal {
  readonly outcome: 'ready';
  readonly stays: boolean;
  readonly left: readonly string[];
}

/**
 * Wants the roots of Gatehouse off a gateway that stays. Safe to repeat; nothing is answered before Azure says what
 * stands there.
 */
export const withdrawAccess = activityReference<{ readonly gatewayId: string }, Outcome<Withdrawal>>('withdrawAccess');

export interface RemoveResourceInput {
  readonly gatewayId: string;
  readonly resource: RemovedResource;
  /** The gateway stays in Azure, and whatever it uses with it. */
  readonly gatewayStays?: boolean;
}
/** One look and, where needed, one push towards the absence of what Gatehouse made. */
export const removeResource = activityReference<RemoveResourceInput, Outcome>('removeResource');

export type OperationEnd =
  | { readonly status: 'succeeded' }
  | { readonly status: 'canceled' }
  | ({ readonly status: 'failed'; readonly step: string } & Failure);

/** The last act of an operation: its end, the gateway's state, and the claims given back. */
export const finishBuild = activityReference<
  GatewayOperationInput & { readonly end: OperationEnd },
  { readonly nextWriter: { readonly instanceId: string; readonly epoch: number } | null }
>('finishBuild');
export const finishRemoval = activityReference<GatewayOperationInput & { readonly end: OperationEnd }, null>(
  'finishRemoval',
);
