import { Turnstile } from '../../../sandbox/runtime/durable/turnstile.ts';

describe('sandbox/runtime/durable/turnstile', () => {
  it('lets so many run at a time, the rest in their order, also past one that fails', async () => {
    const turnstile = new Turnstile(2);
    const begun: number[] = [];
    let running = 0;
    let runningMax = 0;
    const jobs = [0, 1, 2, 3, 4].map((index) =>
      turnstile.pass(async () => {
        begun.push(index);
        running += 1;
        runningMax = Math.max(runningMax, running);
        await Promise.resolve();
        running -= 1;
        if (index === 1) {
          throw new Error('no luck');
        }
      }),
    );
    const outcomes = await Promise.allSettled(jobs);

    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(runningMax).toBe(2);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });
});
