import { AppError } from '../../domain/app-error.ts';

/** How much an address may have at once, and how much of it comes back in a second. */
interface Rate {
  readonly max: number;
  readonly perSecond: number;
}

/** Failures to say who one is. */
const failures: Rate = { max: 100, perSecond: 1 };
/**
 * Keys that nobody has tried yet and that are looked up for an address that has failed too often: one of them may be
 * good.
 */
const newKeys: Rate = { max: 100, perSecond: 10 };
const addressesMax = 10_000;
const keysMax = 1000;
const knownForMs = 10 * 60 * 1000;

/**
 * How often an address may fail to say who it is before it is turned away unread. Kept in memory by each instance: it
 * bounds what guessing costs, and guesses at keys of 256 bits lead nowhere anyway.
 */
export interface FailureLimits {
  /**
   * Throws ERR_THROTTLED when the address has failed too often, unless the credential was good a while ago, or is one
   * that was not tried before: whoever fails behind an address does not shut out somebody else who comes with a key.
   */
  require(address: string, credential?: string): void;
  failed(address: string, credential?: string): void;
  /** The credential opens something: failures of others behind the same address do not count against it. */
  succeeded(credential: string): void;
}

interface Bucket {
  readonly used: number;
  readonly atMs: number;
}

export function createFailureLimits({ now }: { readonly now: () => Date }): FailureLimits {
  const failed = createBuckets(failures);
  const tried = createBuckets(newKeys);
  const goodKeys = new Map<string, number>();
  const wrongKeys = new Map<string, number>();
  const isRecent = (keys: ReadonlyMap<string, number>, credential: string): boolean =>
    now().getTime() - (keys.get(credential) ?? Number.NEGATIVE_INFINITY) < knownForMs;

  function mayBeTried(address: string, credential: string): boolean {
    if (isRecent(goodKeys, credential)) return true;
    if (isRecent(wrongKeys, credential) || tried.over(address, now()) > 0) return false;
    tried.use(address, now());
    return true;
  }

  return {
    require: (address, credential) => {
      const over = failed.over(address, now());
      if (over <= 0 || (credential !== undefined && mayBeTried(address, credential))) return;
      throw new AppError('ERR_THROTTLED', 'Too many requests from this address came with unknown keys or links.', {
        retryAfterSeconds: Math.max(Math.ceil(over / failures.perSecond), 1),
      });
    },
    failed: (address, credential) => {
      failed.use(address, now());
      if (credential !== undefined) put(wrongKeys, credential, now().getTime(), keysMax);
    },
    succeeded: (credential) => {
      put(goodKeys, credential, now().getTime(), keysMax);
    },
  };
}

/** A bucket for each address, which runs empty with time. `over` is by how much one more is too many. */
function createBuckets({ max, perSecond }: Rate) {
  const buckets = new Map<string, Bucket>();
  const usedOf = (address: string, nowMs: number): number => {
    const { used, atMs } = buckets.get(address) ?? { used: 0, atMs: nowMs };
    return Math.max(used - (Math.max(nowMs - atMs, 0) / 1000) * perSecond, 0);
  };
  return {
    over: (address: string, now: Date): number => usedOf(address, now.getTime()) + 1 - max,
    use: (address: string, now: Date): void => {
      const atMs = now.getTime();
      // Not beyond all measure: after a flood the address is heard again as soon as the answer says.
      put(buckets, address, { used: Math.min(usedOf(address, atMs) + 1, max), atMs }, addressesMax);
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
