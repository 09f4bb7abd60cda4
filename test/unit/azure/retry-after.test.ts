import { secondsOf } from '../../../src/azure/retry-after.ts';

describe('src/azure/retry-after', () => {
  it.each([
    ['17', 17],
    ['1.2', 2],
    ['160', 160],
    ['0', 1],
    ['-3', 1],
    ['86400', 600],
    ['1e9', undefined],
    ['NaN', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %p as %p: never less than a second, never more than ten minutes', (text, expected) => {
    expect(secondsOf(text, new Date('2026-03-01T12:00:00Z'))).toBe(expected);
  });

  it.each([
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30],
    ['Sunday, 01-Mar-26 12:00:30 GMT', 30],
    ['Sun Mar  1 12:00:30 2026 GMT', 30],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 1],
    ['Mon, 01 Mar 2027 12:00:00 GMT', 600],
  ])('reads the date %p against now', (text, expected) => {
    expect(secondsOf(text, new Date('2026-03-01T12:00:00Z'))).toBe(expected);
  });

  it('does not guess what a date means without a clock', () => {
    expect(secondsOf('Sun, 01 Mar 2026 12:00:30 GMT')).toBeUndefined();
  });
});
