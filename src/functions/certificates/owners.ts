import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { type Owners, ownerSchema } from '../../services/certificates/owners.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';

const newOwnerSchema = z.strictObject({
  email: z
    .email()
    .max(254)
    .meta({ examples: ['kim@contoso.com'] }),
  deputy: slugSchema.optional().meta({ description: 'Owner who answers when this one is away.' }),
  team: z
    .string()
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,100}$/u)
    .optional(),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, {
      error: 'No such time zone.',
      params: { code: 'unknownValue', fix: 'Send an IANA name such as Europe/Berlin.' },
    })
    .optional(),
  locale: z
    .string()
    .max(35)
    .refine(isLocale, {
      error: 'No such language tag.',
      params: { code: 'unknownValue', fix: 'Send a BCP 47 tag such as en-GB.' },
    })
    .optional(),
});

const tags = ['Owners'];

export function ownerRoutes({ owners }: { readonly owners: Owners }): readonly Route[] {
  const putOwner = defineRoute({
    name: 'putOwner',
    method: 'PUT',
    path: 'owners/{id}',
    action: 'owner.put',
    role: 'requester',
    summary: 'Creates or replaces an owner; only an operator replaces what others have made.',
    tags,
    request: { params: slugParams, body: newOwnerSchema },
    responses: { 200: ownerSchema },
    handler: async ({ params, body, caller }) => ({
      status: 200,
      body: await owners.put({ ...body, id: params.id }, caller),
    }),
  });

  const getOwner = defineRoute({
    name: 'getOwner',
    method: 'GET',
    path: 'owners/{id}',
    action: 'owner.read',
    role: 'reader',
    summary: 'Shows an owner.',
    tags,
    request: { params: slugParams },
    responses: { 200: ownerSchema },
    handler: async ({ params }) => {
      const owner = await owners.get(params.id);
      if (owner === undefined) throw new AppError('ERR_NOT_FOUND', `There is no owner '${params.id}'.`);
      return { status: 200, body: owner };
    },
  });

  return [putOwner, getOwner];
}

function isTimeZone(name: string): boolean {
  return accepts(() => new Intl.DateTimeFormat('en', { timeZone: name }));
}

function isLocale(tag: string): boolean {
  return accepts(() => Intl.getCanonicalLocales(tag));
}

function accepts(construct: () => unknown): boolean {
  try {
    construct();
    return true;
  } catch {
    // Intl has no other way to say no than a RangeError.
    return false;
  }
}
