import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { timeZoneSchema } from '../../domain/time-zone.ts';
import type { Owners } from '../../services/certificates/owners.ts';
import { type OwnerRecord, ownerRecordSchema, standingDeparture } from '../../stores/records/owners.ts';
import { formatSchema, listFormat } from '../http/answer-format.ts';
import { defineRoute } from '../http/define-route.ts';
import { type CsvColumns, listAnswer } from '../http/list-answer.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';

const teamSchema = z.string().regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,100}$/u);

const newOwnerSchema = z.strictObject({
  email: z
    .email()
    .max(254)
    .meta({ examples: ['kim@contoso.com'] }),
  principal: z
    .string()
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]{1,254}$/u)
    .optional()
    .meta({ description: 'User principal name or object id in the directory.' }),
  deputy: slugSchema.optional().meta({
    description: 'Id of the owner who answers when this one is away. Kept for whoever writes to people.',
  }),
  team: teamSchema.optional().meta({ description: 'A text that lists can be filtered by.' }),
  timeZone: timeZoneSchema
    .optional()
    .meta({ description: 'IANA name. Kept for whoever writes to people.', examples: ['Europe/Berlin'] }),
  locale: z
    .string()
    .max(35)
    .refine(isLocale, {
      error: 'No such language tag.',
      params: { code: 'unknownValue', fix: 'Send a BCP 47 tag such as en-GB.' },
    })
    .optional()
    .meta({ description: 'BCP 47 tag. Kept for whoever writes to people.', examples: ['en-GB'] }),
});

const tags = ['Owners'];

const columns: CsvColumns<OwnerRecord> = {
  id: ({ id }) => id,
  email: ({ email }) => email,
  principal: ({ principal }) => principal,
  deputy: ({ deputy }) => deputy,
  team: ({ team }) => team,
  timeZone: ({ timeZone }) => timeZone,
  locale: ({ locale }) => locale,
  leftAt: (owner) => standingDeparture(owner)?.at,
  createdAt: ({ createdAt }) => createdAt,
};

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
    responses: { 200: ownerRecordSchema },
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
    responses: { 200: ownerRecordSchema },
    handler: async ({ params }) => {
      const owner = await owners.get(params.id);
      if (owner === undefined) throw unknownOwner(params.id);
      return { status: 200, body: owner };
    },
  });

  const listOwners = defineRoute({
    name: 'listOwners',
    method: 'GET',
    path: 'owners',
    action: 'owner.list',
    role: 'reader',
    summary: 'Lists the owners in the order of their ids.',
    tags,
    request: {
      query: z.strictObject({
        team: teamSchema.optional(),
        state: z
          .enum(['present', 'left'])
          .optional()
          .meta({ description: '`left`: nothing is issued to them until they are reopened.' }),
        format: formatSchema,
        top: topSchema,
        continuation: continuationSchema,
      }),
    },
    responses: { 200: pageSchema(ownerRecordSchema) },
    handler: async ({ query, headers }) => {
      const { team, state, format, top } = query;
      const after = readContinuation(query.continuation, /^[a-z0-9-]{1,63}$/);
      const { items, next } = await owners.list({ team, state, top, after });
      const page = toPage(items, { path: 'owners', query: { team, state, format, top }, continuation: next });
      return listAnswer(page, listFormat(format, headers), { fileStem: 'gatehouse-owners', columns });
    },
  });

  const reopenOwner = defineRoute({
    name: 'reopenOwner',
    method: 'POST',
    path: 'owners/{id}/reopen',
    action: 'owner.reopen',
    role: 'operator',
    summary: 'Lets certificates be issued again to somebody who had left. What was revoked stays revoked.',
    tags,
    request: { params: slugParams },
    responses: { 200: ownerRecordSchema },
    handler: async ({ params }) => {
      const owner = await owners.reopen(params.id);
      if (owner === undefined) throw unknownOwner(params.id);
      return { status: 200, body: owner };
    },
  });

  return [putOwner, getOwner, listOwners, reopenOwner];
}

function unknownOwner(id: string): AppError {
  return new AppError('ERR_NOT_FOUND', `There is no owner '${id}'.`);
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
