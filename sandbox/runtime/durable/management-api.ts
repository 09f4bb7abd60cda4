import { randomUUID } from 'node:crypto';
import type { StackClock } from '../clock.ts';
import type { HostRequest, HostResponse } from '../http/messages.ts';
import { empty, headerOf, json, parseJson, text } from '../http/messages.ts';
import { decodePath } from '../http/web-server-rules.ts';
import type { AppFunctions } from './app-functions.ts';
import { managementUrls, webhookPath } from './client-binding.ts';
import { isTerminal } from './history.ts';
import type { Delivery } from './instance-actor.ts';
import { listInstances, purgeInstances } from './instance-queries.ts';
import type { Quirks } from './quirks.ts';
import type { InstanceRecord } from './records.ts';
import { parseOrText, toHistoryView, toStatusBody, toStatusCode } from './status-view.ts';
import type { TaskHub } from './task-hub.ts';

export interface ManagementOptions {
  readonly hub: TaskHub;
  readonly functions: AppFunctions;
  readonly quirks: Quirks;
  readonly clock: StackClock;
  readonly replaceRunning: boolean;
  readonly isTraced: boolean;
  /** The query that opens the management URLs of an answer. */
  readonly query: string;
}

/** One route of the API; `path` is what follows the base, split at slashes and decoded. */
export type ManagementApi = (request: HostRequest, path: readonly string[]) => Promise<HostResponse>;

const notImplemented = ['suspend', 'resume', 'rewind', 'restart'];

/**
 * The HTTP API of the durable extension (facts: "Endpoints as the host serves them"), for the webhook and the rpc path.
 */
export function createManagementApi(options: ManagementOptions): ManagementApi {
  return async (request, [collection, id, operation, eventName]) => {
    switch (collection) {
      case 'orchestrators':
        return request.method === 'POST' && id !== undefined ? start(options, request, id, operation) : empty(404);
      case 'entities':
        return text(501, 'Durable entities are not implemented by this runtime.');
      case 'instances':
        return id === undefined || id === ''
          ? serveAll(options, request)
          : serveOne(options, request, { id, operation, eventName });
      default:
        return empty(404);
    }
  };
}

async function serveAll(options: ManagementOptions, request: HostRequest): Promise<HostResponse> {
  switch (request.method) {
    case 'GET':
      return listInstances(options.hub, request);
    case 'DELETE':
      return purgeInstances(options.hub, request.url.searchParams);
    default:
      return empty(404);
  }
}

interface InstancePath {
  readonly id: string;
  readonly operation: string | undefined;
  readonly eventName: string | undefined;
}

async function serveOne(options: ManagementOptions, request: HostRequest, path: InstancePath): Promise<HostResponse> {
  const { id, operation, eventName } = path;
  const { method } = request;
  if (operation === undefined && method === 'GET') {
    return getStatus(options, request, id);
  }
  if (operation === undefined && method === 'DELETE') {
    return purge(options, id);
  }
  if (method !== 'POST' || operation === undefined) {
    return empty(404);
  }
  if (operation === 'raiseEvent' && eventName !== undefined) {
    return raiseEvent(options, request, id, eventName);
  }
  if (operation === 'terminate') {
    return toAnswer(await options.hub.terminate(id, request.url.searchParams.get('reason') ?? ''));
  }
  return notImplemented.includes(operation)
    ? text(501, `The operation '${operation}' is not implemented by this runtime.`)
    : empty(404);
}

async function start(
  options: ManagementOptions,
  request: HostRequest,
  name: string,
  givenId: string | undefined,
): Promise<HostResponse> {
  const input = readInput(request);
  const instanceId = givenId === undefined || givenId === '' ? randomUUID().replaceAll('-', '') : givenId;
  const problem = input === undefined ? 'Invalid JSON content' : refuseInstanceId(instanceId);
  if (problem !== undefined || input === undefined) {
    return json(400, { Message: problem });
  }
  if (options.quirks.hasOldStartErrors && !options.functions.hasOrchestrator(name)) {
    return dotnetError(400, 'System.ArgumentException', options.functions.describeUnknown(name, 'orchestrator'));
  }
  const version = request.url.searchParams.get('version') ?? undefined;
  const { replaceRunning, isTraced } = options;
  const traceParent = isTraced ? headerOf(request, 'traceparent') : undefined;
  const creation = await options.hub.start({ name, instanceId, input, version, traceParent, replaceRunning });
  if (creation.outcome === 'exists') {
    return refuseDuplicate(options.quirks, creation.status);
  }
  return (await waitForEnd(options, request, instanceId)) ?? accepted(options, request, instanceId);
}

/** JSON text of the body; `null` text-wise for an empty body, undefined for a body that is not JSON. */
function readInput({ body }: HostRequest): string | null | undefined {
  const content = body.toString('utf8');
  if (content.trim() === '') {
    return null;
  }
  const parsed = parseJson(content);
  return parsed === undefined ? undefined : JSON.stringify(parsed.value);
}

