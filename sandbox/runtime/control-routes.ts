import { z } from 'zod';
import type { AlarmClock } from './alarm-clock.ts';
import type { StackClock } from './clock.ts';
import { empty, headerOf, json, parseJson } from './http/messages.ts';
import type { HostRequest, HostResponse } from './http/messages.ts';
import type { LoadGauge } from './load-gauge.ts';
import { isScheduleAlarm } from './timers/schedule-alarm.ts';

export interface ControlOptions {
  readonly clock: StackClock;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly controlKey: string;
}

const moveSchema = z.strictObject({ offsetMs: z.number() });

/** The routes for the stack's control: `GET` and `PUT /sandbox/clock`. */
export function serveControl(options: ControlOptions, request: HostRequest): HostResponse {
  if (headerOf(request, 'x-sandbox-key') !== options.controlKey) {
    return empty(401);
  }
  if (request.url.pathname !== '/sandbox/clock') {
    return empty(404);
  }
  switch (request.method) {
    case 'GET':
      return describeClock(options);
    case 'PUT':
      return moveClock(options, request);
    default:
      return empty(405);
  }
}

/**
 * `nextDue` is the earliest durable timer or function schedule, `nextTimer` the earliest durable timer; `idle` means that
 * nothing runs, waits to run, or is due.
 */
function describeClock({ clock, alarms, gauge }: ControlOptions): HostResponse {
  const now = clock.now();
  const nextDueMs = alarms.nextDueMs();
  const isDue = nextDueMs !== undefined && nextDueMs <= now;
  return json(200, {
    offsetMs: clock.offsetMs,
    now: new Date(now).toISOString(),
    nextDue: toIso(nextDueMs),
    nextTimer: toIso(alarms.nextDueMs((key) => !isScheduleAlarm(key))),
    idle: gauge.idle && !isDue,
  });
}

function toIso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function moveClock(options: ControlOptions, request: HostRequest): HostResponse {
  const body = moveSchema.safeParse(parseJson(request.body.toString('utf8'))?.value);
  if (!body.success) {
    return json(400, { message: z.prettifyError(body.error) });
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
  return describeClock(options);
}
