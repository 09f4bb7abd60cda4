import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type FaultAction, type FaultPlan, rawResponse } from './faults.ts';
import type { Journal } from './journal.ts';
import type { StackClock } from './stack-clock.ts';
import type { RecordTraffic } from './traffic-recorder.ts';

const bodyMaxBytes = 4 * 1024 * 1024;

/** A request as an emulator's handlers see it. Header names are lower-case. */
export interface ServiceRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Set by a fault: the operation that this request starts is to end as failed with this code. */
  readonly failOperation?: string;
}

export interface ServiceResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a Buffer or undefined (no body). */
  readonly body?: unknown;
  /** For the journal. */
  readonly principal?: string | undefined;
}

export interface ServiceOptions {
  /** Name in the journal and in faults: arm, keyvault, identity. */
  readonly name: string;
  readonly credentials: { readonly cert: string; readonly key: string };
  readonly clock: StackClock;
  readonly journal: Journal;
  readonly faults: FaultPlan;
  readonly record?: RecordTraffic | undefined;
  /** The error body of this service; also used for faults that answer with a status. */
  readonly errorBody: (code: string, message: string) => unknown;
  readonly handle: (request: ServiceRequest) => Promise<ServiceResponse>;
}

export interface RunningService {
  readonly url: string;
  readonly port: number;
  /** True when no request is being answered. */
  isIdle(): boolean;
  close(): Promise<void>;
}

/**
 * Starts one emulator's HTTPS server on 127.0.0.1, with faults and journal in front of its handler. Port 0 picks a free
 * one.
 */
export async function startHttpsService(options: ServiceOptions, port: number): Promise<RunningService> {
  let active = 0;
  const server = createServer(options.credentials, (incoming, outgoing) => {
    active += 1;
    void serve(options, incoming, outgoing).finally(() => {
      active -= 1;
    });
  });
  await listen(server, port);
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `https://localhost:${bound}`,
    port: bound,
    isIdle: () => active === 0,
    close: () => close(server),
  };
}

async function serve(options: ServiceOptions, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = await readRequest(incoming);
  const path = request.url.pathname + request.url.search;
  const fault = options.faults.take({ service: options.name, method: request.method, path });
  if (fault !== undefined && 'hangMs' in fault) await new Promise((resolve) => setTimeout(resolve, fault.hangMs));
  const response =
    fault !== undefined && 'status' in fault ? faultResponse(options, fault) : await answer(options, request, fault);
  options.journal.add({
    at: options.clock.now().toISOString(),
    service: options.name,
    method: request.method,
    path,
    status: response.status,
    ...(response.principal === undefined ? {} : { principal: response.principal }),
    ...(fault === undefined ? {} : { fault: Object.keys(fault)[0] ?? 'fault' }),
  });
  record(options, request, response);
  if (fault !== undefined && 'applyThenDrop' in fault) outgoing.destroy();
  else send(outgoing, response);
}

async function answer(
  options: ServiceOptions,
  request: ServiceRequest,
  fault: FaultAction | undefined,
): Promise<ServiceResponse> {
  if (request.body.length > bodyMaxBytes) {
    return {
      status: 413,
      body: options.errorBody('RequestContentTooLarge', 'The request content size exceeds the maximum.'),
    };
  }
  const failOperation = fault !== undefined && 'failOperation' in fault ? { failOperation: fault.failOperation } : {};
  try {
    return await options.handle({ ...request, ...failOperation });
  } catch (error) {
    // An emulator that breaks must be seen as broken, not as Azure having a bad day.
    console.error(`${options.name}: ${request.method} ${request.url.pathname}`, error);
    return {
      status: 500,
      body: options.errorBody('SandboxDefect', error instanceof Error ? error.message : String(error)),
    };
  }
}

function faultResponse(options: ServiceOptions, fault: Extract<FaultAction, { status: number }>): ServiceResponse {
  if (!('code' in fault)) return rawResponse(fault);
  return {
    status: fault.status,
    headers: fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) },
    body: options.errorBody(
      fault.code,
      'The request met a fault that the sandbox was asked for, or its share of noise.',
    ),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<ServiceRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length;
    // One byte over the cap is enough to refuse; the rest is read and dropped so that the client gets the answer.
    if (length <= bodyMaxBytes + (chunk as Buffer).length) chunks.push(chunk as Buffer);
  }
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return {
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', `https://${incoming.headers.host ?? 'localhost'}`),
    headers,
    body: Buffer.concat(chunks),
  };
}

function send(outgoing: ServerResponse, response: ServiceResponse): void {
  const body = Buffer.isBuffer(response.body)
    ? response.body
    : response.body === undefined
      ? Buffer.alloc(0)
      : Buffer.from(JSON.stringify(response.body));
  outgoing.writeHead(response.status, { 'content-length': body.length, ...headersOf(response) });
  outgoing.end(body);
}

/** The headers as sent, but for those of the connection. */
function headersOf(response: ServiceResponse): Record<string, string> {
  const isJson = response.body !== undefined && !Buffer.isBuffer(response.body);
  return { ...(isJson ? { 'content-type': 'application/json; charset=utf-8' } : {}), ...response.headers };
}

function record(options: ServiceOptions, request: ServiceRequest, response: ServiceResponse): void {
  options.record?.({
    service: options.name,
    liveRequest: {
      method: request.method,
      url: request.url.href,
      headers: { ...request.headers },
      body: parseJson(request.body),
    },
    liveResponse: { statusCode: String(response.status), headers: headersOf(response), body: response.body ?? {} },
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return {};
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
