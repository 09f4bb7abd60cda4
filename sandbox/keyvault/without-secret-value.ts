import type { RecordedExchange } from '../platform/traffic-recorder.ts';

const shown = 'XXXXX';

/**
 * An exchange as it may be recorded: what was asked and answered about a secret, and never its value, nor an imported
 * key.
 */
export function withoutSecretValue(exchange: RecordedExchange): RecordedExchange {
  const { liveRequest, liveResponse } = exchange;
  const { pathname } = new URL(liveRequest.url);
  if (/^\/certificates\/[^/]+\/import$/.test(pathname)) {
    return { ...exchange, liveRequest: { ...liveRequest, body: withoutValue(liveRequest.body) } };
  }
  if (!pathname.startsWith('/secrets')) return exchange;
  return {
    ...exchange,
    liveRequest: { ...liveRequest, body: withoutValue(liveRequest.body) },
    liveResponse: { ...liveResponse, body: withoutValue(liveResponse.body) },
  };
}

/** A list has an array as its `value`; that holds no secrets. */
function withoutValue(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('value' in body) || typeof body.value !== 'string') return body;
  return { ...body, value: shown, ...('pwd' in body ? { pwd: shown } : {}) };
}
