/**
 * Stands between a runtime and Azurite's tables and, at the write it is told of, cuts: either the write never arrives, or it
 * is carried out and its answer never comes. Killing the runtime there shows what a power cut at that line would do.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Cut {
  /** Which write is cut, counted from 1 from when the cut is armed. */
  readonly atWrite: number;
  readonly when: 'before' | 'after';
  readonly onCut: () => void;
}

export interface SeveringProxy {
  readonly port: number;
  arm(cut: Cut): void;
  disarm(): void;
  close(): Promise<void>;
}

export async function startSeveringProxy(targetPort: number): Promise<SeveringProxy> {
  let cut: Cut | undefined;
  let writes = 0;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      body.push(chunk);
    }
    writes += incoming.method === 'GET' ? 0 : 1;
    const active = cut;
    const isCut = active !== undefined && writes >= active.atWrite;
    if (isCut && (active.when === 'before' || writes > active.atWrite)) {
      active.onCut();
      outgoing.destroy();
      return;
    }
    const answer = await forward(targetPort, incoming, Buffer.concat(body));
    if (isCut) {
      active.onCut();
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => {
      // Either side is gone: that is what this proxy is for.
      outgoing.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    arm: (next) => {
      writes = 0;
      cut = next;
    },
    disarm: () => {
      cut = undefined;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function forward(port: number, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  const { method = 'GET', url = '/', headers } = incoming;
  const outgoing = sendRequest({ host: '127.0.0.1', port, method, path: url, headers });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 500, headers: response.headers, body: Buffer.concat(chunks) };
}
