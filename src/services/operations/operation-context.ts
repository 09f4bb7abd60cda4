import type { OperationRecord } from './operation-record.ts';

/** What the operation of a story on machines keeps for its attempts. */
export interface StoryContext {
  readonly claims: readonly string[];
  readonly wish?: unknown;
}

/** What a story was begun with. */
export function contextOf({ context }: OperationRecord): StoryContext {
  return (context ?? { claims: [] }) as StoryContext;
}
