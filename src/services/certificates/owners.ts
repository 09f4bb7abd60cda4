import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { type Caller, isAllowed } from '../../domain/caller.ts';
import type { Tables } from '../../ports/tables.ts';
import { createStore } from '../../stores/store.ts';

export const ownerSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    deputy: z.string().optional(),
    team: z.string().optional(),
    timeZone: z.string().optional(),
    locale: z.string().optional(),
    createdBy: z.string().optional().meta({ description: 'Who made the record, and may change it.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Owner', description: 'A person who answers for certificates.' });
type Owner = z.infer<typeof ownerSchema>;

/** The people who answer for certificates: whom notices reach. */
export interface Owners {
  /**
   * Makes the owner or replaces what is known of them. A record belongs to who made it: it takes an operator to replace somebody
   * else's, ERR_CALLER_NOT_ALLOWED.
   */
  put(owner: Omit<Owner, 'createdBy' | 'createdAt' | 'updatedAt'>, caller: Pick<Caller, 'id' | 'role'>): Promise<Owner>;
  /** Makes the owner if there is none of that id yet. `by` is a caller's id. */
  register(owner: Pick<Owner, 'id' | 'email'>, by: string): Promise<void>;
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

  function made<T extends object>(owner: T, by: string): T & Pick<Owner, 'createdBy' | 'createdAt' | 'updatedAt'> {
    const at = now().toISOString();
    return { ...owner, createdBy: by, createdAt: at, updatedAt: at };
  }

  return {
    get,
    register: async (owner, by) => {
      await store.insert(made(owner, by));
    },
    put: async (owner, caller) => {
      const fresh = made(owner, caller.id);
      if (await store.insert(fresh)) return fresh;
      const replaced = await store.update({ partitionKey: 'owner', rowKey: owner.id }, ({ createdBy, createdAt }) => {
        if (createdBy !== caller.id && !isAllowed(caller, 'operator')) throw notTheirs(owner.id);
        return { ...owner, createdAt, updatedAt: fresh.updatedAt, ...(createdBy === undefined ? {} : { createdBy }) };
      });
      return replaced ?? fresh;
    },
  };
}

function notTheirs(id: string): AppError {
  return new AppError(
    'ERR_CALLER_NOT_ALLOWED',
    `Owner '${id}' was made by somebody else: only an operator may replace it.`,
  );
}
