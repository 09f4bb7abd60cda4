import { z } from 'zod';
import { AppError, errorStatus } from '../../domain/app-error.ts';
import { type Caller, isAllowed } from '../../domain/caller.ts';
import {
  isOperationEnd,
  operationIdPattern,
  operationStatuses,
  type OperationView,
  operationViewSchema,
} from '../../domain/operation.ts';
import {
  aboutOperationKinds,
  carrierOf,
  type CarrierThatMay,
  isOperationKind,
  needsAnother,
  type OperationCarrier,
  type OperationKind,
  operationKindNames,
  type OperationVerb,
  roleFor,
} from '../../domain/operation-kinds.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { openWaits, type OperationRecord } from '../../services/operations/operation-record.ts';
import { type OperationStanding, supersededBy } from '../../services/operations/operation-standing.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { acceptedOperation, operationHeaders } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import { isErrorCode } from '../http/is-error-code.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import { problemBody, problemMediaType } from '../http/problem-answer.ts';
import type { Route, RouteAnswer } from '../http/route.ts';

export interface OperationActionInput {
  readonly operation: OperationRecord;
  readonly caller: Caller;
  readonly orchestrations: Orchestrations;
  /** Id for an operation that the action starts. */
  readonly operationId: () => string;
}

/** Answers the operation that goes on. */
type OperationAct = (input: OperationActionInput) => Promise<OperationView>;

/** What can be done with an operation after it failed or was canceled, by the use case that carries it. */
export interface OperationActions {
  /** Goes on from the step that failed. */
  readonly resume: Readonly<Record<CarrierThatMay<'resume'>, OperationAct>>;
  /** Removes what the operation made. */
  readonly remove: Readonly<Record<CarrierThatMay<'remove'>, OperationAct>>;
}

export interface OperationRoutesOptions {
  readonly operations: Pick<Operations, 'get' | 'view' | 'list' | 'requestCancel' | 'decide'>;
  readonly standing: OperationStanding;
  readonly actions: OperationActions;
}

const operationParams = z.strictObject({
  id: z.string().regex(operationIdPattern).meta({ description: 'Id of an operation.' }),
});
const tags = ['Operations'];
const positionPattern = /^\d{13}-op-[0-9a-f]{32}$/;

export function operationRoutes(options: OperationRoutesOptions): readonly Route[] {
  return [
    listOperations(options),
    getOperation(options),
    getOperationResult(options),
    cancelOperation(options),
    decideOperation(options, 'approve', 'approved', 'Approves: an operation that waits for a decision continues.'),
    decideOperation(options, 'reject', 'rejected', 'Rejects: an operation that waits for a decision stops.'),
    actOnOperation(options, 'resume', 'Resumes at the step that failed, with the same plan.'),
    actOnOperation(options, 'remove', 'Removes what a failed or canceled operation has made.'),
  ];
}

function listOperations({ operations }: OperationRoutesOptions): Route {
  return defineRoute({
    name: 'listOperations',
    method: 'GET',
    path: 'operations',
    action: 'operation.list',
    role: 'reader',
    summary: 'Lists operations, newest first.',
    tags,
    request: {
      query: z.strictObject({
        kind: z.enum(operationKindNames).optional().meta({ description: aboutOperationKinds }),
        status: z.enum(operationStatuses).optional(),
        target: z.string().min(1).max(1024).optional(),
        top: topSchema,
        continuation: continuationSchema,
      }),
    },
    responses: { 200: pageSchema(operationViewSchema) },
    handler: async ({ query }) => {
      const continuation = readContinuation(query.continuation, positionPattern);
      const page = await operations.list({ ...query, continuation });
      const { kind, status, target, top } = query;
      const next = { path: 'operations', query: { kind, status, target, top }, continuation: page.continuation };
      return { status: 200, body: toPage(page.items, next) };
    },
  });
}

