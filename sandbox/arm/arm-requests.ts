import { randomUUID } from 'node:crypto';
import type { ServiceRequest, ServiceResponse } from '../platform/https-service.ts';
import type { ArmCall, ArmContext } from './arm-call.ts';
import { ArmRefusal, refuseAtGateway } from './arm-refusal.ts';
import { armRoutes } from './arm-routes.ts';
import type { Caller } from './arm-state.ts';
import { checkAuthorized } from './authorization.ts';
import type { EndedChange } from './change-events.ts';
import { authenticate, checkSubscription, readApiVersion, throttle } from './front-end.ts';
import { downloadPrefix, downloadProfile } from './gateways/profile-downloads.ts';
import { type MatchedRoute, matchRoute } from './route-table.ts';
import { standardHeaders } from './standard-headers.ts';
import { toSynchronousChange } from './synchronous-changes.ts';
import type { TokenBuckets } from './token-buckets.ts';

export interface RequestHandling {
  readonly context: ArmContext;
  readonly buckets: TokenBuckets;
  readonly publish: (change: EndedChange) => void;
}

interface RequestIds {
  readonly requestId: string;
  readonly correlationId: string;
}

/** Answers one request in the order of Azure's front end; a `known` caller needs no token. */
export async function handleRequest(
  handling: RequestHandling,
  request: ServiceRequest,
  known?: Caller,
): Promise<ServiceResponse> {
  const { context } = handling;
  if (request.url.pathname.startsWith(downloadPrefix)) return downloadProfile(context, request);
  const correlationId = request.headers['x-ms-correlation-request-id'] ?? randomUUID();
  const ids = { requestId: randomUUID(), correlationId };
  const answer = await admit(handling, request, ids, known);
  const headers = standardHeaders({
    ...ids,
    now: context.host.clock.now(),
    clientRequestId: request.headers['x-ms-client-request-id'],
    isNetwork: /\/Microsoft\.Network\//i.test(request.url.pathname),
  });
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

async function admit(
  handling: RequestHandling,
  request: ServiceRequest,
  ids: RequestIds,
  known: Caller | undefined,
): Promise<ServiceResponse> {
  const { host } = handling.context;
  let caller = known;
  let left: Readonly<Record<string, string>> = {};
  try {
    caller ??= await authenticate(host, request);
    checkSubscription(host, request.url.pathname);
    left = throttle(handling.buckets, host, caller, request.method);
    const response = await dispatch(handling, request, caller, ids);
    return { ...response, headers: { ...left, ...response.headers }, principal: caller.appId };
  } catch (error) {
    if (!(error instanceof ArmRefusal)) throw error;
    const refused = error.toResponse();
    return { ...refused, headers: { ...left, ...refused.headers }, principal: caller?.appId };
  }
}

async function dispatch(
  handling: RequestHandling,
  request: ServiceRequest,
  caller: Caller,
  ids: RequestIds,
): Promise<ServiceResponse> {
  const { route, params } = requireRoute(request);
  const call: ArmCall = {
    ...ids,
    caller,
    method: request.method,
    url: request.url,
    headers: request.headers,
    params,
    apiVersion: readApiVersion(request.url, route.namespace, resourceTypeOf(request.url.pathname)),
    content: request.body,
    failOperation: request.failOperation,
  };
  checkAuthorized(handling.context, call, route);
  const response = await route.handle(handling.context, call);
  const change = toSynchronousChange(call, response);
  if (change !== undefined) handling.publish(change);
  return response;
}

function requireRoute(request: ServiceRequest): MatchedRoute {
  const matched = matchRoute(armRoutes, request.method, request.url.pathname);
  if (matched !== undefined) return matched;
  const message = `The local stack does not have the operation ${request.method} ${request.url.pathname}.`;
  throw refuseAtGateway(501, 'NotImplemented', message);
}

function resourceTypeOf(path: string): string {
  return /\/providers\/Microsoft\.\w+\/([^/]+)/i.exec(path)?.[1] ?? '';
}
