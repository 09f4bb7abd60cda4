import { z } from 'zod';
import { SeededRandom } from './seeded-random.ts';

/**
 * Names and values that an HTTP header can have (RFC 9110, 5.1 and 5.5): others would break the server, not the client.
 */
const headersSchema = z.record(
  z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/),
);

/**
 * An answer that is sent as it stands, instead of the service's own. A body that is no string is sent as JSON, `null`
 * too.
 */
const rawAnswerSchema = z.strictObject({
  status: z.int().min(200).max(599),
  headers: headersSchema.optional(),
  body: z.json().optional(),
});
export type RawAnswer = z.infer<typeof rawAnswerSchema>;

/** What to do to a request, as POST /faults takes it (the stack's own routes in the API page). */
export const faultSchema = z.strictObject({
  service: z.string(),
  method: z.string().optional(),
  path: z.string().optional(),
  times: z.int().min(1),
  then: z.union([
    z.strictObject({ status: z.int().min(400).max(599), code: z.string(), retryAfter: z.int().min(0).optional() }),
    z.strictObject({ hangMs: z.int().min(1) }),
    z.strictObject({ applyThenDrop: z.literal(true) }),
    z.strictObject({ failOperation: z.string() }),
    rawAnswerSchema,
  ]),
});
export type Fault = z.infer<typeof faultSchema>;
export type FaultAction = Fault['then'];

interface FaultTarget {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** The bytes and headers of a raw answer: nothing is added, so that a body without `content-type` stays one. */
export function rawResponse({ status, headers = {}, body }: RawAnswer): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
} {
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: Object.fromEntries(lowerCase) as Record<string, string>, body: Buffer.from(text) };
}

/** Share of requests that meet a 429 or a 503 although nobody asked for it, so that retries are always exercised. */
const defaultNoiseShare = 0.03;

/** Faults to come: those asked for through the control API first, then a seeded share of throttling. */
export class FaultPlan {
  #asked: (Omit<Fault, 'times'> & { left: number })[] = [];
  readonly #random: SeededRandom;
  readonly #noiseShare: number;
  #noisyLast = new Set<string>();

  constructor(options: { readonly seed: string; readonly noiseShare?: number }) {
    this.#random = new SeededRandom(options.seed);
    this.#noiseShare = options.noiseShare ?? defaultNoiseShare;
  }

  add(fault: Fault): void {
    const { times, ...rest } = fault;
    this.#asked.push({ ...rest, left: times });
  }

  clear(): void {
    this.#asked = [];
  }

  /** The action for this request, or undefined. Counts it as done. `noise: false` leaves out what nobody asked for. */
  take(target: FaultTarget, options: { readonly noise: boolean } = { noise: true }): FaultAction | undefined {
    const asked = this.#asked.find((fault) => fault.left > 0 && matches(fault, target));
    if (asked === undefined) return options.noise ? this.#takeNoise(target) : undefined;
    asked.left -= 1;
    this.#asked = this.#asked.filter((fault) => fault.left > 0);
    return asked.then;
  }

  /** Never twice in a row for one path: noise must be survivable by one retry, a storm is asked for by name. */
  #takeNoise(target: FaultTarget): FaultAction | undefined {
    const key = `${target.service} ${target.method} ${target.path}`;
    if (this.#noisyLast.delete(key) || this.#random.next() >= this.#noiseShare) return undefined;
    this.#noisyLast.add(key);
    return this.#random.next() < 0.5
      ? { status: 429, code: 'TooManyRequests', retryAfter: 1 }
      : { status: 503, code: 'ServiceUnavailable', retryAfter: 1 };
  }
}

function matches(fault: Omit<Fault, 'times'>, target: FaultTarget): boolean {
  return (
    fault.service === target.service &&
    (fault.method === undefined || fault.method.toUpperCase() === target.method) &&
    (fault.path === undefined || new RegExp(fault.path, 'i').test(target.path))
  );
}
