import { randomUUID } from 'node:crypto';
import { startEventGrid, type DeadLetter } from '../eventgrid/event-grid.ts';
import {
  startHttpsService,
  type RunningService,
  type ServiceRequest,
  type ServiceResponse,
} from '../platform/https-service.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import type { ArmCall, ArmContext } from './arm-call.ts';
import { ArmRefusal, refuseAtGateway } from './arm-refusal.ts';
import { armRoutes } from './arm-routes.ts';
import { createArmState, openArmState, type Caller, type StoredSession } from './arm-state.ts';
import { toChangeEvent, toEndedChange, type EndedChange } from './change-events.ts';
import { apiVersions, authenticate, checkSubscription, readApiVersion, throttle } from './front-door.ts';
import { gatewaysForVpn, type VpnGatewayState } from './gateways/applied-gateway.ts';
import { downloadPrefix, downloadProfile } from './gateways/profile-downloads.ts';
import { connectSession, endSession, listSessions, type NewSession } from './gateways/sessions.ts';
import { operationDefinitions } from './operation-definitions.ts';
import { resumeOperations } from './operations.ts';
import { matchRoute, type MatchedRoute } from './route-table.ts';
import { standardHeaders } from './standard-headers.ts';
import { toSynchronousChange } from './synchronous-changes.ts';
import { TokenBuckets } from './token-buckets.ts';

export { SessionRefused, type NewSession } from './gateways/sessions.ts';
export type { VpnGatewayState } from './gateways/applied-gateway.ts';
export type { StoredSession } from './arm-state.ts';

export interface ArmOptions {
  /** 0 picks a free one. */
  readonly port: number;
  /** Where change events go; without it they are kept until `setEventGridTarget`. */
  readonly eventGrid?: { readonly url: string };
}

/** The running stand-in, with the doors that the stack's control and the VPN stand-in use. */
export interface RunningArm extends RunningService {
  /** A change by somebody else, "portal": same validation, same operations, same events. `path` may lack the api-version. */
  putAsSomebodyElse(method: string, path: string, body: unknown): Promise<ServiceResponse>;
  /** Records a connection; throws SessionRefused when the gateway would refuse the client. */
  connectSession(session: NewSession): StoredSession;
  /** The client went away by itself. */
  endSession(id: string): void;
  listSessions(): StoredSession[];
  /** Every gateway that has come up, as it runs now. */
  gatewaysForVpn(): VpnGatewayState[];
  /** Called with the connection id of each session that ARM cuts. */
  onSessionDisconnect(listener: (sessionId: string) => void): void;
  deadLetters(): readonly DeadLetter[];
  setEventGridTarget(url: string): Promise<void>;
  /** Forgets every resource, operation, session and event. */
  reset(): void;
  /** Writes the state now: for the end of the process. */
  flush(): void;
}

const portal: Caller = { appId: 'portal', objectId: 'portal' };

