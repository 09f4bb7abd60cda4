/** A collector of spans as OpenTelemetry's protocol has it: OTLP over HTTP, protobuf, on a free loopback port. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asBytes, asNumber, asText, messagesIn } from './protobuf.ts';

export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly isFailed: boolean;
}

export interface SpanCollector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** All that came, byte for byte, as text: what a secret would be looked for in. */
  readonly received: () => string;
  stop(): Promise<void>;
}

export async function startSpanCollector(): Promise<SpanCollector> {
  const spans: CollectedSpan[] = [];
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      bodies.push(body);
      const isTraces = request.method === 'POST' && request.url === '/v1/traces';
      if (isTraces) spans.push(...readSpans(body));
      response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    received: () => Buffer.concat(bodies).toString('latin1'),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const kinds = new Map<number, 'internal' | 'server' | 'client'>([
  [1, 'internal'],
  [2, 'server'],
  [3, 'client'],
]);

// Field numbers are those of opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto.

function readSpans(request: Buffer): CollectedSpan[] {
  return messagesIn(request, 1).flatMap((resourceSpans) => {
    const resource = messagesIn(resourceSpans, 1).flatMap((message) => messagesIn(message, 1));
    const service = String(readAttributes(resource)['service.name']);
    return messagesIn(resourceSpans, 2)
      .flatMap((scopeSpans) => messagesIn(scopeSpans, 2))
      .map((span) => readSpan(span, service));
  });
}

function readSpan(span: Buffer, service: string): CollectedSpan {
  const [status = Buffer.alloc(0)] = messagesIn(span, 15);
  return {
    service,
    traceId: asBytes(span, 1).toString('hex'),
    spanId: asBytes(span, 2).toString('hex'),
    parentSpanId: asBytes(span, 4).toString('hex'),
    name: asText(span, 5),
    kind: kinds.get(asNumber(span, 6)) ?? 'other',
    attributes: readAttributes(messagesIn(span, 9)),
    isFailed: asNumber(status, 3) === 2,
  };
}

function readAttributes(pairs: readonly Buffer[]): Record<string, string | number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [value = Buffer.alloc(0)] = messagesIn(pair, 2);
      return [asText(pair, 1), messagesIn(value, 1).length > 0 ? asText(value, 1) : asNumber(value, 3)];
    }),
  );
}
