import { Cron } from 'croner';
import { z } from 'zod';
import { timeZoneSchema } from './time-zone.ts';

/** Long enough for a few looks at the gateway, and for Azure's minutes in between. */
const shortestMinutes = 15;
const longestMinutes = 7 * 24 * 60;

/** Five fields of numbers, names, lists, ranges and steps; `L`, `W` and `#` for days as "the last Saturday" (`6L`). */
const schedulePattern = /^[\dA-Za-z*,/#-]+( [\dA-Za-z*,/#-]+){4}$/;

/** When ordinary changes of a gateway may be written: from each time of the schedule on, for so many minutes. */
export const changeWindowSchema = z
  .strictObject({
    schedule: z
      .string()
      .max(100)
      .refine(isSchedule, {
        error: 'No cron schedule of five fields that ever comes to pass.',
        params: { code: 'wrongFormat', fix: 'Send minute, hour, day, month and day of week, such as "0 22 * * 6".' },
      }),
    timeZone: timeZoneSchema,
    durationMinutes: z.int().min(shortestMinutes).max(longestMinutes),
  })
  .meta({
    id: 'ChangeWindow',
    description:
      'When ordinary changes may be written: it opens at each time of `schedule` (cron, five fields, in `timeZone`).',
  });
export type ChangeWindow = z.infer<typeof changeWindowSchema>;

/**
 * When the window opens next, ISO 8601; undefined while it is open. A time that the clocks leave out in spring is the
 * end of the hour that is missing, one that comes twice in autumn counts once; the minutes are those that pass.
 */
export function opensAt({ schedule, timeZone, durationMinutes }: ChangeWindow, now: Date): string | undefined {
  const cron = cronOf(schedule, timeZone);
  const opened = cron.nextRun(new Date(now.getTime() - durationMinutes * 60_000));
  if (opened !== null && opened.getTime() <= now.getTime()) return undefined;
  return cron.nextRun(now)?.toISOString();
}

function cronOf(schedule: string, timezone: string): Cron {
  return new Cron(schedule, { mode: '5-part', paused: true, timezone });
}

function isSchedule(text: string): boolean {
  if (!schedulePattern.test(text)) return false;
  try {
    return cronOf(text, 'UTC').nextRun(new Date(0)) !== null;
  } catch {
    // Croner has no other way to say no.
    return false;
  }
}
