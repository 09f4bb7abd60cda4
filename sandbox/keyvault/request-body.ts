import { z } from 'zod';
import { badParameter } from './vault-error.ts';

export const tagsSchema = z.record(z.string(), z.string()).refine((tags) => Object.keys(tags).length <= 15, {
  message: 'at most 15 tags',
});

/** Dates are seconds since 1970; the rest is the vault's own to say and only tolerated. */
export const attributesSchema = z.strictObject({
  enabled: z.boolean().optional(),
  nbf: z.int().nullish(),
  exp: z.int().nullish(),
  created: z.int().nullish(),
  updated: z.int().nullish(),
  recoveryLevel: z.string().nullish(),
  recoverableDays: z.int().nullish(),
  exportable: z.boolean().nullish(),
});
export type AttributesInput = z.infer<typeof attributesSchema>;

/** The body in the shape of `schema`, or Key Vault's refusal that names the first property that is wrong. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  if (body === undefined) throw badParameter('The request body is missing or is not JSON.');
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw badParameter(`Property ${issue?.path.join('.') ?? ''} has invalid value: ${issue?.message ?? ''}`);
}
