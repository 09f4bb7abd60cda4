import { z } from 'zod';
import { operationViewSchema } from '../../domain/operation.ts';
import { requireThumbprint } from '../../domain/thumbprint.ts';
import type { GatewayRevocations } from '../../services/gateways/gateway-revocations.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { type GatewayRevocation, revocationStates } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';
import { thumbprintSchema } from '../http/thumbprint-schema.ts';
import { entryListSchema, entryNameSchema, othersOn, seenAt, sessionProofFields } from './gateway-entry-view.ts';
import { requireGateway } from './gateways.ts';

export interface GatewayRevocationRoutesOptions {
  readonly stores: Stores;
  readonly operations: Pick<Operations, 'view'>;
  readonly gatewayRevocations: GatewayRevocations;
}

const tags = ['Gateways'];

const gatewayRevocationSchema = z.object({
  thumbprint: z.string(),
  commonName: z.string().optional().meta({ description: 'Absent of a thumbprint that nobody registered.' }),
  entryName: z.string().optional().meta({ description: 'The name that the entry was to get.' }),
  state: z.enum(revocationStates),
  ...sessionProofFields,
  requestedAt: z.string(),
  listedAt: z.string().optional(),
});

/** What a gateway refuses, whoever has said so, and thumbprints that nobody registered. */
export function gatewayRevocationRoutes(options: GatewayRevocationRoutesOptions): readonly Route[] {
  const { stores, operations, gatewayRevocations } = options;

  const listRevocations = defineRoute({
    name: 'listGatewayRevocations',
    method: 'GET',
    path: 'gateways/{id}/revocations',
    action: 'gateway.listRevocations',
    role: 'reader',
    tags,
    summary: "Lists every revocation on a gateway: Gatehouse's with their state, up to the proof, and those of others.",
    request: { params: slugParams },
    responses: { 200: entryListSchema(gatewayRevocationSchema) },
    handler: async ({ params }) => {
      const { observed } = await requireGateway(stores, params.id);
      const rows = await stores.gatewayRevocations.list(params.id);
      const items = rows.map(({ record }) => toView(record));
      return {
        status: 200,
        body: { items, ...(await othersOn(stores, params.id, 'revocation')), ...seenAt(observed) },
      };
    },
  });

  const revokeThumbprint = defineRoute({
    name: 'revokeThumbprint',
    method: 'POST',
    path: 'gateways/{id}/revocations',
    action: 'gateway.revokeThumbprint',
    role: 'operator',
    summary: 'Has one gateway refuse a certificate that nobody registered, by its thumbprint.',
    tags,
    request: {
      params: slugParams,
      body: z.strictObject({ thumbprint: thumbprintSchema, name: entryNameSchema.optional() }),
    },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const asked = { thumbprint: requireThumbprint(body.thumbprint), name: body.name };
      const { id } = await gatewayRevocations.revoke(params.id, asked, request);
      return accepted(operations, id);
    },
  });

  const reinstateThumbprint = defineRoute({
    name: 'reinstateThumbprint',
    method: 'DELETE',
    path: 'gateways/{id}/revocations/{thumbprint}',
    action: 'gateway.reinstateThumbprint',
    role: 'operator',
    summary: 'Takes the revocation of a thumbprint off one gateway, also one that others have put there.',
    tags,
    request: { params: z.strictObject({ id: slugSchema, thumbprint: thumbprintSchema }) },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await gatewayRevocations.takeBack(params.id, requireThumbprint(params.thumbprint), request);
      return accepted(operations, id);
    },
  });

  return [listRevocations, revokeThumbprint, reinstateThumbprint];
}

function toView({ commonName, ...row }: GatewayRevocation): z.infer<typeof gatewayRevocationSchema> {
  return gatewayRevocationSchema.parse({ ...row, ...(commonName === '' ? {} : { commonName }) });
}
