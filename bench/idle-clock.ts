/**
 * How long the clock of an idle stack takes for hours: with every run of a schedule, and beyond that with a bounded
 * number.
 */
import type { Section } from './figures.ts';
import { type Stack, startStack } from './stack.ts';

export interface IdleClockOptions {
  /** More than three: up to that no run of a schedule is left out. */
  readonly hours: number;
  /** Of the hour with every run of a schedule, so much is measured. */
  readonly everyRunMinutes: number;
}

export async function measureIdleClock(root: string, { hours, everyRunMinutes }: IdleClockOptions): Promise<Section> {
  const stack = await startStack(root);
  try {
    // The first minutes are for the compilers.
    await secondsFor(stack, `PT${Math.min(everyRunMinutes, 10)}M`);
    const everyRunSeconds = ((await secondsFor(stack, `PT${everyRunMinutes}M`)) * 60) / everyRunMinutes;
    const longSeconds = await secondsFor(stack, `PT${hours}H`);
    return {
      title: `Moving the clock of an idle stack by ${hours} hours, against one hour`,
      figures: [
        { name: 'elapsed: all hours / one hour', value: longSeconds / everyRunSeconds, unit: 'x' },
        { name: 'elapsed: all hours', value: longSeconds, unit: 's', ...(hours === 24 ? { target: '<= 10' } : {}) },
        { name: 'elapsed: one hour', value: everyRunSeconds, unit: 's' },
      ],
    };
  } finally {
    await stack.stop();
  }
}

async function secondsFor(stack: Stack, advance: string): Promise<number> {
  const startedAt = performance.now();
  await stack.control('POST', '/clock', { advance });
  return (performance.now() - startedAt) / 1000;
}
