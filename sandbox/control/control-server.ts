import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import { ControlProblem } from './problem.ts';

const bodyMaxBytes = 1024 * 1024;

/** A request as a control route sees it; the parts of the path that the route's pattern names are in `params`. */
export interface ControlRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: string;
  /** The body as JSON through `schema`; throws the problem that lists everything wrong with it. */
  body<T>(schema: z.ZodType<T>): T;
}

export interface ControlResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a Buffer, which is sent with `headers` as it stands. */
  readonly body: unknown;
}

export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Segments that begin with a colon take any value: `/vpn/sessions/:id`. */
  readonly path: string;
  readonly handle: (request: ControlRequest) => Promise<ControlResponse> | ControlResponse;
}

export interface ControlServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `routes` over plain HTTP on 127.0.0.1. A request that a web page could have made (an Origin header, or a Host
 * that is not this address) is refused: the route changes a stack without asking who is there.
 */
export async function startControlServer(routes: readonly ControlRoute[], port: number): Promise<ControlServer> {
  const server = createServer((incoming, outgoing) => {
    void serve(routes, incoming, outgoing);
  });
  // Moving the clock answers when all is done, which may take minutes.
  server.requestTimeout = 0;
  // Longer than clients keep an idle connection: on a busy machine a request would meet one that is being closed.
  server.keepAliveTimeout = 130_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function serve(
  routes: readonly ControlRoute[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    refuseWebPages(incoming);
    const response = await answer(routes, incoming);
    send(outgoing, response, 'application/json');
  } catch (error) {
    send(outgoing, problemResponse(error), 'application/problem+json');
  }
}

function refuseWebPages(incoming: IncomingMessage): void {
  const port = String(incoming.socket.localPort ?? '');
  const host = incoming.headers.host ?? '';
  if (incoming.headers.origin !== undefined || ![`127.0.0.1:${port}`, `localhost:${port}`].includes(host)) {
    throw new ControlProblem(403, 'webPageRefused', 'This route answers tools on this machine, not web pages.');
  }
}

async function answer(routes: readonly ControlRoute[], incoming: IncomingMessage): Promise<ControlResponse> {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const onPath = routes.flatMap((route) => {
    const params = matchPath(route.path, url.pathname);
    return params === undefined ? [] : [{ route, params }];
  });
  if (onPath.length === 0) throw new ControlProblem(404, 'notFound', `There is no ${url.pathname} here.`);
  const found = onPath.find(({ route }) => route.method === incoming.method);
  if (found === undefined) {
    throw new ControlProblem(405, 'methodNotAllowed', `${url.pathname} does not take ${incoming.method ?? ''}.`);
  }
  const rawBody = await readBody(incoming);
  return await found.route.handle({
    params: found.params,
    query: url.searchParams,
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, value?.toString()])),
    rawBody,
    body: (schema) => parseBody(schema, rawBody),
  });
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':')) params[segment.slice(1)] = decodeURIComponent(value);
    else if (segment !== value) return undefined;
  }
  return params;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length;
    if (length > bodyMaxBytes) throw new ControlProblem(413, 'tooLarge', `A body is at most ${bodyMaxBytes} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody<T>(schema: z.ZodType<T>, rawBody: string): T {
  let json: unknown;
  try {
    json = JSON.parse(rawBody);
  } catch {
    throw new ControlProblem(400, 'notJson', 'The body is not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    path: `/${issue.path.join('/')}`,
    message: issue.message,
  }));
  throw new ControlProblem(400, 'invalid', 'The body does not have the expected shape.', errors);
}

function problemResponse(error: unknown): ControlResponse {
  const problem =
    error instanceof ControlProblem
      ? error
      : new ControlProblem(
          500,
          'sandboxDefect',
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        );
  const { status, code, message: detail, errors } = problem;
  return { status, body: { type: 'about:blank', title: code, status, code, detail, errors } };
}

function send(outgoing: ServerResponse, response: ControlResponse, type: string): void {
  const isRaw = Buffer.isBuffer(response.body);
  const body = isRaw ? response.body : Buffer.from(JSON.stringify(response.body ?? {}));
  outgoing.writeHead(response.status, {
    ...(isRaw ? {} : { 'content-type': type }),
    'content-length': body.length,
    ...response.headers,
  });
  outgoing.end(body);
}
