import { z } from 'zod';
import { hostVersion } from './core/core-module.ts';
import type { Invoke } from './core/invoker.ts';
import type { Registry } from './core/registry.ts';
import type { Log, RegisteredFunction, TypedData } from './core/types.ts';
import type { AuthKeys } from './http/auth-keys.ts';
import type { HostRequest, HostResponse } from './http/messages.ts';
import { empty, json, parseJson } from './http/messages.ts';
import { decodePath } from './http/web-server-rules.ts';
import type { LoadGauge } from './load-gauge.ts';
import type { TimerService } from './timers/timer-service.ts';

export interface AdminOptions {
  readonly registry: Registry;
  readonly invoke: Invoke;
  readonly timers: TimerService;
  readonly keys: AuthKeys;
  readonly gauge: LoadGauge;
  readonly log: Log;
  readonly routePrefix: string;
  readonly startedAt: number;
}

const runSchema = z.object({ input: z.string().optional() });

/** The host's admin API (facts: section 7.3); everything but the ping wants the master key. */
export function serveAdmin(options: AdminOptions, request: HostRequest): HostResponse {
  const [, , area, name, detail] = request.url.pathname.split('/');
  if (area === 'host' && name === 'ping') {
    return empty(200);
  }
  if (!options.keys.isMaster(request)) {
    return empty(401);
  }
  if (area === 'host') {
    return serveHost(options, request, name);
  }
  return area === 'functions' ? serveFunctions(options, request, name, detail) : empty(404);
}

function serveHost(
  { keys, startedAt }: AdminOptions,
  { method, url }: HostRequest,
  name: string | undefined,
): HostResponse {
  if (method !== 'GET') {
    return empty(404);
  }
  switch (name) {
    case 'status': {
      const processUptime = Math.round(performance.now() - startedAt);
      return json(200, {
        id: 'sandbox',
        state: 'Running',
        version: hostVersion,
        versionDetails: hostVersion,
        processUptime,
      });
    }
    case 'keys':
      return toKeys(url, [{ name: 'default', value: keys.hostKey() }]);
    case 'systemkeys':
      return toKeys(url, [
        { name: 'durabletask_extension', value: keys.systemKey('durabletask') },
        { name: 'eventgrid_extension', value: keys.systemKey('eventgrid') },
      ]);
    default:
      return empty(404);
  }
}

function toKeys(url: URL, keys: readonly { readonly name: string; readonly value: string }[]): HostResponse {
  return json(200, { keys, links: [{ rel: 'self', href: `${url.origin}${url.pathname}` }] });
}

function serveFunctions(
  options: AdminOptions,
  request: HostRequest,
  name: string | undefined,
  detail: string | undefined,
): HostResponse {
  const { registry, keys } = options;
  if (name === undefined || name === '') {
    const all = [...registry.functions.values()].map((fn) => describeFunction(options, request, fn));
    return request.method === 'GET' ? json(200, all) : empty(404);
  }
  const fn = registry.functions.get(decodePath(name).toLowerCase());
  if (fn === undefined) {
    return empty(404);
  }
  if (detail === undefined && request.method === 'POST') {
    return runByHand(options, request, fn);
  }
  if (detail === 'keys' && request.method === 'GET') {
    return toKeys(request.url, [{ name: 'default', value: keys.functionKey(fn.name) }]);
  }
  if (detail === 'status' && request.method === 'GET') {
    return json(200, {});
  }
  return detail === undefined && request.method === 'GET'
    ? json(200, describeFunction(options, request, fn))
    : empty(404);
}

function describeFunction({ routePrefix }: AdminOptions, { url }: HostRequest, fn: RegisteredFunction): unknown {
  const bindings = Object.entries(fn.metadata.bindings).map(([name, binding]) => ({ ...binding, name }));
  const route = [routePrefix, fn.trigger.route ?? fn.name].filter((part) => part !== '').join('/');
  const invokeUrl = fn.trigger.type === 'httpTrigger' ? { invoke_url_template: `${url.origin}/${route}` } : {};
  return { name: fn.name, language: 'node', isDisabled: false, config: { name: fn.name, bindings }, ...invokeUrl };
}

/** Runs a function in the background: the answer comes at once and says nothing of how it went. */
function runByHand(options: AdminOptions, request: HostRequest, fn: RegisteredFunction): HostResponse {
  if (request.body.length === 0) {
    return empty(400);
  }
  if (!(request.headers['content-type'] ?? '').toLowerCase().startsWith('application/json')) {
    return empty(415);
  }
  const body = runSchema.safeParse(parseJson(request.body.toString('utf8'))?.value);
  if (!body.success) {
    return empty(400);
  }
  const trigger = toTrigger(options, fn, body.data.input ?? '');
  const { gauge, invoke, log } = options;
  void gauge.track(async () => {
    try {
      if (trigger === undefined) {
        throw new Error(`Don't know how to bind to a ${fn.trigger.type} by hand.`);
      }
      await invoke(fn, { trigger });
    } catch (error: unknown) {
      log('error', fn.name, `Executed 'Functions.${fn.name}' (Failed): ${String(error)}`);
    }
  });
  return empty(202);
}

function toTrigger({ timers }: AdminOptions, fn: RegisteredFunction, input: string): TypedData | undefined {
  switch (fn.trigger.type) {
    case 'timerTrigger':
      return { json: timers.infoFor(fn.name) };
    case 'eventGridTrigger':
      return { json: input };
    case 'activityTrigger':
      return { string: input };
    default:
      return undefined;
  }
}
