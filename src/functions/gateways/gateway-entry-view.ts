import { z } from 'zod';
import type { Stores } from '../../stores/stores.ts';

const foreignEntrySchema = z.object({
  entryName: z.string(),
  thumbprint: z.string().optional().meta({ description: 'Absent where the entry cannot be read.' }),
  subject: z.string().optional(),
  notAfter: z.string().optional(),
  rootId: z.string().optional().meta({ description: 'The root of Gatehouse that somebody else has put there.' }),
  firstSeenAt: z.string(),
});

export const entryNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/)
  .meta({
    description: "Name of the entry on the gateway: letters, digits, '.', '_' and '-'.",
  });

export const sessionProofFields = {
  reason: z.string().optional(),
  startsAt: z.string().optional().meta({
    description: 'Of a change that is deferred: when the change window opens that it waits for.',
  }),
  retryAt: z
    .string()
    .optional()
    .meta({ description: 'When an entry that Azure refused is tried again at the latest.' }),
  provenAt: z.string().optional(),
  unproven: z.string().optional().meta({ description: 'Why nothing is known of their sessions since the last look.' }),
};

/** What is on a gateway and is not Gatehouse's. */
export async function othersOn(
  stores: Pick<Stores, 'foreignEntries'>,
  gatewayId: string,
  kind: 'root' | 'revocation',
): Promise<{ readonly others: readonly z.infer<typeof foreignEntrySchema>[] }> {
  const entries = (await stores.foreignEntries.list(gatewayId)).map(({ record }) => record);
  return {
    others: entries
      .filter((entry) => entry.kind === kind)
      .map(({ name, ...entry }) => foreignEntrySchema.parse({ ...entry, entryName: name })),
  };
}

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the shape below would be said twice
export function entryListSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    others: z.array(foreignEntrySchema).meta({ description: "What is on the gateway and is not Gatehouse's." }),
    seenAt: z.string().optional().meta({ description: 'When the gateway was last looked at.' }),
  });
}

export function seenAt(observed: { readonly checkedAt: string } | undefined): { readonly seenAt?: string } {
  return observed === undefined ? {} : { seenAt: observed.checkedAt };
}
