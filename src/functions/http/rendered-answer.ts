import type { HttpResponseInit } from '@azure/functions';
import type { KeptAnswer } from '../../services/requests/idempotency.ts';
import type { Route, RouteAnswer } from './route.ts';

/** An answer as it goes out, and the error code that the audit notes with it. */
export interface RenderedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly code?: string;
  /** See `RouteAnswer`. */
  readonly isSensitive?: true;
}

/** Larger answers are made again rather than kept. */
const keptCharactersMax = 200_000;

export function renderAnswer({ status, body, bytes, headers = {}, isSensitive }: RouteAnswer): RenderedAnswer {
  const kind = isSensitive === undefined ? {} : { isSensitive };
  if (bytes !== undefined) {
    return { ...kind, status, headers: { ...headers, 'content-type': bytes.contentType }, body: bytes.content };
  }
  if (body === undefined) return { ...kind, status, headers };
  return {
    ...kind,
    status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

/** What is kept of an answer under its idempotency key. */
export function toKeptAnswer(route: Route, answer: RenderedAnswer): KeptAnswer {
  const { status, headers, body, code } = answer;
  const isSensitive = answer.isSensitive === true || (route.sensitiveAnswer === true && code === undefined);
  const isRerun = isSensitive || (body !== undefined && (typeof body !== 'string' || body.length > keptCharactersMax));
  const kept = { status, headers: { ...headers }, isRerun };
  return typeof body === 'string' && !isRerun ? { ...kept, body } : kept;
}

export function fromKeptAnswer({ status, headers, body }: KeptAnswer): RenderedAnswer {
  return { status, headers: { ...headers, 'idempotency-replayed': 'true' }, ...(body === undefined ? {} : { body }) };
}

/** Nothing here may be cached or sniffed: answers hold certificates, names and states of the moment. */
export function toHttpResponse(answer: RenderedAnswer, requestId: string): HttpResponseInit {
  return {
    status: answer.status,
    headers: {
      ...answer.headers,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
    },
    ...(answer.body === undefined ? {} : { body: answer.body }),
  };
}
