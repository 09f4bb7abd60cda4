import { z } from 'zod';
import { auditRowSchema, type Audit } from '../desk/audit.ts';
import { dayOf } from '../domain/days.ts';
import { defineRoute } from './http/define-route.ts';
import { continuationSchema, pageSchema, readContinuation, topSchema, toPage } from './http/list-query.ts';
import type { Route } from './http/route.ts';

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export function auditRoutes({ audit }: { readonly audit: Pick<Audit, 'list'> }): readonly Route[] {
  const listAudit = defineRoute({
    name: 'listAudit',
    method: 'GET',
    path: 'audit',
    action: 'audit.list',
    role: 'operator',
    summary: 'Lists who asked for what on one day, newest first.',
    tags: ['Audit'],
    request: {
      query: z.strictObject({
        day: z.iso.date().optional().meta({ description: 'UTC day, yyyy-mm-dd; today if not given.' }),
        top: topSchema,
        continuation: continuationSchema,
      }),
    },
    responses: { 200: pageSchema(auditRowSchema) },
    handler: async ({ query, now }) => {
      const day = query.day ?? dayOf(now);
      const before = readContinuation(query.continuation, timePattern);
      const items = await audit.list({ day, top: query.top, before });
      const continuation = items.length < query.top ? undefined : items.at(-1)?.at;
      return { status: 200, body: toPage(items, { path: 'audit', query: { day, top: query.top }, continuation }) };
    },
  });
  return [listAudit];
}
