import { Cron } from 'croner';

/** When a timer function runs. */
export interface Schedule {
  /** The first time after the given one (ms). */
  readonly nextAfter: (timeMs: number) => number;
  /** The host keeps no status for what runs more often than once a minute. */
  readonly isFrequent: boolean;
}

const names = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat';
const field = String.raw`(?:[\d*,\-/]|${names})+`;
const expressionPattern = new RegExp(`^${field}( ${field}){4,5}$`, 'i');
const timeSpanPattern = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/;

/**
 * Reads an NCRONTAB expression (five or six fields; unlike in Unix cron, day of month and day of week must both match)
 * or a TimeSpan.
 *
 * @throws Error for anything else, and for an expression that never comes to pass.
 */
export function parseSchedule(text: string, timeZone: string): Schedule {
  const interval = timeSpanPattern.exec(text.trim());
  if (interval !== null) {
    return everyInterval(interval);
  }
  const expression = text.trim().replace(/\s+/g, ' ');
  // Croner knows more (L, W, #, ?) than the host does.
  if (!expressionPattern.test(expression)) {
    throw new Error(
      `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
    );
  }
  const cron = new Cron(expression, { domAndDow: true, timezone: timeZone, paused: true });
  function nextAfter(timeMs: number): number {
    const next = cron.nextRun(new Date(timeMs));
    if (next === null) {
      throw new Error(`The schedule expression '${text}' never comes to pass.`);
    }
    return next.getTime();
  }
  const first = nextAfter(0);
  return { nextAfter, isFrequent: nextAfter(first) - first < 60_000 };
}

function everyInterval(match: RegExpExecArray): Schedule {
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part || '0'));
  const intervalMs = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  if (intervalMs === 0) {
    throw new Error('The schedule interval must be longer than zero.');
  }
  return { nextAfter: (timeMs) => timeMs + intervalMs, isFrequent: intervalMs < 60_000 };
}
