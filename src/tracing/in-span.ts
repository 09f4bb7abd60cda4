import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { version } from '../version.ts';

/** What the host hands over of the trace that an invocation belongs to (W3C Trace Context); empty where it has none. */
interface TraceContext {
  readonly traceParent?: string | undefined;
  readonly traceState?: string | undefined;
}

export interface SpanDescription {
  /** Of few values: routes and templates, never an address or a name out of a request. */
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  readonly attributes: Attributes;
  /** Given at the begin of an invocation; without it the span belongs to the one around it. */
  readonly traceContext?: TraceContext;
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

/**
 * Runs something within a span, which costs next to nothing while nobody exports spans. Of an error only its type is
 * told: its words and its stack may hold what somebody sent.
 */
export async function inSpan<T>(description: SpanDescription, run: (span: Span) => Promise<T>): Promise<T> {
  const { name, kind, attributes, traceContext } = description;
  const parent = traceContext === undefined ? context.active() : contextOf(traceContext);
  // Asked for anew each time: whoever exports may have come since.
  const tracer = trace.getTracer('gatehouse', version);
  return tracer.startActiveSpan(name, { kind: kinds[kind], attributes }, parent, async (span) => {
    try {
      return await run(span);
    } catch (error: unknown) {
      failSpan(span, errorTypeOf(error));
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Marks a span as failed; `type` is of few values: a status, a code, an error's name. */
export function failSpan(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Says of the span that is open, if any, which operation it is about. */
export function noteOperation(operationId: string): void {
  trace.getActiveSpan()?.setAttribute(operationIdAttribute, operationId);
}

export const operationIdAttribute = 'gatehouse.operation.id';

function contextOf({ traceParent = '', traceState = '' }: TraceContext): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent: traceParent, tracestate: traceState });
}

function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'other';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
