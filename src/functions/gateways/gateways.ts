import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { changeWindowSchema } from '../../domain/change-window.ts';
import { gatewayPlanSchema } from '../../domain/gateway-plan.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';
import { type BuildGateway, toErrorItem } from '../../services/gateways/build-gateway.ts';
import type { GatewayChanges } from '../../services/gateways/change-gateway.ts';
import type { GatewayOperations } from '../../services/gateways/gateways.ts';
import type { JudgePlan, JudgePlanParts } from '../../services/gateways/judge-plan.ts';
import type { Operations } from '../../services/operations/operations.ts';
import {
  gatewayKeys,
  gatewayPartition,
  type GatewayRecord,
  gatewayStates,
  writeFailureSchema,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route } from '../http/route.ts';
import { slugParams } from '../http/slug-schema.ts';

export interface GatewayRoutesOptions {
  readonly stores: Stores;
  readonly gatewayOperations: GatewayOperations;
  readonly gatewayChanges: GatewayChanges;
  readonly operations: Pick<Operations, 'view'>;
  readonly build: BuildGateway;
  readonly judgePlan: JudgePlan;
  readonly judgePlanParts: JudgePlanParts;
}

const tags = ['Gateways'];

const preflightProblemSchema = problemItemSchema.extend({
  restsOn: z.array(z.string()).optional().meta({
    description: 'JSON Pointers of the other fields that it follows from: changing one of them may mend it too.',
  }),
  severity: z.enum(['error', 'warning']),
  source: z.string().optional(),
});

const gatewayViewSchema = z
  .object({
    id: z.string(),
    resourceId: z.string(),
    state: z.enum(gatewayStates),
    plan: z.unknown(),
    desired: z.object({ roots: z.array(z.string()), revocations: z.int() }),
    observed: z.object({ provisioningState: z.string(), checkedAt: z.string() }).optional(),
    generation: z.object({ desired: z.int(), applied: z.int() }),
    writeFailure: writeFailureSchema.optional().meta({
      description: 'Why the gateway is not as wanted. It is tried again, at the latest at nextTryAt.',
    }),
    notInForce: z.array(z.string()).meta({
      description:
        'Thumbprints of revocations that are wanted and are not on the gateway, because it holds 300 already.',
    }),
    changeWindow: changeWindowSchema.optional(),
    deferred: z
      .object({
        startsAt: z.string().meta({ description: 'When the change window opens.' }),
        roots: z.array(z.string()),
        revocations: z.array(z.string()).meta({ description: 'Thumbprints.' }),
      })
      .optional()
      .meta({
        description: 'What waits for the change window, to be put on or to be taken off: `generation` does not tell.',
      }),
    updateTimes: z.object({ count: z.int(), p50Seconds: z.number().optional(), p95Seconds: z.number().optional() }),
    publicIpAddresses: z.array(z.string()),
    lastOperation: z.string().optional(),
  })
  .meta({ id: 'Gateway' });

export function gatewayRoutes(options: GatewayRoutesOptions): readonly Route[] {
  return [
    preflightGateway(options),
    buildGateway(options),
    listGateways(options),
    getGateway(options),
    changeGateway(options),
    removeGateway(options),
  ];
}

function preflightGateway({ judgePlan, judgePlanParts }: GatewayRoutesOptions): Route {
  return defineRoute({
    name: 'preflightGateway',
    method: 'POST',
    path: 'gateway-preflights',
    action: 'gateway.preflight',
    role: 'reader',
    summary: 'Checks a plan: lists everything that is wrong with it, and changes nothing.',
    tags,
    request: { body: gatewayPlanSchema },
    responses: { 200: z.object({ ok: z.boolean(), problems: z.array(preflightProblemSchema) }) },
    alsoWrong: async (parts, faults) => (await judgePlanParts(parts, faults)).map(toErrorItem),
    handler: async ({ body }) => {
      const { problems } = await judgePlan(body);
      return { status: 200, body: { ok: !hasErrors(problems), problems } };
    },
  });
}

function buildGateway(options: GatewayRoutesOptions): Route {
  return defineRoute({
    name: 'createGateway',
    method: 'POST',
    path: 'gateways',
    action: 'gateway.build',
    role: 'operator',
    summary: 'Builds a gateway and everything under it.',
    tags,
    request: { body: gatewayPlanSchema },
    responses: { 202: operationViewSchema },
    alsoWrong: async (parts, faults) => (await options.judgePlanParts(parts, faults)).map(toErrorItem),
    handler: async ({ body, caller, operationId, orchestrations }) => {
      const { id } = await options.build(body, {
        operationId: operationId(),
        requestedBy: caller.id,
        orchestrations,
      });
      return accepted(options.operations, id);
    },
  });
}

