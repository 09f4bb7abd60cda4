import { z } from 'zod';
import type { AlarmClock } from './alarm-clock.ts';
import type { StackClock } from './clock.ts';
import type { Invoke } from './core/invoker.ts';
import type { Registry } from './core/registry.ts';
import { invocationPath, serveInvocation } from './durable/invocation-api.ts';
import type { HostRequest, HostResponse } from './http/messages.ts';
import { empty, headerOf, json, parseJson } from './http/messages.ts';
import type { LoadGauge } from './load-gauge.ts';
import { isScheduleAlarm } from './timers/schedule-alarm.ts';

export interface ControlOptions {
  readonly clock: StackClock;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly controlKey: string;
  readonly registry: Registry;
  readonly invoke: Invoke;
  /**
   * Whether orchestrations are run by the real extension: it asks for invocations, and its timers know real time alone.
   */
  readonly hasExtension: boolean;
}

const restWithinMaxMs = 2000;
const moveSchema = z.strictObject({
  offsetMs: z.number(),
  /** The answer may wait this long for the runtime to come to rest; it comes at once if not given. */
  restWithinMs: z.number().min(0).max(restWithinMaxMs).default(0),
});

/** One look may fall between two pieces of work, the end of one and the start of the next. */
const quietLooks = 2;
const lookEveryMs = 1;

/**
 * The routes for the stack's control, `GET` and `PUT /sandbox/clock`, and for the real extension. The clock's do not
 * count as load, or the stack would never be idle.
 */
export async function serveControl(options: ControlOptions, request: HostRequest): Promise<HostResponse> {
  if (headerOf(request, 'x-sandbox-key') !== options.controlKey) {
    return empty(401);
  }
  if (options.hasExtension && request.url.pathname.startsWith(invocationPath)) {
    return options.gauge.track(() => serveInvocation(options, request));
  }
  if (request.url.pathname !== '/sandbox/clock') {
    return empty(404);
  }
  switch (request.method) {
    case 'GET':
      return describeClock(options);
    case 'PUT':
      return await moveClock(options, request);
    default:
      return empty(405);
  }
}

/**
 * `nextDue` is the earliest durable timer or function schedule, `nextTimer` the earliest durable timer; `idle` means
 * that nothing runs, waits to run, or is due; `fixed` that the clock cannot be moved.
 */
function describeClock(options: ControlOptions): HostResponse {
  const { clock, alarms } = options;
  return json(200, {
    offsetMs: clock.offsetMs,
    now: new Date(clock.now()).toISOString(),
    nextDue: toIso(alarms.nextDueMs()),
    nextTimer: toIso(alarms.nextDueMs((key) => !isScheduleAlarm(key))),
    idle: isAtRest(options),
    fixed: options.hasExtension,
  });
}

function isAtRest({ clock, alarms, gauge }: ControlOptions): boolean {
  const nextDueMs = alarms.nextDueMs();
  return gauge.idle && (nextDueMs === undefined || nextDueMs > clock.now());
}

/** Looks here, where a look costs nothing, so that whoever moves the clock need not ask again and again. */
async function restWithin(options: ControlOptions, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  for (let quiet = 0; quiet < quietLooks && performance.now() < endMs;) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    quiet = isAtRest(options) ? quiet + 1 : 0;
  }
}

function toIso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

async function moveClock(options: ControlOptions, request: HostRequest): Promise<HostResponse> {
  const body = moveSchema.safeParse(parseJson(request.body.toString('utf8'))?.value);
  if (!body.success) {
    return json(400, { message: z.prettifyError(body.error) });
  }
  if (options.hasExtension && body.data.offsetMs !== options.clock.offsetMs) {
    return json(409, { message: 'The Durable Task extension runs the orchestrations: the clock cannot be moved.' });
  }
  try {
    options.clock.moveTo(body.data.offsetMs);
  } catch (error: unknown) {
    if (error instanceof RangeError) {
      return json(409, { message: error.message });
    }
    throw error;
  }
  options.alarms.clockMoved();
  await restWithin(options, body.data.restWithinMs);
  return describeClock(options);
}
