import { z } from 'zod';

const clockSchema = z.object({
  offsetMs: z.number(),
  now: z.string(),
  /** The earliest durable timer or function schedule. */
  nextDue: z.string().nullable(),
  /** The earliest durable timer. */
  nextTimer: z.string().nullable(),
  idle: z.boolean(),
});
export type RuntimeClock = z.infer<typeof clockSchema>;

const answerTimeoutMs = 5000;

/** The runtime's internal clock route. Both calls answer undefined when the runtime is not there (it may be restarting). */
export interface RuntimeClient {
  readClock(): Promise<RuntimeClock | undefined>;
  moveClock(offsetMs: number): Promise<RuntimeClock | undefined>;
}

/** The route of the runtime at `url`, which knows its caller by `key`. */
export function createRuntimeClient(url: string, key: string): RuntimeClient {
  async function call(method: string, body?: unknown): Promise<RuntimeClock | undefined> {
    try {
      const response = await fetch(`${url}/sandbox/clock`, {
        method,
        headers: { 'x-sandbox-key': key, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(answerTimeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return response.ok ? clockSchema.parse(await response.json()) : undefined;
    } catch {
      // Not there now; the caller asks again until its own deadline and then says what is missing.
      return undefined;
    }
  }
  return {
    readClock: () => call('GET'),
    moveClock: (offsetMs) => call('PUT', { offsetMs }),
  };
}
