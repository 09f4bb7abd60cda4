import type { ServiceResponse } from '../platform/https-service.ts';
import { param, type ArmCall, type ArmContext } from './arm-call.ts';
import { ArmRefusal } from './arm-refusal.ts';
import type { StoredOperation } from './arm-state.ts';
import { retryAfter } from './durations.ts';
import { isSignedFor, operationUrls } from './operation-urls.ts';

const pollSeconds = 10;

/** GET of the Azure-AsyncOperation door: always 200, the outcome is in the body. */
export function readOperation(context: ArmContext, call: ArmCall): ServiceResponse {
  const operation = findOperation(context, call);
  switch (operation.status) {
    case 'InProgress':
      return {
        status: 200,
        headers: { 'retry-after': retryAfter(context.host, pollSecondsOf(operation)) },
        body: { status: 'InProgress' },
      };
    case 'Succeeded':
      return { status: 200, body: { status: 'Succeeded' } };
    case 'Failed':
    case 'Canceled':
      return { status: 200, body: { status: operation.status, error: operation.error } };
  }
}

/** GET of the Location door: 202 until the end, then what a synchronous call would have answered. */
export function readOperationResult(context: ArmContext, call: ArmCall): ServiceResponse {
  const operation = findOperation(context, call);
  const urls = operationUrls(context.state, operation, call.url.origin);
  switch (operation.status) {
    case 'InProgress':
      return {
        status: 202,
        headers: {
          location: urls.result,
          'azure-asyncoperation': urls.status,
          'retry-after': retryAfter(context.host, pollSeconds),
        },
        ...(isAction(operation) ? { body: null } : {}),
      };
    case 'Succeeded':
      return finalResult(operation, urls.result);
    case 'Failed':
    case 'Canceled':
      return { status: 400, body: { error: operation.error } };
  }
}

function finalResult(operation: StoredOperation, location: string): ServiceResponse {
  if (operation.name.startsWith('Delete')) return { status: 204 };
  // A result of undefined is an action without an answer: 200 with nothing in it.
  return { status: 200, headers: { location }, body: operation.result };
}

function isAction(operation: StoredOperation): boolean {
  return !/^(?:Put|Patch|Delete)/.test(operation.name);
}

/** Azure asks for shorter waits where the work is short (facts/cloud.md 3.1). */
function pollSecondsOf(operation: StoredOperation): number {
  if (operation.name === 'PutVirtualNetworkOperation' || operation.name === 'PutSubnetOperation') return 3;
  return operation.name === 'PutPublicIpAddressOperation' ? 1 : pollSeconds;
}

function findOperation(context: ArmContext, call: ArmCall): StoredOperation {
  const id = param(call, 'operationId');
  const operation = context.state.operations[id.toLowerCase()];
  const isOurs = operation !== undefined && isSignedFor(context.state, operation.id, call.url.searchParams);
  if (isOurs && operation.location === param(call, 'location')) return operation;
  throw new ArmRefusal(404, 'OperationNotFound', `The operation '${id}' was not found.`);
}