function refuseInstanceId(instanceId: string): string | undefined {
  if (instanceId.length > 256) {
    return 'Instance ids must be 256 characters or less.';
  }
  if (instanceId.startsWith('@')) {
    return 'Orchestration instance ids must not start with @.';
  }
  return /[/\\#?\p{Cc}]/u.test(instanceId)
    ? 'Instance ids must not contain /, \\, #, ?, or control characters.'
    : undefined;
}

function refuseDuplicate(quirks: Quirks, status: string): HostResponse {
  const message = `An Orchestration instance with the status ${status} already exists.`;
  return quirks.hasOldStartErrors
    ? dotnetError(500, 'DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException', message)
    : json(409, { Message: message });
}

function dotnetError(status: number, ExceptionType: string, ExceptionMessage: string): HostResponse {
  const StackTrace =
    '   at Microsoft.Azure.WebJobs.Extensions.DurableTask.HttpApiHandler.HandleStartOrchestratorRequestAsync' +
    '(HttpRequestMessage request, String functionName, String instanceId)';
  return json(status, {
    Message: 'Something went wrong while processing your request',
    ExceptionMessage,
    ExceptionType,
    StackTrace,
  });
}

function accepted({ query }: ManagementOptions, request: HostRequest, instanceId: string): HostResponse {
  const { rewindPostUri: _rewind, ...urls } = managementUrls(request.url.origin, query, encodeURIComponent(instanceId));
  const location = urls['statusQueryGetUri'] ?? '';
  return json(202, { ...urls, id: instanceId }, { location, 'retry-after': '10' });
}

/**
 * With `timeout` (seconds) the start waits for the end; undefined when that was not asked for or does not come in time.
 */
async function waitForEnd(
  { hub }: ManagementOptions,
  { url }: HostRequest,
  instanceId: string,
): Promise<HostResponse | undefined> {
  const timeoutMs = Number(url.searchParams.get('timeout') ?? '0') * 1000;
  const intervalMs = Number(url.searchParams.get('pollingInterval') ?? '1') * 1000;
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const record = hub.readRecord(instanceId);
    if (record !== undefined && isTerminal(record.status)) {
      return toEndAnswer(record);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(intervalMs, 50)));
  }
  return undefined;
}

function toEndAnswer(record: InstanceRecord): HostResponse {
  return record.status === 'Completed'
    ? json(200, parseOrText(record.output))
    : json(record.status === 'Failed' ? 500 : 200, toStatusBody(record, true));
}

function getStatus({ hub }: ManagementOptions, request: HostRequest, id: string): HostResponse {
  const query = request.url.searchParams;
  const showInput = flag(query, 'showInput', true);
  const record = hub.readRecord(id);
  if (record === undefined) {
    return empty(404);
  }
  const status = toStatusCode(record, flag(query, 'returnInternalServerErrorOnFailure', false));
  const headers = status === 202 ? { location: request.url.href, 'retry-after': '5' } : {};
  const body = toStatusBody(record, showInput);
  if (!flag(query, 'showHistory', false)) {
    return json(status, body, headers);
  }
  const history = hub.readState(id)?.history ?? [];
  const historyEvents = toHistoryView(history, { showInput, showOutput: flag(query, 'showHistoryOutput', false) });
  return json(status, { ...body, historyEvents }, headers);
}

async function raiseEvent(
  { hub }: ManagementOptions,
  request: HostRequest,
  id: string,
  eventName: string,
): Promise<HostResponse> {
  const parsed = parseJson(request.body.toString('utf8'));
  if (!(request.headers['content-type'] ?? '').toLowerCase().startsWith('application/json')) {
    return json(400, { Message: 'Only application/json request content is supported' });
  }
  if (parsed === undefined) {
    return json(400, { Message: 'Invalid JSON content' });
  }
  return toAnswer(await hub.raiseEvent(id, eventName, JSON.stringify(parsed.value)));
}

const deliveryStatuses: Readonly<Record<Delivery, number>> = {
  delivered: 202,
  repeated: 202,
  absent: 404,
  finished: 410,
};

function toAnswer(delivery: Delivery): HostResponse {
  return empty(deliveryStatuses[delivery]);
}

async function purge({ hub }: ManagementOptions, id: string): Promise<HostResponse> {
  switch (await hub.purge(id)) {
    case 'purged':
      return json(200, { instancesDeleted: 1 });
    case 'absent':
      return empty(404);
    case 'running':
      return text(412, `Instance '${id}' is not in a terminal state and cannot be purged.`);
  }
}

function flag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const value = query.get(name);
  return value === null ? otherwise : value.toLowerCase() === 'true';
}

/** Splits what follows a base path; undefined when the path is not under it. */
export function splitManagementPath(pathname: string, base: string = webhookPath): readonly string[] | undefined {
  if (!pathname.toLowerCase().startsWith(`${base}/`)) {
    return undefined;
  }
  return pathname
    .slice(base.length + 1)
    .split('/')
    .map(decodePath);
}
