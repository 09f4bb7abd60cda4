import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Time that no other work on the machine takes part in: waits are jumped over as soon as there is nothing else to do.
 */
export interface VirtualClock {
  now(): number;
  /** Ends when so much has passed. All waits of one clock are equally long. */
  wait(duration: number): Promise<void>;
  /** Ends when nobody waits any more. */
  idle(): Promise<void>;
}

/**
 * What is waited for at once passes at once, so that the time from begin to end of some work is its longest chain of
 * waits. With `processorMs` the clock goes on by that too: waits are milliseconds then, and the time is that of a
 * machine which does nothing else.
 */
export function createVirtualClock(processorMs: () => number = () => 0): VirtualClock {
  const waiting: { readonly due: number; readonly end: () => void }[] = [];
  const startedAt = processorMs();
  let jumped = 0;

  function now(): number {
    return jumped + processorMs() - startedAt;
  }

  /** Called when all that can be done without an answer is done. */
  function look(): void {
    jumped += Math.max(0, (waiting[0]?.due ?? 0) - now());
    const at = now();
    while (waiting[0] !== undefined && waiting[0].due <= at) waiting.shift()?.end();
    if (waiting.length > 0) setImmediate(look);
  }

  return {
    now,
    wait: (duration) =>
      new Promise((resolve) => {
        waiting.push({ due: now() + duration, end: resolve });
        if (waiting.length === 1) setImmediate(look);
      }),
    idle: async () => {
      do await nextTurn();
      while (waiting.length > 0);
    },
  };
}
