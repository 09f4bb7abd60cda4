import { z } from 'zod';
import type { RowRange, Tables } from '../../ports/tables.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { createStore } from '../../stores/store.ts';
import type { OperationRecord } from './operation-record.ts';

const indexRowSchema = z.object({ by: z.string(), position: z.string(), operationId: z.string() });

interface OperationFilter {
  readonly kind?: string | undefined;
  readonly targetKey?: string | undefined;
}

/**
 * Operations by kind and by target, newest first. The rows follow the records; a crash in between is repaired later.
 */
export interface OperationIndex {
  put(record: OperationRecord): Promise<void>;
  remove(record: OperationRecord): Promise<void>;
  /** Positions and ids after `continuation`, newest first. */
  page(
    filter: OperationFilter,
    range: { readonly top: number; readonly continuation?: string | undefined },
  ): Promise<readonly { readonly position: string; readonly operationId: string }[]>;
}

// Table Storage lists upwards only: counting down from a far future puts the newest first.
const farFutureMs = 9_999_999_999_999;

/** Sorts operations newest first, and names a place in that order for a continuation. */
export function operationPosition({ createdAt, id }: Pick<OperationRecord, 'createdAt' | 'id'>): string {
  return `${String(farFutureMs - Date.parse(createdAt)).padStart(13, '0')}-${id}`;
}

export function createOperationIndex(tables: Tables): OperationIndex {
  const store = createStore(tables, {
    table: 'OperationIndex',
    schema: indexRowSchema,
    keys: ({ by, position }) => ({ partitionKey: by, rowKey: position }),
  });

  return {
    put: async (record) => {
      for (const row of rowsOf(record)) await store.upsert(row);
    },
    remove: async (record) => {
      for (const row of rowsOf(record)) await store.remove(row);
    },
    page: async ({ kind, targetKey }, { top, continuation }) => {
      // The target is the narrower of the two; what is left over is filtered on the records.
      const by = targetKey !== undefined ? byTarget(targetKey) : kind !== undefined ? byKind(kind) : 'all';
      const range: RowRange = continuation === undefined ? { top } : { top, from: `${continuation}~` };
      return (await store.list(by, range)).map(({ record }) => record);
    },
  };
}

function rowsOf(record: OperationRecord): readonly z.infer<typeof indexRowSchema>[] {
  const position = operationPosition(record);
  const groups = ['all', byKind(record.kind), byTarget(record.targetKey)];
  return groups.map((by) => ({ by, position, operationId: record.id }));
}

function byKind(kind: string): string {
  return `kind-${kind}`;
}

function byTarget(targetKey: string): string {
  return `target-${sha256Hex(targetKey)}`;
}
