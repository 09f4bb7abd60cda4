import type { ServiceResponse } from '../platform/https-service.ts';
import type { ArmCall, ArmContext } from './arm-call.ts';
import { mayRead } from './authorization.ts';
import { asText, type JsonObject } from './json-object.ts';

/** Azure chooses how much a page holds; a few here, so that a caller who reads the first page only is found out. */
const pageMax = 3;

/** One page of what the caller may read of a list, with the address of the next one while there is more. */
export function listPage(context: ArmContext, call: ArmCall, all: readonly JsonObject[]): ServiceResponse {
  const items = all.filter(({ id, type }) =>
    mayRead(context, call.caller, { id: asText(id) ?? '', type: asText(type) ?? '' }),
  );
  const from = Number(call.url.searchParams.get('$skiptoken') ?? '0') || 0;
  const next = new URL(call.url);
  next.searchParams.set('$skiptoken', String(from + pageMax));
  const value = items.slice(from, from + pageMax);
  return { status: 200, body: { value, ...(from + pageMax < items.length ? { nextLink: next.href } : {}) } };
}