function getOperation({ operations }: OperationRoutesOptions): Route {
  return defineRoute({
    name: 'getOperation',
    method: 'GET',
    path: 'operations/{id}',
    action: 'operation.read',
    role: 'reader',
    summary: 'Shows an operation and its progress.',
    tags,
    request: { params: operationParams },
    responses: { 200: operationViewSchema },
    handler: async ({ params }) => ({ status: 200, body: await viewOf(operations, params.id) }),
  });
}

function getOperationResult({ operations }: OperationRoutesOptions): Route {
  return defineRoute({
    name: 'getOperationResult',
    method: 'GET',
    path: 'operations/{id}/result',
    action: 'operation.result',
    role: 'reader',
    summary: 'Shows the result of an operation; until it has ended the answer is 202, which says when to ask again.',
    tags,
    request: { params: operationParams },
    responses: { 200: z.unknown().meta({ description: "The operation's result." }), 202: operationViewSchema },
    handler: async ({ params, requestId }) => resultAnswer(await viewOf(operations, params.id), requestId),
  });
}

function cancelOperation(options: OperationRoutesOptions): Route {
  const { operations } = options;
  return defineRoute({
    name: 'cancelOperation',
    method: 'POST',
    path: 'operations/{id}/cancel',
    action: 'operation.cancel',
    role: 'operator',
    summary: 'Lets the running step end, then stops.',
    tags,
    request: { params: operationParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations }) => {
      await requireTurn(options, 'cancel', params.id, caller);
      if (await operations.requestCancel(params.id)) {
        const operation = await operations.get(params.id);
        // Who waits for a decision need not wait for it any more.
        for (const { instanceId, eventName } of operation === undefined ? [] : openWaits(operation)) {
          if (instanceId !== undefined && eventName !== undefined) await orchestrations.raise(instanceId, eventName);
        }
        return acceptedOperation(await viewOf(operations, params.id));
      }
      throw new AppError('ERR_CONFLICT', `Operation ${params.id} has ended already; there is nothing to cancel.`);
    },
  });
}

function decideOperation(
  options: OperationRoutesOptions,
  verb: 'approve' | 'reject',
  decision: 'approved' | 'rejected',
  summary: string,
): Route {
  const { operations } = options;
  return defineRoute({
    name: `${verb}Operation`,
    method: 'POST',
    path: `operations/{id}/${verb}`,
    action: `operation.${verb}`,
    role: 'operator',
    summary,
    tags,
    request: {
      params: operationParams,
      body: z.strictObject({
        name: z
          .string()
          .regex(/^[a-z0-9-]{1,100}$/)
          .optional()
          .meta({
            description:
              'Which of the approvals is decided. Needed as soon as more than one was asked for, so that a request which is sent twice never decides the next.',
          }),
        comment: z
          .string()
          .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,500}$/u)
          .optional(),
      }),
    },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, orchestrations }) => {
      const operation = await requireTurn(options, verb, params.id, caller);
      if (verb === 'approve' && needsAnother(operation.kind) && caller.id === operation.requestedBy) {
        throw new AppError('ERR_CALLER_NOT_ALLOWED', 'Whoever asked for it cannot approve it: somebody else has to.');
      }
      const name = body.name ?? onlyQuestion(operation);
      const decided = await operations.decide(params.id, { ...body, name, decision, by: caller.id });
      if (decided === undefined) {
        throw new AppError('ERR_CONFLICT', `Operation ${params.id} does not wait for the decision '${name}'.`);
      }
      const { instanceId, eventName } = decided;
      if (instanceId !== undefined && eventName !== undefined) await orchestrations.raise(instanceId, eventName);
      return acceptedOperation(await viewOf(operations, params.id));
    },
  });
}

function actOnOperation(options: OperationRoutesOptions, verb: keyof OperationActions, summary: string): Route {
  return defineRoute({
    name: `${verb}Operation`,
    method: 'POST',
    path: `operations/{id}/${verb}`,
    action: `operation.${verb}`,
    role: 'operator',
    summary,
    tags,
    request: { params: operationParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations, operationId }) => {
      const operation = await requireTurn(options, verb, params.id, caller);
      if (operation.status !== 'failed' && operation.status !== 'canceled') {
        const detail = `Operation ${params.id} is ${operation.status}; this needs one that failed or was canceled.`;
        throw new AppError('ERR_CONFLICT', detail);
      }
      const acts: Readonly<Partial<Record<OperationCarrier, OperationAct>>> = options.actions[verb];
      const act = acts[carrierOf(operation.kind)];
      if (act === undefined) {
        throw new Error(`There is no handler for ${verb} of operations of kind ${operation.kind}.`);
      }
      return acceptedOperation(await act({ operation, caller, orchestrations, operationId }));
    },
  });
}

