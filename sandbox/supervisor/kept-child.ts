import { type ChildExit, type ChildOptions, type RunningChild, startChild } from './child-process.ts';
import { StackError } from './stack-error.ts';

const restartDelaysMs = [200, 500, 1000, 2000, 4000];
/** A child that lives this long after it was ready has started well, whatever ends it later. */
const settledMs = 2000;

export interface KeptChild {
  current(): RunningChild;
  /** The first start; rejects when the child ends, or the time is up, before it serves. */
  readonly ready: Promise<unknown>;
  /** Settles only when the child cannot be kept: it ended at once too often. */
  readonly gaveUp: Promise<StackError>;
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a child and starts it again whenever it ends by itself or is killed, until `stop`. A kill is answered at once;
 * a child that ends by its own fault right after its start is given a little longer each time, then given up.
 */
export function keepChild(describe: () => ChildOptions, onRestart: () => void): KeptChild {
  let child = startChild(describe());
  let isStopping = false;
  const ready = child.ready;
  // A first start that fails is the caller's to see, by `ready`.
  const gaveUp = ready.then(keep, () => new Promise<never>(() => undefined));

  async function keep(): Promise<StackError> {
    let failures = 0;
    for (;;) {
      const startedAtMs = Date.now();
      const exit = await child.exited;
      if (isStopping) return await new Promise<never>(() => undefined);
      failures = isOwnFault(exit, Date.now() - startedAtMs) ? failures + 1 : 0;
      const delayMs = restartDelaysMs[failures === 0 ? 0 : failures - 1];
      if (delayMs === undefined) return new StackError(`${child.name} ends at once, again and again:\n${child.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, failures === 0 ? 0 : delayMs));
      child = startAgain();
    }
  }

  function startAgain(): RunningChild {
    if (isStopping) return child;
    const next = startChild(describe());
    next.ready.then(
      () => {
        onRestart();
      },
      // One that hangs is ended, so that the next turn starts another; one that ended is seen by its exit.
      () => next.stop(0),
    );
    return next;
  }

  return {
    current: () => child,
    ready,
    gaveUp,
    stop: async (graceMs) => {
      isStopping = true;
      await child.stop(graceMs);
    },
  };
}

function isOwnFault(exit: ChildExit, livedMs: number): boolean {
  return exit.signal === null && livedMs < settledMs;
}
