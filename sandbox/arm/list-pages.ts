import type { ServiceResponse } from '../platform/https-service.ts';
import type { ArmCall } from './arm-call.ts';

/** Azure chooses how much a page holds; a few here, so that a caller who reads the first page only is found out. */
const pageMax = 3;

/** One page of a list, with the address of the next one while there is more. */
export function listPage(call: ArmCall, items: readonly unknown[]): ServiceResponse {
  const from = Number(call.url.searchParams.get('$skiptoken') ?? '0') || 0;
  const next = new URL(call.url);
  next.searchParams.set('$skiptoken', String(from + pageMax));
  const value = items.slice(from, from + pageMax);
  return { status: 200, body: { value, ...(from + pageMax < items.length ? { nextLink: next.href } : {}) } };
}
