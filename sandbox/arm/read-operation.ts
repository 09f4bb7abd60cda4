import type { ServiceResponse } from '../platform/https-service.ts';
import { type ArmCall, type ArmContext, param } from './arm-call.ts';
import { ArmRefusal } from './arm-refusal.ts';
import type { StoredOperation } from './arm-state.ts';
import { retryAfter } from './durations.ts';
import { isSignedFor, operationUrls } from './operation-urls.ts';

/** The waits that a gateway's operations ask for, one after the other; the last for all that follow (recorded). */
const growingSeconds = [10, 20, 20, 40, 40, 80, 160, 100] as const;

/** GET of the Azure-AsyncOperation URL: always 200, the outcome is in the body. */
export function readOperation(context: ArmContext, call: ArmCall): ServiceResponse {
  const operation = findOperation(context, call);
  switch (operation.status) {
    case 'InProgress':
      return {
        status: 200,
        headers: { 'retry-after': retryAfter(context.host, nextPollSeconds(operation)) },
        body: { status: 'InProgress' },
      };
    case 'Succeeded':
      return { status: 200, body: { status: 'Succeeded' } };
    case 'Failed':
    case 'Canceled':
      return { status: 200, body: { status: operation.status, error: operation.error } };
  }
}

/** GET of the Location URL: 202 until the end, then what a synchronous call would have answered. */
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
          'retry-after': retryAfter(context.host, nextPollSeconds(operation)),
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

/**
 * Azure asks for shorter waits where the work is short, and for longer ones the more often it was
 * asked.
 */
function nextPollSeconds(operation: StoredOperation): number {
  if (operation.name === 'PutVirtualNetworkOperation' || operation.name === 'PutSubnetOperation') return 3;
  if (operation.name === 'PutPublicIpAddressOperation') return 1;
  if (operation.name.endsWith('RunCommandOperation')) return 10;
  const asked = operation.asked ?? 0;
  operation.asked = asked + 1;
  return growingSeconds[asked] ?? growingSeconds[7];
}

function findOperation(context: ArmContext, call: ArmCall): StoredOperation {
  const id = param(call, 'operationId');
  const operation = context.state.operations[id.toLowerCase()];
  const isOurs = operation !== undefined && isSignedFor(context.state, operation.id, call.url.searchParams);
  if (isOurs && operation.location === param(call, 'location')) return operation;
  throw new ArmRefusal(404, 'OperationNotFound', `The operation '${id}' was not found.`);
}