/**
 * The operation, if it is one that this can be asked of, by this caller, and that is still its target's. Whatever goes
 * on with an operation, or ends it, comes through here.
 */
async function requireTurn(
  { operations, standing }: OperationRoutesOptions,
  verb: OperationVerb,
  id: string,
  caller: Caller,
): Promise<OperationRecord & { readonly kind: OperationKind }> {
  const operation = await operations.get(id);
  if (operation === undefined) throw notFound(id);
  const { kind } = operation;
  const role = isOperationKind(kind) ? roleFor(kind, verb) : undefined;
  if (!isOperationKind(kind) || role === undefined) {
    throw new AppError('ERR_CONFLICT', `Operations of kind ${kind} do not support ${verb}.`);
  }
  if (!isAllowed(caller, role)) {
    throw new AppError(
      'ERR_CALLER_NOT_ALLOWED',
      `To ${verb} an operation of kind ${kind} needs the role ${role}; this key has ${caller.role}.`,
    );
  }
  const reason = await standing(operation);
  if (reason !== undefined) throw supersededBy(operation, reason, verb);
  return { ...operation, kind };
}

/** The approval that is meant where none is named: the only one that was ever asked for. */
function onlyQuestion(operation: OperationRecord): string {
  const open = openWaits(operation).filter(({ kind }) => kind === 'approval');
  const asked = Object.entries(operation.waits ?? {}).filter(([, { kind }]) => kind === 'approval');
  const [only] = open;
  if (only === undefined) throw new AppError('ERR_CONFLICT', `Operation ${operation.id} does not wait for a decision.`);
  if (asked.length === 1) return only.name;
  const names = open.map(({ name }) => `'${name}'`).join(', ');
  throw new AppError(
    'ERR_CONFLICT',
    `Operation ${operation.id} has asked for more than one decision. Name the one that is meant; open now: ${names}.`,
    {
      problems: open.map(({ name }) => ({
        path: '/name',
        code: 'approvalNotNamed',
        message: `'${name}' waits for a decision.`,
        fix: `Send "name": "${name}" if that is the one.`,
      })),
    },
  );
}

/** A client that only follows Location sees success and failure by status alone. */
function resultAnswer(view: OperationView, requestId: string): RouteAnswer {
  if (!isOperationEnd(view.status)) return { status: 202, body: view, headers: operationHeaders(view.id) };
  if (view.status === 'succeeded') return { status: 200, body: view.result ?? {} };
  const { code, detail, status, errors, azure } = view.problem ?? endWithoutProblem(view);
  const known = isErrorCode(code) ? errorStatus[code] : errorStatus.ERR_OPERATION_FAILED;
  const body = problemBody({ code, detail, requestId, status: status ?? known, errors, azure });
  return { status: body.status, bytes: { content: JSON.stringify(body), contentType: problemMediaType } };
}

function endWithoutProblem({ id, status }: OperationView): NonNullable<OperationView['problem']> {
  return status === 'canceled'
    ? { code: 'ERR_OPERATION_CANCELED', detail: `Operation ${id} was canceled before it was done.` }
    : { code: 'ERR_OPERATION_FAILED', detail: `Operation ${id} failed. Its steps say where.` };
}

async function viewOf(operations: OperationRoutesOptions['operations'], id: string): Promise<OperationView> {
  const view = await operations.view(id);
  if (view === undefined) throw notFound(id);
  return view;
}

function notFound(id: string): AppError {
  return new AppError('ERR_NOT_FOUND', `There is no operation ${id}.`);
}
