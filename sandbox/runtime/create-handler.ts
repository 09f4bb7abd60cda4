import type { AdminOptions } from './admin-api.ts';
import { serveAdmin } from './admin-api.ts';
import type { ControlOptions } from './control-routes.ts';
import { serveControl } from './control-routes.ts';
import { rpcPath, webhookPath } from './durable/client-binding.ts';
import type { DurableHost } from './durable/durable-host.ts';
import { splitManagementPath } from './durable/management-api.ts';
import type { EventGridOptions } from './event-grid.ts';
import { eventGridPath, serveEventGrid } from './event-grid.ts';
import type { AuthKeys } from './http/auth-keys.ts';
import type { HttpTriggers } from './http/http-trigger.ts';
import type { HostRequest, HostResponse } from './http/messages.ts';
import { empty } from './http/messages.ts';
import type { Handler } from './http/server.ts';
import type { LoadGauge } from './load-gauge.ts';

export interface HandlerOptions {
  readonly gauge: LoadGauge;
  readonly keys: AuthKeys;
  readonly control: ControlOptions;
  readonly admin: AdminOptions;
  readonly eventGrid: EventGridOptions;
  readonly durable: Pick<DurableHost, 'manage'>;
  readonly httpTriggers: HttpTriggers;
}

/** What the durable client of the app itself calls, on a port of its own: no key is asked for. */
export function createRpcHandler({ gauge, durable }: Pick<HandlerOptions, 'gauge' | 'durable'>): Handler {
  return async (request) => {
    const path = splitManagementPath(request.url.pathname, rpcPath);
    return path === undefined ? empty(404) : gauge.track(() => durable.manage(request, path));
  };
}

/** Leads each request to its route. */
export function createHandler(options: HandlerOptions): Handler {
  return async (request) => {
    if (request.url.pathname.startsWith('/sandbox/')) {
      return serveControl(options.control, request);
    }
    return options.gauge.track(() => dispatch(options, request));
  };
}

async function dispatch(options: HandlerOptions, request: HostRequest): Promise<HostResponse> {
  const { pathname } = request.url;
  if (pathname.startsWith('/admin/')) {
    return serveAdmin(options.admin, request);
  }
  if (pathname === eventGridPath) {
    return serveEventGrid(options.eventGrid, request);
  }
  const webhook = splitManagementPath(pathname, webhookPath);
  if (webhook !== undefined) {
    if (options.keys.opensExtension(request, 'durabletask')) {
      return options.durable.manage(request, webhook);
    }
    return options.keys.isOfFunctions(request) ? empty(403) : empty(401, { 'www-authenticate': 'Bearer' });
  }
  if (pathname === '/' && request.method === 'GET') {
    return {
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<!DOCTYPE html><title>Function app</title>',
    };
  }
  return options.httpTriggers(request);
}
