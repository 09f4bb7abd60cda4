import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import type { RootTrust } from '../../services/gateways/trust-roots.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { gatewayRootStates } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';
import { entryListSchema, entryNameSchema, othersOn, seenAt, sessionProofFields } from './gateway-entry-view.ts';
import { requireGateway } from './gateways.ts';

export interface GatewayRootRoutesOptions {
  readonly stores: Stores;
  readonly operations: Pick<Operations, 'view'>;
  readonly trust: RootTrust;
}

const tags = ['Gateways'];
const rootParams = z.strictObject({ id: slugSchema, rootId: slugSchema });
const entryParams = z.strictObject({ id: slugSchema, entryName: z.string().min(1).max(80) });
const removalQuery = z.strictObject({
  force: z.enum(['true', 'false']).optional(),
  urgency: z.enum(['immediate', 'window']).optional().meta({
    description:
      'Whether it may wait for the change window of the gateway: `immediate` (no) or `window` (yes; the default).',
  }),
});
const gatewayRootSchema = z.object({
  rootId: z.string(),
  entryName: z.string(),
  thumbprint: z.string(),
  state: z.enum(gatewayRootStates),
  sessions: z.enum(['open', 'disconnected', 'proven']).optional().meta({
    description: 'Of a removed root: whether sessions of its certificates were looked at, cut, and proven to be gone.',
  }),
  ...sessionProofFields,
  updatedAt: z.string(),
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
  const { stores, operations, trust } = options;
  const common = { tags, role: 'reader' } as const;

  const listRoots = defineRoute({
    ...common,
    name: 'listGatewayRoots',
    method: 'GET',
    path: 'gateways/{id}/roots',
    action: 'gateway.listRoots',
    summary: "Lists every root on a gateway: Gatehouse's with their state, and those of others.",
    request: { params: slugParams },
    responses: { 200: entryListSchema(gatewayRootSchema) },
    handler: async ({ params }) => {
      const { observed } = await requireGateway(stores, params.id);
      const items = (await stores.gatewayRoots.list(params.id)).map(({ record }) => gatewayRootSchema.parse(record));
      return { status: 200, body: { items, ...(await othersOn(stores, params.id, 'root')), ...seenAt(observed) } };
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
    request: { params: rootParams, query: removalQuery },
    responses: { 202: operationViewSchema },
    handler: async ({ params, query, caller, operationId, orchestrations }) => {
      const { urgency } = query;
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations, urgency };
      const { id } = await trust.distrust(params.id, params.rootId, query.force === 'true', request);
      return accepted(operations, id);
    },
  });

  const distrustEntry = defineRoute({
    name: 'distrustEntry',
    method: 'DELETE',
    path: 'gateways/{id}/roots/by-name/{entryName}',
    action: 'gateway.distrustEntry',
    role: 'operator',
    summary: 'Takes the root entry of that name off a gateway, also one that others have put there.',
    tags,
    request: { params: entryParams, query: removalQuery },
    responses: { 202: operationViewSchema },
    handler: async ({ params, query, caller, operationId, orchestrations }) => {
      const { urgency } = query;
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations, urgency };
      const { id } = await trust.distrustEntry(params.id, params.entryName, query.force === 'true', request);
      return accepted(operations, id);
    },
  });

  const makeProfile = defineRoute({
    name: 'makeProfile',
    method: 'POST',
    path: 'gateways/{id}/profile',
    action: 'gateway.makeProfile',
    role: 'operator',
    summary: 'Has Azure generate a new profile package and stores it.',
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
    summary: 'Shows what the newest profile package holds, without its secrets.',
    request: { params: slugParams },
    responses: { 200: profileViewSchema },
    handler: async ({ params }) => {
      await requireGateway(stores, params.id);
      const profile = (await stores.profiles.get({ partitionKey: params.id, rowKey: 'newest' }))?.record;
      if (profile === undefined) {
        throw new AppError('ERR_NOT_FOUND', `Gateway ${params.id} has no profile package yet.`);
      }
      return { status: 200, body: profileViewSchema.parse(profile) };
    },
  });

  return [listRoots, trustRoot, distrustRoot, distrustEntry, makeProfile, getProfile];
}
