import { z } from 'zod';
import { leaverStatementSchema, renderStatement } from '../../domain/leaver-statement.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import type { Leavers } from '../../services/gateways/leavers.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { accepted } from '../http/accepted-operation.ts';
import { attachmentHeader } from '../http/attachment-header.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams } from '../http/slug-schema.ts';
import { reasonSchema } from './revocation-fields.ts';

export interface OwnerRevocationRoutesOptions {
  readonly leavers: Leavers;
  readonly operations: Pick<Operations, 'view'>;
}

const tags = ['Owners'];

/** Taking everything of a person out, and the paper about it. */
export function ownerRevocationRoutes({ leavers, operations }: OwnerRevocationRoutesOptions): readonly Route[] {
  const revokeAccess = defineRoute({
    name: 'revokeOwnerAccess',
    method: 'POST',
    path: 'owners/{id}/revoke',
    action: 'owner.revoke',
    role: 'operator',
    summary:
      'Revokes everything of a person on every gateway, and issues nothing more to them until they are reopened.',
    tags,
    request: { params: slugParams, body: z.strictObject({ reason: reasonSchema }) },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await leavers.revoke(params.id, body.reason, request);
      return accepted(operations, id);
    },
  });

  const getStatement = defineRoute({
    name: 'getOwnerStatement',
    method: 'GET',
    path: 'owners/{id}/statement',
    action: 'owner.readStatement',
    role: 'reader',
    summary: 'What was revoked of a person who left, where, when it was proven, and what is not in force and why.',
    tags,
    request: {
      params: slugParams,
      query: z.strictObject({
        format: z
          .enum(['json', 'text'])
          .optional()
          .meta({ description: 'text: a file for people; json if not given.' }),
      }),
    },
    responses: { 200: leaverStatementSchema },
    handler: async ({ params, query }) => {
      const statement = await leavers.statementOf(params.id);
      if (query.format !== 'text') return { status: 200, body: statement };
      const name = `access-of-${params.id}-${statement.statedAt.slice(0, 10)}.txt`;
      const bytes = { content: renderStatement(statement), contentType: 'text/plain; charset=utf-8' };
      return { status: 200, bytes, headers: { 'content-disposition': attachmentHeader(name) } };
    },
  });

  return [revokeAccess, getStatement];
}
