import type { Refusal } from '../../domain/failure.ts';
import { activityReference } from '../operations/activity.ts';
import type { OperationEnd } from './build-gateway.ts';

export const scanInventoryName = 'scanInventory';

export interface ScanInventoryInput {
  readonly operationId: string;
}

/** The steps in order. Public names: the operation shows them. */
export const scanSteps = [
  { name: 'listSubscriptions', usualSeconds: 2 },
  { name: 'listGateways', usualSeconds: 10 },
  { name: 'readGateways', usualSeconds: 30 },
  { name: 'readSessions', usualSeconds: 120 },
] as const;
export type ScanStep = (typeof scanSteps)[number]['name'];

export type ScanProgress =
  | { readonly outcome: 'done'; readonly detail: string; readonly isSkipped?: true }
  /** There is more to look at, after this pause: for the limits of Azure, or because Azure asked for it. */
  | { readonly outcome: 'more'; readonly seconds: number }
  | { readonly outcome: 'canceled' }
  | Refusal;

/**
 * Looks at the next few things of a step, and writes down what was seen. `begunAt` is when the step began, ISO 8601.
 */
export const advanceScan = activityReference<
  ScanInventoryInput & { readonly step: ScanStep; readonly begunAt: string },
  ScanProgress
>('advanceScan');

/** Shows what was seen from now on, in the place of the scan before, and ends the operation. */
export const finishScan = activityReference<ScanInventoryInput & { readonly end: OperationEnd }, null>('finishScan');
