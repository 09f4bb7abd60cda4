import { z } from 'zod';
import type { Tables } from '../ports/tables.ts';
import { createStore } from './store.ts';

export const ownerSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    deputy: z.string().optional(),
    team: z.string().optional(),
    timeZone: z.string().optional(),
    locale: z.string().optional(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Owner', description: 'A person who answers for certificates.' });
type Owner = z.infer<typeof ownerSchema>;

/** The people who answer for certificates: whom notices reach. */
export interface Owners {
  /** Makes the owner or replaces what is known of them. */
  put(owner: Omit<Owner, 'createdAt' | 'updatedAt'>): Promise<Owner>;
  get(id: string): Promise<Owner | undefined>;
}

export function createOwners({ tables, now }: { readonly tables: Tables; readonly now: () => Date }): Owners {
  const store = createStore(tables, {
    table: 'Owners',
    schema: ownerSchema,
    keys: ({ id }) => ({ partitionKey: 'owner', rowKey: id }),
  });
  const get = async (id: string): Promise<Owner | undefined> =>
    (await store.get({ partitionKey: 'owner', rowKey: id }))?.record;

  return {
    get,
    put: async (owner) => {
      const updatedAt = now().toISOString();
      const record = { ...owner, createdAt: (await get(owner.id))?.createdAt ?? updatedAt, updatedAt };
      await store.upsert(record);
      return record;
    },
  };
}
