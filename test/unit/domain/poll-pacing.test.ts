import { nextLookSeconds } from '../../../src/domain/poll-pacing.ts';

describe('src/domain/poll-pacing', () => {
  it.each([
    [10, 0, 10],
    [10, 6, 20],
    [10, 30, 60],
    [10, 1000, 60],
    [0, 0, 1],
  ])('waits, for an interval of %i s after %i looks, %i s', (interval, looks, expected) => {
    expect(nextLookSeconds(interval, looks)).toBe(expected);
  });

  it('looks at a gateway of 45 minutes fewer than a hundred times', () => {
    let seconds = 0;
    let looks = 0;
    for (; seconds < 45 * 60; looks += 1) seconds += nextLookSeconds(10, looks);

    expect(looks).toBeLessThan(100);
  });
});
