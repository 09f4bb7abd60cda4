import type { ArmCall, ArmContext } from './arm-call.ts';
import { ArmRefusal } from './arm-refusal.ts';
import type { StoredOperation, StoredResource } from './arm-state.ts';
import { retryAfter } from './durations.ts';
import { operationUrls } from './operation-urls.ts';
import { provisioningStateOf } from './resource-store.ts';

const retrySeconds = 10;

/** The 429 for a write that meets another write of the same resource. Not throttling. */
export function refuseAnotherOperation(context: ArmContext, call: ArmCall, running: StoredOperation): ArmRefusal {
  const { status } = operationUrls(context.state, running, call.url.origin);
  return new ArmRefusal(
    429,
    'AnotherOperationInProgress',
    `Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: ${status}.`,
    { headers: { 'retry-after': retryAfter(context.host, retrySeconds) } },
  );
}

/** The 429 for an action that meets a write of its resource, or a write that meets an action. */
export function refuseLocked(context: ArmContext, running: StoredOperation): ArmRefusal {
  const message = `The resource ${running.targetId} is locked by another operation ${running.name} (${running.id}). Please retry later.`;
  return new ArmRefusal(429, 'RetryableErrorDueToAnotherOperation', message, {
    headers: { 'retry-after': retryAfter(context.host, retrySeconds) },
  });
}

/** Refuses to build on a resource whose own write has not succeeded. */
export function checkProvisioned(context: ArmContext, resource: StoredResource, userId: string): void {
  const state = provisioningStateOf(resource.body);
  if (state === 'Succeeded') return;
  const last = context.state.operations[resource.operationId ?? '']?.name ?? 'PutOperation';
  const message = `Cannot proceed with operation because resource ${resource.id} used by resource ${userId} is not in Succeeded state. Resource is in ${state} state and the last operation that updated/is updating the resource is ${last}.`;
  throw new ArmRefusal(429, 'RetryableError', 'A retryable error occurred.', {
    details: [{ code: 'ReferencedResourceNotProvisioned', message }],
    headers: { 'retry-after': retryAfter(context.host, retrySeconds) },
  });
}
