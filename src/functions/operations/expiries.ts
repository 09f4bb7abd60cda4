import { z } from 'zod';
import { expiringItemSchema, expiringKinds } from '../../services/operations/expiries.ts';
import { listExpiries, type ListExpiriesOptions } from '../../services/operations/list-expiries.ts';
import { defineRoute } from '../http/define-route.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route } from '../http/route.ts';

const withinDaysMax = 400;
const withinPattern = /^(?:P(\d{1,9})D|P(\d{1,9})W|(\d{1,9})d)$/;
const positionPattern = new RegExp(
  String.raw`^\d{4}-\d{2}-\d{2}T[0-9:.]{8,12}Z-(?:${expiringKinds.join('|')})-[A-Za-z0-9._-]{1,256}$`,
);

const withinSchema = z
  .string()
  .refine((text) => toDays(text) <= withinDaysMax, {
    error: `A duration in days or weeks, at most ${withinDaysMax} days: P30D, P4W or 30d.`,
    params: { fix: `Ask for ${withinDaysMax} days or less.` },
  })
  .optional()
  .meta({ description: 'How far ahead: P30D, P4W or 30d; 30 days if not given, at most 400.', examples: ['30d'] });

export function expiryRoutes(options: Omit<ListExpiriesOptions, 'now'>): readonly Route[] {
  const listDue = defineRoute({
    name: 'listExpiries',
    method: 'GET',
    path: 'expiries',
    action: 'expiry.list',
    role: 'reader',
    summary: 'Lists certificates and roots that are in use and end soon, earliest first.',
    tags: ['Watching'],
    request: { query: z.strictObject({ within: withinSchema, top: topSchema, continuation: continuationSchema }) },
    responses: { 200: pageSchema(expiringItemSchema) },
    handler: async ({ query, now }) => {
      const after = readContinuation(query.continuation, positionPattern);
      const { within = '30d', top } = query;
      const page = await listExpiries({ ...options, now: () => now }, { withinDays: toDays(within), top, after });
      const next = { path: 'expiries', query: { within, top }, continuation: page.continuation };
      return { status: 200, body: toPage(page.items, next) };
    },
  });
  return [listDue];
}

/** Days of a duration that `withinPattern` accepts; unlimited for anything else, which its refusal precedes. */
function toDays(within: string): number {
  const [, days, weeks, plainDays] = withinPattern.exec(within) ?? [];
  if (weeks !== undefined) return Number(weeks) * 7;
  return Number(days ?? plainDays ?? Number.POSITIVE_INFINITY);
}
