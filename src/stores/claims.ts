import { z } from 'zod';
import type { RowKeys, Tables } from '../ports/tables.ts';
import { sha256Hex } from './digest.ts';
import { createStore } from './store.ts';

const claimSchema = z.object({
  resourceId: z.string(),
  instanceId: z.string(),
  operationId: z.string(),
  since: z.iso.datetime(),
  isGivenUp: z.literal(true).optional(),
});

type ClaimHolder = Omit<z.infer<typeof claimSchema>, 'resourceId'>;
type ClaimAnswer = { readonly outcome: 'taken' } | { readonly outcome: 'held'; readonly by: ClaimHolder };

interface ClaimRequest {
  readonly resourceId: string;
  readonly instanceId: string;
  readonly operationId: string;
  readonly now: Date;
}

/**
 * Who may write an Azure resource now. One row per resource id, whatever its letter case; inserted if absent, so that
 * two operations never hold one resource. An operation that takes its own claim again, also from a later attempt, has
 * it.
 */
export interface Claims {
  take(request: ClaimRequest): Promise<ClaimAnswer>;
  /** Who holds the resource now, if anyone. */
  holder(resourceId: string): Promise<ClaimHolder | undefined>;
  /**
   * Says that this operation, if it holds the claim, will not use the resource any more, though something of its own
   * may still be at work there: whoever wants the resource next has to end that first.
   */
  giveUp(resourceId: string, operationId: string): Promise<void>;
  /** Gives the claim back if this operation holds it; otherwise nothing happens. */
  release(resourceId: string, operationId: string): Promise<void>;
}

export function createClaims({ tables }: { readonly tables: Tables }): Claims {
  const store = createStore(tables, {
    table: 'Claims',
    schema: claimSchema,
    keys: ({ resourceId }) => claimKeys(resourceId),
  });

  async function take({ resourceId, instanceId, operationId, now }: ClaimRequest): Promise<ClaimAnswer> {
    const claim = { resourceId, instanceId, operationId, since: now.toISOString() };
    if (await store.insert(claim)) return { outcome: 'taken' };
    // The later attempt of one operation becomes the holder, so that a sweep looks at the instance that runs now.
    const held = await store.update(claimKeys(resourceId), (record) =>
      record.operationId === operationId && record.instanceId !== instanceId ? { ...record, instanceId } : undefined,
    );
    if (held === undefined) return take({ resourceId, instanceId, operationId, now });
    if (held.operationId === operationId) return { outcome: 'taken' };
    return { outcome: 'held', by: toHolder(held) };
  }

  return {
    take,
    holder: async (resourceId) => {
      const stored = await store.get(claimKeys(resourceId));
      return stored === undefined ? undefined : toHolder(stored.record);
    },
    giveUp: async (resourceId, operationId) => {
      await store.update(claimKeys(resourceId), (record) =>
        record.operationId === operationId && record.isGivenUp !== true ? { ...record, isGivenUp: true } : undefined,
      );
    },
    release: async (resourceId, operationId) => {
      const stored = await store.get(claimKeys(resourceId));
      if (stored?.record.operationId === operationId) await store.remove(stored.record, stored.etag);
    },
  };
}

function claimKeys(resourceId: string): RowKeys {
  return { partitionKey: sha256Hex(resourceId.toLowerCase()), rowKey: '' };
}

function toHolder({ resourceId: _resourceId, ...holder }: z.infer<typeof claimSchema>): ClaimHolder {
  return holder;
}
