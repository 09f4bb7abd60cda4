import type { Invoke } from '../core/invoker.ts';
import type { Registry } from '../core/registry.ts';
import type { Log, Nullable, RegisteredFunction, RpcCookie, RpcHttpRequest, RpcHttpResponse } from '../core/types.ts';
import type { TypedData } from '../core/types.ts';
import type { AuthKeys } from './auth-keys.ts';
import type { HostRequest, HostResponse } from './messages.ts';
import { empty, headerOf } from './messages.ts';
import type { RouteMatcher } from './route-template.ts';
import { compileRoute } from './route-template.ts';

export interface HttpTriggerOptions {
  readonly registry: Registry;
  readonly invoke: Invoke;
  readonly keys: AuthKeys;
  readonly routePrefix: string;
  readonly log: Log;
  /** Names of functions that a setting disables. */
  readonly isDisabled: (functionName: string) => boolean;
}

interface Route {
  readonly fn: RegisteredFunction;
  readonly methods: readonly string[];
  readonly match: RouteMatcher;
}

/** Answers a request by the function that its path and method lead to. */
export type HttpTriggers = (request: HostRequest) => Promise<HostResponse>;

/**
 * Makes the router of the app's HTTP functions. Of overlapping templates the first in the alphabetical order of the
 * function names wins, not the more specific one (functions-host #9876).
 */
export function createHttpTriggers(options: HttpTriggerOptions): HttpTriggers {
  const routes = options.registry
    .withTrigger('httpTrigger')
    .filter(({ name }) => !options.isDisabled(name))
    .toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
    .map((fn) => toRoute(fn, options.routePrefix));
  return async (request) => {
    for (const { fn, methods, match } of routes) {
      const params = methods.includes(request.method) ? match(request.url.pathname) : undefined;
      if (params !== undefined) {
        return answer(options, fn, request, params);
      }
    }
    return empty(404);
  };
}

function toRoute(fn: RegisteredFunction, routePrefix: string): Route {
  const { route, methods } = fn.trigger;
  const path = [routePrefix, route ?? fn.name].filter((part) => part !== '').join('/');
  return { fn, methods: (methods ?? ['GET', 'POST']).map((method) => method.toUpperCase()), match: compileRoute(path) };
}

async function answer(
  { keys, invoke, log }: HttpTriggerOptions,
  fn: RegisteredFunction,
  request: HostRequest,
  params: Readonly<Record<string, string>>,
): Promise<HostResponse> {
  if (!keys.opensFunction(request, fn.name, fn.trigger.authLevel ?? 'anonymous')) {
    return empty(401);
  }
  const traceParent = headerOf(request, 'traceparent');
  try {
    const trigger = { http: toRpcRequest(request, params) };
    const response = await invoke(fn, traceParent === undefined ? { trigger } : { trigger, traceParent });
    return toHostResponse(response.returnValue?.http);
  } catch (error: unknown) {
    log('error', fn.name, `Executed 'Functions.${fn.name}' (Failed): ${describe(error)}`);
    return empty(500);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Only the nullable maps carry empty values, so both are sent, as the host does. */
function toRpcRequest(request: HostRequest, params: Readonly<Record<string, string>>): RpcHttpRequest {
  const headers = joinHeaders(request);
  const query = joinQuery(request.url.searchParams);
  return {
    method: request.method,
    url: request.url.href,
    headers,
    query,
    params,
    nullableHeaders: toNullable(headers),
    nullableQuery: toNullable(query),
    nullableParams: toNullable(params),
    ...(isHandedOver(request) ? { body: { bytes: request.body } } : {}),
  };
}

/** The host reads a body only when its length was announced: a chunked one reaches the app as nothing. */
function isHandedOver(request: HostRequest): boolean {
  return Number(headerOf(request, 'content-length') ?? 0) > 0;
}

function joinHeaders(request: HostRequest): Readonly<Record<string, string>> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) {
      joined[name] = Array.isArray(value) ? value.join(',') : value;
    }
  }
  return joined;
}

function joinQuery(query: URLSearchParams): Readonly<Record<string, string>> {
  const joined: Record<string, string> = {};
  for (const name of new Set(query.keys())) {
    joined[name] = query.getAll(name).join(',');
  }
  return joined;
}

function toNullable(values: Readonly<Record<string, string>>): Readonly<Record<string, Nullable<string>>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** A handler that returns nothing is answered 204, the documented default. */
function toHostResponse(http: RpcHttpResponse | undefined): HostResponse {
  if (http === undefined) {
    return empty(204);
  }
  const cookies = (http.cookies ?? []).map(toSetCookie);
  const headers = { ...http.headers, ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) };
  const body = toBody(http.body);
  return { status: Number(http.statusCode ?? '200'), headers, ...(body === undefined ? {} : { body }) };
}

function toBody(data: TypedData | undefined): string | Uint8Array | undefined {
  return data?.bytes ?? data?.string ?? data?.json;
}

const sameSiteNames = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' } as const;

function toSetCookie(cookie: RpcCookie): string {
  const { expires, sameSite } = cookie;
  const expiry = expires === undefined ? undefined : new Date(expires.value.seconds * 1000).toUTCString();
  const parts: readonly (string | undefined)[] = [
    `${cookie.name}=${cookie.value}`,
    cookie.domain && `Domain=${cookie.domain.value}`,
    cookie.path && `Path=${cookie.path.value}`,
    expiry && `Expires=${expiry}`,
    cookie.maxAge && `Max-Age=${cookie.maxAge.value}`,
    cookie.secure?.value === true ? 'Secure' : undefined,
    cookie.httpOnly?.value === true ? 'HttpOnly' : undefined,
    sameSite === undefined || sameSite === 'none' ? undefined : `SameSite=${sameSiteNames[sameSite]}`,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}
