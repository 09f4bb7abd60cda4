import type { ServiceResponse } from '../platform/https-service.ts';
import type { ArmCall } from './arm-call.ts';
import type { EndedChange } from './change-events.ts';

/**
 * The change that a call made at once; undefined when it read, was refused, or started an operation that ends later.
 */
export function toSynchronousChange(call: ArmCall, response: ServiceResponse): EndedChange | undefined {
  const isChange = !['GET', 'HEAD'].includes(call.method);
  const isDone = response.status < 300 && response.status !== 202 && response.status !== 204;
  if (!isChange || !isDone || response.headers?.['azure-asyncoperation'] !== undefined) return undefined;
  const path = call.url.pathname;
  return {
    resourceId: call.method === 'POST' ? path.replace(/\/[^/]+$/, '') : path,
    operationName: operationNameOf(call.method, path),
    outcome: 'Success',
    caller: call.caller,
    correlationId: call.correlationId,
  };
}

function operationNameOf(method: string, path: string): string {
  const [, type, , action] = /\/Microsoft\.Network\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/i.exec(path) ?? [];
  if (type === undefined) return 'Microsoft.Resources/subscriptions/resourceGroups/write';
  if (method === 'POST') return `Microsoft.Network/${type}/${action ?? ''}/action`;
  return `Microsoft.Network/${type}/write`;
}
