import { z } from 'zod';
import { operationViewSchema } from '../../domain/operation.ts';
import type { Disconnects } from '../../services/gateways/disconnect-sessions.ts';
import type { ListSessions } from '../../services/gateways/list-sessions.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { certificateStates } from '../../stores/records/certificates.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams } from '../http/slug-schema.ts';
import { thumbprintSchema } from '../http/thumbprint-schema.ts';

export interface GatewaySessionRoutesOptions {
  readonly operations: Pick<Operations, 'view'>;
  readonly listSessions: ListSessions;
  readonly disconnects: Pick<Disconnects, 'disconnect'>;
}

const tags = ['Gateways'];

const sessionSchema = z
  .object({
    connectionId: z.string().optional().meta({ description: 'Absent where Azure gives none.' }),
    commonName: z.string(),
    protocol: z.enum(['IkeV2', 'OpenVPN']).optional(),
    address: z.string().optional(),
    isInPool: z.boolean().optional().meta({ description: "Whether address is of the gateway's pool." }),
    comesFrom: z.string().optional(),
    since: z.string().optional(),
    identity: z.enum(['known', 'shared', 'unknown']).meta({
      description:
        "Azure's list has a name and no certificate: `known` where one certificate has it and no other may, `shared` where several have it, or may since their own name is not known or the gateway trusts a root of others, `unknown` where none of Gatehouse's has.",
    }),
    certificates: z.array(
      z.object({ thumbprint: z.string(), owner: z.string(), rootId: z.string(), state: z.enum(certificateStates) }),
    ),
  })
  .meta({ id: 'Session' });

const chosenMax = 100;
const choiceSchema = z
  .strictObject({
    thumbprints: z.array(thumbprintSchema).min(1).max(chosenMax).optional(),
    connectionIds: z.array(z.string().min(1).max(128)).min(1).max(chosenMax).optional(),
  })
  .meta({ description: 'One of the two: whose sessions, or which.' })
  .transform(({ thumbprints, connectionIds }, context) => {
    if (thumbprints !== undefined && connectionIds === undefined) return { thumbprints };
    if (connectionIds !== undefined && thumbprints === undefined) return { connectionIds };
    context.addIssue({
      code: 'custom',
      message: 'Name certificates or connections: one of the two.',
      params: { code: 'invalidValue', fix: 'Send thumbprints or connectionIds.' },
    });
    return z.NEVER;
  });

export function gatewaySessionRoutes({
  operations,
  listSessions,
  disconnects,
}: GatewaySessionRoutesOptions): readonly Route[] {
  const list = defineRoute({
    name: 'listSessions',
    method: 'GET',
    path: 'gateways/{id}/sessions',
    action: 'gateway.listSessions',
    role: 'reader',
    summary: 'Asks Azure who is connected, which takes up to a minute. Azure itself counts every five minutes.',
    tags,
    request: { params: slugParams },
    responses: {
      200: z.object({
        askedAt: z.string(),
        items: z.array(sessionSchema),
        unreadable: z.int().meta({ description: 'Sessions of which Azure gives no name.' }),
      }),
    },
    handler: async ({ params }) => {
      const { askedAt, sessions, unreadable } = await listSessions(params.id);
      return { status: 200, body: { askedAt, items: sessions, unreadable } };
    },
  });

  const disconnect = defineRoute({
    name: 'startSessionDisconnection',
    method: 'POST',
    path: 'gateways/{id}/sessions/disconnect',
    action: 'gateway.disconnectSessions',
    role: 'operator',
    summary: 'Disconnects chosen sessions, and looks again before it says so. Who has a certificate may come back.',
    tags,
    request: { params: slugParams, body: choiceSchema },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await disconnects.disconnect(params.id, body, request);
      return accepted(operations, id);
    },
  });

  return [list, disconnect];
}
