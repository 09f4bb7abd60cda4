import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostRequest, HostResponse } from './messages.ts';
import { empty } from './messages.ts';

/** The host's default for the largest request body. */
const bodyBytesMax = 100 * 1024 * 1024;

export type Handler = (request: HostRequest) => Promise<HostResponse>;

export interface HostServer {
  readonly port: number;
  /** Takes no more connections and ends those that are idle. */
  close(): Promise<void>;
}

/** Listens on a loopback port (0 for any free one) and answers every request through the handler. */
export async function listen(port: number, handler: Handler, onError: (error: unknown) => void): Promise<HostServer> {
  const server = createServer((request, response) => {
    serve(handler, request, response).catch((error: unknown) => {
      onError(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function serve(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = await readRequest(incoming);
  const { status, headers, body } = request === undefined ? empty(413) : await handler(request);
  const fields = Object.entries(headers ?? {}).map(([name, value]) => [name, [value].flat()] as const);
  outgoing.writeHead(
    status,
    Object.fromEntries(fields.map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
  );
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}

async function readRequest(incoming: IncomingMessage): Promise<HostRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyBytesMax) {
      chunks.push(chunk);
    }
  }
  if (size > bodyBytesMax) {
    return undefined;
  }
  const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
  return { method: incoming.method ?? 'GET', url, headers: incoming.headers, body: Buffer.concat(chunks) };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  await closed;
}
