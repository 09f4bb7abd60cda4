import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostRequest, HostResponse } from './messages.ts';
import { empty } from './messages.ts';
import { headerBytesMax, refusalOf } from './web-server-rules.ts';

/** The host's default for the largest request body. */
const bodyBytesMax = 100 * 1024 * 1024;
/**
 * How long the host's web server (Kestrel) keeps an idle connection by default. Node's five seconds end it about when
 * clients use it again, and on a busy machine their request meets a closed connection.
 */
const idleConnectionMs = 130_000;
const closingPollMs = 50;

export type Handler = (request: HostRequest) => Promise<HostResponse>;

export interface HostServer {
  readonly port: number;
  /** Takes no more connections and ends those that are idle. */
  close(): Promise<void>;
}

/** Listens on a loopback port (0 for any free one) and answers every request through the handler. */
export async function listen(port: number, handler: Handler, onError: (error: unknown) => void): Promise<HostServer> {
  const server = createServer({ maxHeaderSize: headerBytesMax }, (request, response) => {
    serve(handler, request, response).catch((error: unknown) => {
      onError(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = idleConnectionMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function serve(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { status, headers, body } = await answer(handler, incoming);
  const length = Buffer.byteLength(body ?? '');
  const fields = Object.entries({ ...lengthOf(status, length), ...headers }).map(
    ([name, value]) => [name, [value].flat()] as const,
  );
  outgoing.writeHead(
    status,
    Object.fromEntries(fields.map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
  );
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}

/** A status that never has a body says no length either. */
function lengthOf(status: number, length: number): HostResponse['headers'] {
  return status === 204 || status === 304 ? {} : { 'content-length': String(length) };
}

async function answer(handler: Handler, incoming: IncomingMessage): Promise<HostResponse> {
  const content = await readBody(incoming);
  const refusal = refusalOf(incoming) ?? (content === undefined ? 413 : undefined);
  if (content === undefined || refusal !== undefined) {
    return empty(refusal ?? 413);
  }
  const url = URL.parse(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
  if (url === null) {
    return empty(400);
  }
  return handler({ method: incoming.method ?? 'GET', url, headers: incoming.headers, body: content });
}

/** The whole body, or undefined when it is too large; what is too large is still read, or the answer would be lost. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyBytesMax) {
      chunks.push(chunk);
    }
  }
  return size > bodyBytesMax ? undefined : Buffer.concat(chunks);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  // A connection that is at work now is idle in a moment, and would then be kept.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, closingPollMs);
  await closed;
  clearInterval(sweep);
}
