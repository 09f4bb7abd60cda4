import type { Operations } from '../../services/operations/operations.ts';
import type { RouteAnswer } from './route.ts';

/** Seconds after which looking again is worth it; Azure's own long steps take minutes. */
const operationRetryAfterSeconds = 10;

/** The answer of a route that started long work: the operation, where its result will be, when to look. */
export function acceptedOperation(operation: { readonly id: string }): RouteAnswer {
  return { status: 202, body: operation, headers: operationHeaders(operation.id) };
}

/** The same answer with the operation as `GET` shows it. */
export async function accepted(operations: Pick<Operations, 'view'>, id: string): Promise<RouteAnswer> {
  return acceptedOperation((await operations.view(id)) ?? { id });
}

export function operationHeaders(id: string): Readonly<Record<string, string>> {
  return { location: `/api/operations/${id}/result`, 'retry-after': String(operationRetryAfterSeconds) };
}
