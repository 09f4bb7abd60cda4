import { parseSchedule } from '../../../sandbox/runtime/timers/schedule.ts';

function nextText(expression: string, after: string, timeZone = 'UTC'): string {
  return new Date(parseSchedule(expression, timeZone).nextAfter(Date.parse(after))).toISOString();
}

describe('sandbox/runtime/timers/schedule', () => {
  it.each([
    ['six fields', '*/15 * * * * *', '2030-01-01T00:00:00Z', '2030-01-01T00:00:15.000Z'],
    ['five fields', '30 4 * * *', '2030-01-01T00:00:00Z', '2030-01-01T04:30:00.000Z'],
    ['names', '0 0 0 * MAR SUN', '2030-01-01T00:00:00Z', '2030-03-03T00:00:00.000Z'],
    ['lists and ranges', '0 0 8-9,20 * * 1-5', '2030-01-04T21:00:00Z', '2030-01-07T08:00:00.000Z'],
    ['a TimeSpan', '00:05:00', '2030-01-01T00:00:10Z', '2030-01-01T00:05:10.000Z'],
    // NCrontab wants both, Unix cron would take either: the next Friday the 13th.
    ['day of month and day of week together', '0 0 0 13 * FRI', '2030-01-01T00:00:00Z', '2030-09-13T00:00:00.000Z'],
  ])('reads %s', (_what, expression, after, expected) => {
    expect(nextText(expression, after)).toBe(expected);
  });

  it('follows summer time in the given zone', () => {
    expect(nextText('0 0 9 * * *', '2030-03-30T12:00:00Z', 'Europe/Berlin')).toBe('2030-03-31T07:00:00.000Z');
    expect(nextText('0 0 9 * * *', '2030-03-29T12:00:00Z', 'Europe/Berlin')).toBe('2030-03-30T08:00:00.000Z');
  });

  it.each(['', 'every day', '0 0 L * *', '* * * *', '0 0 0 ? * *', '61 * * * * *', '00:00:00'])(
    'refuses "%s"',
    (expression) => {
      expect(() => parseSchedule(expression, 'UTC')).toThrow();
    },
  );

  it('knows what comes more often than once a minute', () => {
    expect(parseSchedule('*/10 * * * * *', 'UTC').isFrequent).toBe(true);
    expect(parseSchedule('0 * * * * *', 'UTC').isFrequent).toBe(false);
    expect(parseSchedule('00:00:59', 'UTC').isFrequent).toBe(true);
  });
});
