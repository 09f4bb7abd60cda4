import { z } from 'zod';

const clockSchema = z.object({
  offsetMs: z.number(),
  now: z.string(),
  /** The earliest durable timer or function schedule. */
  nextDue: z.string().nullable(),
  /** The earliest durable timer. */
  nextTimer: z.string().nullable(),
  idle: z.boolean(),
  /** Whether the clock cannot be moved, because the real Durable Task extension runs the orchestrations. */
  fixed: z.boolean().optional(),
});
export type RuntimeClock = z.infer<typeof clockSchema>;

const restWithinMs = 1000;
const answerTimeoutMs = 5000;

/** The runtime's internal clock route. */
export interface RuntimeClient {
  /**
   * Moves the runtime's clock, which may be there already, and answers when it rests, or after a second when it does
   * not. Undefined when the runtime is not there: it may be restarting.
   */
  moveClock(offsetMs: number): Promise<RuntimeClock | undefined>;
}

/** The route of the runtime at `url`, which knows its caller by `key`. */
export function createRuntimeClient(url: string, key: string): RuntimeClient {
  return {
    moveClock: async (offsetMs) => {
      try {
        const response = await fetch(`${url}/sandbox/clock`, {
          method: 'PUT',
          headers: { 'x-sandbox-key': key, 'content-type': 'application/json' },
          signal: AbortSignal.timeout(answerTimeoutMs),
          body: JSON.stringify({ offsetMs, restWithinMs }),
        });
        return response.ok ? clockSchema.parse(await response.json()) : undefined;
      } catch {
        // Not there now; the caller asks again until its own deadline and then says what is missing.
        return undefined;
      }
    },
  };
}
