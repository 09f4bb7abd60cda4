import { z } from 'zod';
import { faultSchema } from '../platform/faults.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import { advanceClock, type AdvanceLimits, type ClockedParts } from './advance-clock.ts';
import type { ControlRoute } from './control-server.ts';
import { parseIsoDurationMs } from './iso-duration.ts';
import { ControlProblem } from './problem.ts';

const clockBodySchema = z.strictObject({ advance: z.string() });

/** Routes to the stack as a whole: journal, faults, clock, reset. */
export function stackRoutes(options: {
  readonly host: Pick<ServiceHost, 'journal' | 'faults'>;
  readonly parts: ClockedParts;
  readonly limits?: AdvanceLimits | undefined;
  /** Empties every emulator; the clock stays, since it only goes forward. */
  readonly reset: () => void | Promise<void>;
}): ControlRoute[] {
  const { host, parts } = options;
  let isMoving = false;

  async function advance(advanceMs: number): Promise<unknown> {
    if (isMoving) throw new ControlProblem(409, 'clockIsMoving', 'The clock is being moved already.');
    isMoving = true;
    try {
      return await advanceClock(parts, advanceMs, options.limits);
    } finally {
      isMoving = false;
    }
  }

  return [
    {
      method: 'GET',
      path: '/journal',
      handle: ({ query }) => ({
        status: 200,
        body: host.journal.list({
          service: query.get('service') ?? undefined,
          since: query.get('since') ?? undefined,
        }),
      }),
    },
    {
      method: 'POST',
      path: '/faults',
      handle: (request) => {
        const fault = request.body(faultSchema);
        if (fault.path !== undefined && !isRegularExpression(fault.path)) {
          throw new ControlProblem(400, 'invalid', 'path is not a regular expression.');
        }
        host.faults.add(fault);
        return { status: 200, body: fault };
      },
    },
    {
      method: 'DELETE',
      path: '/faults',
      handle: () => {
        host.faults.clear();
        return { status: 200, body: {} };
      },
    },
    {
      method: 'GET',
      path: '/clock',
      handle: () => ({
        status: 200,
        body: { now: parts.clock.now().toISOString(), offsetMs: parts.clock.offsetMs },
      }),
    },
    {
      method: 'POST',
      path: '/clock',
      handle: async (request) => {
        const advanceMs = parseIsoDurationMs(request.body(clockBodySchema).advance);
        if (advanceMs === undefined) {
          throw new ControlProblem(400, 'invalid', 'advance is an ISO 8601 duration without months and years: PT24H.');
        }
        return { status: 200, body: await advance(advanceMs) };
      },
    },
    {
      method: 'POST',
      path: '/reset',
      handle: async () => {
        await options.reset();
        return { status: 200, body: {} };
      },
    },
  ];
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
