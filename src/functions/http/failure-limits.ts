import { AppError } from '../../domain/app-error.ts';

/** Failures that an address has at once, and how fast they come back. */
const failuresMax = 100;
const failuresPerSecond = 1;
const addressesMax = 10_000;
const knownKeysMax = 1000;
const knownForMs = 10 * 60 * 1000;

/**
 * How often an address may fail to say who it is before it is turned away unread. Kept in memory by each instance: it bounds
 * what guessing costs, and guesses at keys of 256 bits lead nowhere anyway.
 */
export interface FailureLimits {
  /** Throws ERR_THROTTLED when the address has failed too often, unless the credential was good a while ago. */
  require(address: string, credential?: string): void;
  failed(address: string): void;
  /** The credential opens something: failures of others behind the same address do not count against it. */
  succeeded(credential: string): void;
}

interface Bucket {
  readonly failures: number;
  readonly atMs: number;
}

export function createFailureLimits({ now }: { readonly now: () => Date }): FailureLimits {
  const buckets = new Map<string, Bucket>();
  const knownKeys = new Map<string, number>();

  function failuresOf(address: string, nowMs: number): number {
    const bucket = buckets.get(address);
    if (bucket === undefined) return 0;
    const seconds = Math.max(nowMs - bucket.atMs, 0) / 1000;
    return Math.max(bucket.failures - seconds * failuresPerSecond, 0);
  }

  return {
    require: (address, credential) => {
      const nowMs = now().getTime();
      const over = failuresOf(address, nowMs) + 1 - failuresMax;
      if (over <= 0) return;
      if (credential !== undefined && nowMs - (knownKeys.get(credential) ?? Number.NEGATIVE_INFINITY) < knownForMs)
        return;
      throw new AppError(
        'ERR_THROTTLED',
        'Too many requests from this address came with keys or links that open nothing.',
        {
          retryAfterSeconds: Math.max(Math.ceil(over / failuresPerSecond), 1),
        },
      );
    },
    failed: (address) => {
      const atMs = now().getTime();
      put(buckets, address, { failures: failuresOf(address, atMs) + 1, atMs }, addressesMax);
    },
    succeeded: (credential) => {
      put(knownKeys, credential, now().getTime(), knownKeysMax);
    },
  };
}

/** As the newest; the oldest gives way when there are too many. */
function put<T>(map: Map<string, T>, key: string, value: T, entriesMax: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > entriesMax && oldest !== undefined) map.delete(oldest);
}
