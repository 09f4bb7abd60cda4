import type { ServiceResponse } from '../platform/https-service.ts';
import type { ArmCall, ArmContext } from './arm-call.ts';
import { type ArmError, ArmRefusal } from './arm-refusal.ts';
import type { StoredOperation, StoredResource } from './arm-state.ts';
import { retryAfter, stackMs } from './durations.ts';
import type { JsonObject } from './json-object.ts';
import type { OperationName } from './operation-names.ts';
import { operationUrls } from './operation-urls.ts';

const keptMs = 24 * 3600 * 1000;

export interface NewOperation {
  readonly name: OperationName;
  readonly location: string;
  readonly targetId: string;
  /** Azure's time; the stack's speed is applied here. */
  readonly takesMs: number;
  readonly input?: JsonObject;
}

/** Starts a long-running operation: it is kept first, so that it goes on after a restart. */
export function startOperation(context: ArmContext, call: ArmCall, wanted: NewOperation): StoredOperation {
  const operation: StoredOperation = {
    id: call.requestId,
    name: wanted.name,
    location: wanted.location,
    targetId: wanted.targetId,
    input: wanted.input ?? {},
    caller: call.caller,
    correlationId: call.correlationId,
    dueMs: Math.round(context.host.clock.nowMs() + stackMs(context.host, wanted.takesMs)),
    ...(call.failOperation === undefined ? {} : { failCode: call.failOperation }),
    status: 'InProgress',
  };
  forgetOld(context);
  context.state.operations[operation.id] = operation;
  context.state.operationCount += 1;
  context.save();
  schedule(context, operation);
  return operation;
}

/** Ended operations can be asked about for a day; a stack that lives for months must not keep them all. */
function forgetOld(context: ArmContext): void {
  const beforeMs = context.host.clock.nowMs() - keptMs;
  for (const operation of Object.values(context.state.operations)) {
    if (operation.status !== 'InProgress' && operation.dueMs < beforeMs) {
      Reflect.deleteProperty(context.state.operations, operation.id);
    }
  }
}

/** Schedules again what was running when the process ended. */
export function resumeOperations(context: ArmContext): void {
  for (const operation of Object.values(context.state.operations)) {
    if (operation.status === 'InProgress') schedule(context, operation);
  }
}

function schedule(context: ArmContext, operation: StoredOperation): void {
  context.host.scheduler.at(operation.dueMs, () => finishOperation(context, operation));
}

async function finishOperation(context: ArmContext, operation: StoredOperation): Promise<void> {
  // Superseded, or forgotten by a reset while it waited.
  if (operation.status !== 'InProgress' || context.state.operations[operation.id] !== operation) return;
  const definition = context.definitions[operation.name];
  const stillMs = operation.failCode === undefined ? definition.stillMs?.(context, operation) : undefined;
  if (stillMs !== undefined) {
    operation.dueMs = Math.round(context.host.clock.nowMs() + stackMs(context.host, stillMs));
    context.save();
    schedule(context, operation);
    return;
  }
  const error = await tryToSucceed(context, operation);
  if (error !== undefined) {
    operation.error = error;
    definition.fail(context, operation);
  }
  operation.status = error === undefined ? 'Succeeded' : 'Failed';
  context.save();
  context.publishEnd(operation);
}

async function tryToSucceed(context: ArmContext, operation: StoredOperation): Promise<ArmError | undefined> {
  if (operation.failCode !== undefined) {
    return {
      code: operation.failCode,
      message: 'The operation failed because the sandbox was asked for it.',
      details: [],
    };
  }
  try {
    operation.result = await context.definitions[operation.name].succeed(context, operation);
    return undefined;
  } catch (error) {
    if (error instanceof ArmRefusal) return error.toError();
    throw error;
  }
}

/** Ends a running operation in favour of another on the same resource. */
export function supersede(
  context: ArmContext,
  running: StoredOperation,
  by: { name: OperationName; id: string },
): void {
  running.status = 'Canceled';
  running.error = {
    code: 'Canceled',
    message: 'Operation was canceled.',
    details: [
      {
        code: 'CanceledAndSupersededDueToAnotherOperation',
        message: `Operation ${running.name} (${running.id}) was canceled and superseded by operation ${by.name} (${by.id}).`,
      },
    ],
  };
  context.save();
  context.publishEnd(running);
}

/** The operation that is changing a resource now, if any. */
export function runningOperation(context: ArmContext, resource: StoredResource): StoredOperation | undefined {
  const operation = context.state.operations[resource.operationId ?? ''];
  return operation?.status === 'InProgress' ? operation : undefined;
}

export interface AcceptedPut {
  readonly created: boolean;
  readonly body: JsonObject;
  readonly retryAfterSeconds: number;
}

/** The first answer to a PUT that takes time: the whole body, and where to ask. */
export function putAnswer(
  context: ArmContext,
  call: ArmCall,
  operation: StoredOperation,
  accepted: AcceptedPut,
): ServiceResponse {
  return {
    status: accepted.created ? 201 : 200,
    headers: {
      'azure-asyncoperation': operationUrls(context.state, operation, call.url.origin).status,
      'azure-asyncnotification': 'Enabled',
      'retry-after': retryAfter(context.host, accepted.retryAfterSeconds),
      'x-ms-operation-identifier': `tenantId=${context.host.tenantId},objectId=${call.caller.objectId}/${operation.location}/${operation.id}`,
    },
    body: accepted.body,
  };
}

/** The first answer to a DELETE or PATCH that takes time: no body, both URLs. */
export function acceptedAnswer(context: ArmContext, call: ArmCall, operation: StoredOperation): ServiceResponse {
  const urls = operationUrls(context.state, operation, call.url.origin);
  return {
    status: 202,
    headers: {
      'azure-asyncoperation': urls.status,
      'azure-asyncnotification': 'Enabled',
      location: urls.result,
      'retry-after': retryAfter(context.host, 10),
    },
  };
}

/** The first answer to an action: `null`, and the Location URL alone (recorded). */
export function actionAnswer(context: ArmContext, call: ArmCall, operation: StoredOperation): ServiceResponse {
  const { result } = operationUrls(context.state, operation, call.url.origin);
  return { status: 202, headers: { location: result, 'retry-after': retryAfter(context.host, 10) }, body: null };
}
