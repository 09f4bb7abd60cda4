import { z } from 'zod';
import type { Books } from '../desk/books.ts';
import type { Operations } from '../desk/operations.ts';
import { revocationStates } from '../desk/records/gateways.ts';
import type { TrustDesk } from '../desk/trust-roots.ts';
import { AppError } from '../domain/app-error.ts';
import { operationViewSchema } from '../domain/operation.ts';
import { accepted, requireGateway } from './gateways.ts';
import { defineRoute } from './http/define-route.ts';
import type { Route } from './http/route.ts';
import { slugParams, slugSchema } from './http/slug-schema.ts';

export interface GatewayRootRoutesOptions {
  readonly books: Books;
  readonly operations: Pick<Operations, 'view'>;
  readonly trust: TrustDesk;
}

const tags = ['Gateways'];
const rootParams = z.strictObject({ id: slugSchema, rootId: slugSchema });
const entryNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/)
  .meta({
    description: "Name of the entry on the gateway: letters, digits, '.', '_' and '-'. The root's id if not given.",
  });

const gatewayRootSchema = z.object({
  rootId: z.string(),
  entryName: z.string(),
  thumbprint: z.string(),
  state: z.enum(['requested', 'trusted', 'refused', 'removing', 'removed']),
  reason: z.string().optional(),
  updatedAt: z.string(),
});

const gatewayRevocationSchema = z.object({
  thumbprint: z.string(),
  commonName: z.string(),
  state: z.enum(revocationStates),
  sessionIdentity: z.enum(['unique', 'ambiguous']),
  reason: z.string().optional(),
  requestedAt: z.string(),
  listedAt: z.string().optional(),
  provenAt: z.string().optional(),
});

const profileViewSchema = z.object({
  gatewayId: z.string(),
  serverFqdn: z.string(),
  routes: z.array(z.string()),
  dnsServers: z.array(z.string()),
  serverRootThumbprint: z.string().optional(),
  hash: z.string(),
  madeAt: z.string(),
});

/** What a gateway trusts and refuses, and its profile package. */
export function gatewayRootRoutes(options: GatewayRootRoutesOptions): readonly Route[] {
  const { books, operations, trust } = options;
  const common = { tags, role: 'reader' } as const;

  const listRoots = defineRoute({
    ...common,
    name: 'listGatewayRoots',
    method: 'GET',
    path: 'gateways/{id}/roots',
    action: 'gateway.listRoots',
    summary: "Lists Gatehouse's roots on a gateway and how far each has come.",
    request: { params: slugParams },
    responses: { 200: z.object({ items: z.array(gatewayRootSchema) }) },
    handler: async ({ params }) => {
      await requireGateway(books, params.id);
      const items = (await books.gatewayRoots.list(params.id)).map(({ record }) => gatewayRootSchema.parse(record));
      return { status: 200, body: { items } };
    },
  });

  const listRevocations = defineRoute({
    ...common,
    name: 'listGatewayRevocations',
    method: 'GET',
    path: 'gateways/{id}/revocations',
    action: 'gateway.listRevocations',
    summary: 'Lists the revocations of a gateway and how far each has come, up to its proof.',
    request: { params: slugParams },
    responses: { 200: z.object({ items: z.array(gatewayRevocationSchema) }) },
    handler: async ({ params }) => {
      await requireGateway(books, params.id);
      const items = (await books.gatewayRevocations.list(params.id)).map(({ record }) =>
        gatewayRevocationSchema.parse({ ...record, sessionIdentity: record.ambiguous ? 'ambiguous' : 'unique' }),
      );
      return { status: 200, body: { items } };
    },
  });

  const trustRoot = defineRoute({
    name: 'trustRoot',
    method: 'PUT',
    path: 'gateways/{id}/roots/{rootId}',
    action: 'gateway.trustRoot',
    role: 'operator',
    summary: 'Makes the gateway trust a root.',
    tags,
    request: { params: rootParams, body: z.strictObject({ entryName: entryNameSchema.optional() }) },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await trust.trust(params.id, params.rootId, body.entryName, request);
      return accepted(operations, id);
    },
  });

  const distrustRoot = defineRoute({
    name: 'distrustRoot',
    method: 'DELETE',
    path: 'gateways/{id}/roots/{rootId}',
    action: 'gateway.distrustRoot',
    role: 'operator',
    summary: 'Takes a root off the gateway; its clients can then no longer connect.',
    tags,
    request: { params: rootParams, query: z.strictObject({ force: z.enum(['true', 'false']).optional() }) },
    responses: { 202: operationViewSchema },
    handler: async ({ params, query, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await trust.distrust(params.id, params.rootId, query.force === 'true', request);
      return accepted(operations, id);
    },
  });

  const makeProfile = defineRoute({
    name: 'makeProfile',
    method: 'POST',
    path: 'gateways/{id}/profile',
    action: 'gateway.makeProfile',
    role: 'operator',
    summary: 'Has Azure make a new profile package and keeps it.',
    tags,
    request: { params: slugParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, operationId, orchestrations }) => {
      const { id } = await trust.requestProfile(params.id, {
        operationId: operationId(),
        requestedBy: caller.id,
        orchestrations,
      });
      return accepted(operations, id);
    },
  });

  const getProfile = defineRoute({
    ...common,
    name: 'getProfile',
    method: 'GET',
    path: 'gateways/{id}/profile',
    action: 'gateway.readProfile',
    summary: 'Says what the newest profile package holds, without its secrets.',
    request: { params: slugParams },
    responses: { 200: profileViewSchema },
    handler: async ({ params }) => {
      await requireGateway(books, params.id);
      const profile = (await books.profiles.get({ partitionKey: params.id, rowKey: 'newest' }))?.record;
      if (profile === undefined)
        throw new AppError('ERR_NOT_FOUND', `Gateway ${params.id} has no profile package yet.`);
      return { status: 200, body: profileViewSchema.parse(profile) };
    },
  });

  return [listRoots, listRevocations, trustRoot, distrustRoot, makeProfile, getProfile];
}
