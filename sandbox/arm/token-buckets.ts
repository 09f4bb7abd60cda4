import type { StackClock } from '../platform/stack-clock.ts';

export type RequestClass = 'reads' | 'writes' | 'deletes';

/** ARM's limits since 2024, per principal. */
const limits: Readonly<Record<RequestClass, { readonly size: number; readonly refillPerSecond: number }>> = {
  reads: { size: 250, refillPerSecond: 25 },
  writes: { size: 200, refillPerSecond: 10 },
  deletes: { size: 200, refillPerSecond: 10 },
};

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export type Taken =
  | { readonly outcome: 'allowed'; readonly remaining: number }
  | { readonly outcome: 'throttled'; readonly retryAfterSeconds: number };

/** Token buckets per principal and kind of request, filled by the stack's clock. */
export class TokenBuckets {
  readonly #clock: StackClock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: StackClock) {
    this.#clock = clock;
  }

  take(principal: string, requestClass: RequestClass): Taken {
    const { size, refillPerSecond } = limits[requestClass];
    const nowMs = this.#clock.nowMs();
    const key = `${requestClass} ${principal}`;
    const bucket = this.#buckets.get(key) ?? { tokens: size, filledAtMs: nowMs };
    bucket.tokens = Math.min(size, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * refillPerSecond);
    bucket.filledAtMs = nowMs;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) {
      const retryAfterSeconds = Math.max(1, Math.ceil((1 - bucket.tokens) / refillPerSecond));
      return { outcome: 'throttled', retryAfterSeconds };
    }
    bucket.tokens -= 1;
    return { outcome: 'allowed', remaining: Math.floor(bucket.tokens) };
  }

  clear(): void {
    this.#buckets.clear();
  }
}

export function classifyMethod(method: string): RequestClass {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}
