import type { OperationRecord } from './operation-record.ts';

/** What the operation of a procedure keeps for its attempts. */
export interface OperationContext {
  readonly claims: readonly string[];
  readonly intent?: unknown;
}

/** What it was begun with. */
export function contextOf({ context }: OperationRecord): OperationContext {
  return (context ?? { claims: [] }) as OperationContext;
}