/** Starts ARM on 127.0.0.1; operations that were running when it last ended go on. */
export async function startArm(host: ServiceHost, options: ArmOptions): Promise<RunningArm> {
  const file = openArmState(host.directory);
  const eventGrid = startEventGrid(host, { url: options.eventGrid?.url });
  const listeners: ((sessionId: string) => void)[] = [];
  const buckets = new TokenBuckets(host.clock);
  const context: ArmContext = {
    host,
    state: file.value,
    definitions: operationDefinitions,
    save() {
      file.save();
    },
    publishEnd(operation) {
      publish(toEndedChange(operation));
    },
    disconnectSession(id) {
      for (const listener of listeners) listener(id);
    },
  };
  const service = await startHttpsService(
    {
      ...host,
      name: 'arm',
      errorBody: (code, message) => ({ error: { code, message } }),
      handle: (request) => handle(request, undefined),
    },
    options.port,
  );
  resumeOperations(context);

  function publish(change: EndedChange): void {
    eventGrid.publish(toChangeEvent(host, change));
  }

  async function handle(request: ServiceRequest, known: Caller | undefined): Promise<ServiceResponse> {
    if (request.url.pathname.startsWith(downloadPrefix)) return downloadProfile(context, request);
    const ids = {
      requestId: randomUUID(),
      correlationId: request.headers['x-ms-correlation-request-id'] ?? randomUUID(),
    };
    let caller = known;
    let extra: Readonly<Record<string, string>> = {};
    let response: ServiceResponse;
    try {
      caller ??= await authenticate(host, request);
      checkSubscription(host, request.url.pathname);
      extra = throttle(buckets, host, caller, request.method);
      response = await dispatch(request, caller, ids);
    } catch (error) {
      if (!(error instanceof ArmRefusal)) throw error;
      response = error.toResponse();
    }
    const isNetwork = /\/Microsoft\.Network\//i.test(request.url.pathname);
    const clientRequestId = request.headers['x-ms-client-request-id'];
    const headers = standardHeaders({ ...ids, now: host.clock.now(), clientRequestId, isNetwork });
    return { ...response, headers: { ...headers, ...extra, ...response.headers }, principal: caller?.appId };
  }

  async function dispatch(
    request: ServiceRequest,
    caller: Caller,
    ids: { readonly requestId: string; readonly correlationId: string },
  ): Promise<ServiceResponse> {
    const matched = requireRoute(request);
    const apiVersion = readApiVersion(request.url, matched.route.namespace, resourceTypeOf(request.url.pathname));
    const call: ArmCall = {
      ...ids,
      caller,
      method: request.method,
      url: request.url,
      headers: request.headers,
      params: matched.params,
      apiVersion,
      content: request.body,
      failOperation: request.failOperation,
    };
    const response = await matched.route.handle(context, call);
    const change = toSynchronousChange(call, response);
    if (change !== undefined) publish(change);
    return response;
  }

  async function putAsSomebodyElse(method: string, path: string, body: unknown): Promise<ServiceResponse> {
    const url = new URL(path, service.url);
    const namespace = /\/Microsoft\.Network\//i.test(path) ? 'Microsoft.Network' : 'Microsoft.Resources';
    if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', apiVersions[namespace]);
    const content = Buffer.from(JSON.stringify(body ?? {}));
    const response = await handle({ method: method.toUpperCase(), url, headers: {}, body: content }, portal);
    host.journal.add({
      at: host.clock.now().toISOString(),
      service: 'arm',
      method: method.toUpperCase(),
      path: url.pathname + url.search,
      status: response.status,
      principal: portal.appId,
    });
    return response;
  }

  return {
    url: service.url,
    port: service.port,
    isIdle: () => service.isIdle() && eventGrid.isIdle(),
    async close() {
      eventGrid.stop();
      await service.close();
    },
    putAsSomebodyElse,
    connectSession: (session) => connectSession(context, session),
    endSession(id) {
      endSession(context, id);
    },
    listSessions: () => listSessions(context),
    gatewaysForVpn: () => gatewaysForVpn(context),
    onSessionDisconnect(listener) {
      listeners.push(listener);
    },
    deadLetters: () => eventGrid.deadLetters(),
    setEventGridTarget: (url) => eventGrid.setTarget(url),
    reset() {
      // Operations that are still scheduled find themselves forgotten: see finishOperation.
      Object.assign(file.value, createArmState());
      buckets.clear();
      eventGrid.reset();
      file.save();
    },
    flush() {
      file.flush();
      eventGrid.flush();
    },
  };
}

function requireRoute(request: ServiceRequest): MatchedRoute {
  const matched = matchRoute(armRoutes, request.method, request.url.pathname);
  if (matched !== undefined) return matched;
  const message = `The local stack does not have the operation ${request.method} ${request.url.pathname}.`;
  throw refuseAtGateway(501, 'NotImplemented', message);
}

function resourceTypeOf(path: string): string {
  return /\/providers\/Microsoft\.Network\/([^/]+)/i.exec(path)?.[1] ?? '';
}