function listGateways({ stores }: GatewayRoutesOptions): Route {
  return defineRoute({
    name: 'listGateways',
    method: 'GET',
    path: 'gateways',
    action: 'gateway.list',
    role: 'reader',
    summary: 'Lists the gateways.',
    tags,
    request: { query: z.strictObject({ top: topSchema, continuation: continuationSchema }) },
    responses: { 200: pageSchema(gatewayViewSchema) },
    handler: async ({ query }) => {
      const after = readContinuation(query.continuation, /^[a-z0-9-]{1,63}$/);
      const rows = await stores.gateways.list(gatewayPartition, {
        top: query.top,
        ...(after === undefined ? {} : { from: `${after}~` }),
      });
      const items = await Promise.all(rows.map(({ record }) => toView(stores, record)));
      const continuation = rows.length === query.top ? rows.at(-1)?.record.id : undefined;
      return { status: 200, body: toPage(items, { path: 'gateways', query: { top: query.top }, continuation }) };
    },
  });
}

function getGateway({ stores }: GatewayRoutesOptions): Route {
  return defineRoute({
    name: 'getGateway',
    method: 'GET',
    path: 'gateways/{id}',
    action: 'gateway.read',
    role: 'reader',
    summary: 'Shows a gateway: what is wanted, what was last seen in Azure, and how long its updates take.',
    tags,
    request: { params: slugParams },
    responses: { 200: gatewayViewSchema },
    handler: async ({ params }) => ({
      status: 200,
      body: await toView(stores, await requireGateway(stores, params.id)),
    }),
  });
}

function changeGateway({ gatewayChanges, operations }: GatewayRoutesOptions): Route {
  return defineRoute({
    name: 'changeGateway',
    method: 'PATCH',
    path: 'gateways/{id}',
    action: 'gateway.change',
    role: 'operator',
    summary: 'Changes a gateway: when ordinary changes of it may be written.',
    tags,
    request: {
      params: slugParams,
      body: z.strictObject({
        changeWindow: changeWindowSchema.nullable().meta({ description: 'Null takes it away.' }),
      }),
    },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await gatewayChanges.change(params.id, body, request);
      return accepted(operations, id);
    },
  });
}

function removeGateway({ gatewayOperations, operations }: GatewayRoutesOptions): Route {
  return defineRoute({
    name: 'deleteGateway',
    method: 'DELETE',
    path: 'gateways/{id}',
    action: 'gateway.remove',
    role: 'administrator',
    summary: 'Deletes what Gatehouse made for the gateway, in order, and nothing else.',
    tags,
    request: { params: slugParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, operationId, orchestrations }) => {
      const { id } = await gatewayOperations.remove(params.id, {
        operationId: operationId(),
        requestedBy: caller.id,
        orchestrations,
      });
      return accepted(operations, id);
    },
  });
}

export async function requireGateway(stores: Stores, id: string): Promise<GatewayRecord> {
  const record = (await stores.gateways.get(gatewayKeys(id)))?.record;
  if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${id} does not exist.`);
  return record;
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

async function toView(stores: Stores, record: GatewayRecord): Promise<z.infer<typeof gatewayViewSchema>> {
  const rootRows = (await stores.gatewayRoots.list(record.id)).map((row) => row.record);
  const revocationRows = (await stores.gatewayRevocations.list(record.id)).map((row) => row.record);
  const roots = rootRows.filter(({ wanted }) => wanted);
  const revocations = revocationRows.filter(({ wanted }) => wanted);
  const { observed } = record;
  return {
    id: record.id,
    resourceId: record.resourceId,
    state: record.state,
    plan: record.plan,
    desired: { roots: roots.map(({ rootId }) => rootId), revocations: revocations.length },
    ...(observed === undefined
      ? {}
      : { observed: { provisioningState: observed.provisioningState, checkedAt: observed.checkedAt } }),
    generation: { desired: record.desired, applied: record.applied },
    ...(record.writeFailure === undefined ? {} : { writeFailure: record.writeFailure }),
    notInForce: revocations.filter(({ state }) => state === 'overLimit').map(({ thumbprint }) => thumbprint),
    ...(record.changeWindow === undefined ? {} : { changeWindow: record.changeWindow }),
    ...(record.deferredUntil === undefined
      ? {}
      : {
          deferred: {
            startsAt: record.deferredUntil,
            roots: rootRows.filter(isDeferred).map(({ rootId }) => rootId),
            revocations: revocationRows.filter(isDeferred).map(({ thumbprint }) => thumbprint),
          },
        }),
    updateTimes: { count: record.updateSeconds.length, ...percentiles(record.updateSeconds) },
    publicIpAddresses: observed?.publicIpAddresses ?? [],
    ...(record.lastOperationId === undefined ? {} : { lastOperation: record.lastOperationId }),
  };
}

function isDeferred({ state }: { readonly state: string }): boolean {
  return state === 'deferred';
}

function percentiles(seconds: readonly number[]): { p50Seconds?: number; p95Seconds?: number } {
  const sorted = seconds.toSorted((a, b) => a - b);
  const p50 = sorted[Math.ceil(sorted.length * 0.5) - 1];
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
  return p50 === undefined || p95 === undefined ? {} : { p50Seconds: p50, p95Seconds: p95 };
}
