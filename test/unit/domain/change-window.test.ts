import { type ChangeWindow, changeWindowSchema, opensAt } from '../../../src/domain/change-window.ts';

const nights: ChangeWindow = { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', durationMinutes: 60 };
const saturdays: ChangeWindow = { schedule: '0 22 * * 6', timeZone: 'Europe/Berlin', durationMinutes: 240 };

const next = (window: ChangeWindow, at: string): string | undefined => opensAt(window, new Date(at));

describe('src/domain/change-window opensAt', () => {
  it('is open from its time on, for as long as it lasts, also past midnight', () => {
    expect(next(saturdays, '2026-01-10T20:59:59.999Z')).toBe('2026-01-10T21:00:00.000Z');
    expect(next(saturdays, '2026-01-10T21:00:00.000Z')).toBeUndefined();
    expect(next(saturdays, '2026-01-11T00:59:59.999Z')).toBeUndefined();
    expect(next(saturdays, '2026-01-11T01:00:00.000Z')).toBe('2026-01-17T21:00:00.000Z');
  });

  it('keeps to the clocks of its time zone in summer and in winter', () => {
    expect(next(saturdays, '2026-07-01T00:00:00Z')).toBe('2026-07-04T20:00:00.000Z');
    expect(next(saturdays, '2026-12-01T00:00:00Z')).toBe('2026-12-05T21:00:00.000Z');
  });

  it('opens at the end of the hour that spring leaves out, and lasts its full time', () => {
    expect(next(nights, '2027-03-28T00:59:00Z')).toBe('2027-03-28T01:00:00.000Z');
    expect(next(nights, '2027-03-28T01:59:00Z')).toBeUndefined();
    expect(next(nights, '2027-03-28T02:00:00Z')).toBe('2027-03-29T00:30:00.000Z');
  });

  it('opens once in the hour that autumn has twice', () => {
    expect(next(nights, '2026-10-25T00:29:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next(nights, '2026-10-25T01:29:59Z')).toBeUndefined();
    expect(next(nights, '2026-10-25T01:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
  });

  it('knows the last Saturday of a month', () => {
    expect(next({ ...saturdays, schedule: '0 22 * * 6L' }, '2026-11-02T00:00:00Z')).toBe('2026-11-28T21:00:00.000Z');
  });
});

describe('src/domain/change-window changeWindowSchema', () => {
  it.each([
    ['six fields', { schedule: '0 0 22 * * 6' }],
    ['a day that no month has', { schedule: '0 22 30 2 *' }],
    ['an hour that no day has', { schedule: '0 25 * * *' }],
    ['a nickname', { schedule: '@weekly' }],
    ['a schedule that depends on when it is read', { schedule: '? 22 * * 6' }],
    ['a time zone that is none', { timeZone: 'Mars/Base' }],
    ['a window too short for a look at the gateway', { durationMinutes: 14 }],
    ['a part of a minute', { durationMinutes: 30.5 }],
    ['another field', { until: '06:00' }],
  ])('refuses %s', (_what, change) => {
    expect(changeWindowSchema.safeParse({ ...saturdays, ...change }).success).toBe(false);
    expect(changeWindowSchema.safeParse(saturdays).success).toBe(true);
  });
});
