import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { connectorRequestSchema } from '../../domain/connector-request.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';
import type { Connectors } from '../../services/on-premises/connectors.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { ConnectorRecord } from '../../stores/records/on-premises.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams } from '../http/slug-schema.ts';

export interface ConnectorRoutesOptions {
  readonly connectors: Connectors;
  readonly operations: Pick<Operations, 'view'>;
}

const tags = ['Connectors'];

const connectorViewSchema = z
  .object({
    id: z.string(),
    stackId: z.string(),
    state: z.enum(['connecting', 'connected', 'failed', 'verifying', 'disconnecting']),
    identity: z.enum(['adfs', 'entra']),
    azureStackCloudName: z.string(),
    clouds: z.array(
      z.object({
        name: z.string(),
        endpoint: z.string(),
        portalMachines: z.array(z.string()),
        apiMachines: z.array(z.string()),
        trustMachine: z.string(),
        sqlServer: z.string().optional(),
        isTrusted: z.boolean(),
        dataFile: z
          .object({
            fileName: z.string(),
            sha256: z.string(),
            realm: z.string(),
            signingThumbprint: z.string(),
            notAfter: z.string(),
          })
          .optional(),
      }),
    ),
    warnings: z.array(problemItemSchema),
    lastVerified: z.object({ at: z.string(), ok: z.boolean(), operationId: z.string() }).optional(),
    operation: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Connector' });

/** Windows Azure Pack clouds connected to an Azure Stack. */
export function connectorRoutes({ connectors, operations }: ConnectorRoutesOptions): readonly Route[] {
  const connect = defineRoute({
    name: 'createConnector',
    method: 'POST',
    path: 'connectors',
    action: 'connector.connect',
    role: 'operator',
    summary:
      'Connects clouds to a stack, repairs that, or adds clouds; people approve on the way. An administrator decides where credentials go.',
    tags,
    request: { body: connectorRequestSchema },
    responses: { 202: operationViewSchema },
    handler: async ({ body, caller, orchestrations, operationId }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations, role: caller.role };
      return accepted(operations, (await connectors.connect(body, asked)).id);
    },
  });

  const list = defineRoute({
    name: 'listConnectors',
    method: 'GET',
    path: 'connectors',
    action: 'connector.list',
    role: 'reader',
    summary: 'Lists the connectors.',
    tags,
    responses: { 200: z.object({ items: z.array(connectorViewSchema) }) },
    handler: async () => ({ status: 200, body: { items: (await connectors.list()).map(toView) } }),
  });

  const get = defineRoute({
    name: 'getConnector',
    method: 'GET',
    path: 'connectors/{id}',
    action: 'connector.read',
    role: 'reader',
    summary: 'Shows a connector: its clouds, data files and warnings.',
    tags,
    request: { params: slugParams },
    responses: { 200: connectorViewSchema },
    handler: async ({ params }) => {
      const record = await connectors.get(params.id);
      if (record === undefined) throw new AppError('ERR_NOT_FOUND', `There is no connector ${params.id}.`);
      return { status: 200, body: toView(record) };
    },
  });

  const verify = defineRoute({
    name: 'startConnectorVerification',
    method: 'POST',
    path: 'connectors/{id}/verify',
    action: 'connector.verify',
    role: 'operator',
    summary: 'Verifies that the connector is still as it was made. Changes nothing.',
    tags,
    request: { params: slugParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations, operationId }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      return accepted(operations, (await connectors.verify(params.id, asked)).id);
    },
  });

  const remove = defineRoute({
    name: 'removeConnector',
    method: 'DELETE',
    path: 'connectors/{id}',
    action: 'connector.disconnect',
    role: 'operator',
    summary:
      'Turns multi-cloud mode off and undoes everything. People approve on the way. A connector whose preconditions never held is removed at once.',
    tags,
    request: { params: slugParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations, operationId }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      return accepted(operations, (await connectors.disconnect(params.id, asked)).id);
    },
  });

  return [connect, list, get, verify, remove];
}

function toView(record: ConnectorRecord): z.input<typeof connectorViewSchema> {
  const {
    id,
    state,
    request,
    files,
    sqlServers,
    trustedClouds,
    warnings,
    lastVerified,
    operationId,
    createdAt,
    updatedAt,
  } = record;
  return {
    id,
    stackId: request.stackId,
    state,
    identity: request.identity,
    azureStackCloudName: request.azureStackCloudName,
    clouds: request.clouds.map(({ name, endpoint, portalMachines, apiMachines, trustMachine, sqlServer }) => {
      const file = files.find(({ cloud }) => cloud === name);
      return {
        name,
        endpoint,
        portalMachines,
        apiMachines,
        trustMachine,
        sqlServer: sqlServer ?? sqlServers[name],
        isTrusted: trustedClouds.includes(name),
        dataFile: file && {
          fileName: file.fileName,
          sha256: file.sha256,
          realm: file.realm,
          signingThumbprint: file.signingThumbprint,
          notAfter: file.notAfter,
        },
      };
    }),
    warnings,
    lastVerified,
    operation: operationId,
    createdAt,
    updatedAt,
  };
}
