/** Something that the replayed host waits for: it settles once, well or badly, and then wakes those who wait. */
export class HostTask {
  settled = false;
  failed = false;
  /** Set where a failure must not be tried again, whatever the retry options say. */
  isNonRetriable = false;
  private readonly waiters: (() => void)[] = [];

  settle(failed: boolean): void {
    if (this.settled) {
      return;
    }
    this.settled = true;
    this.failed = failed;
    for (const wake of this.waiters.splice(0)) {
      wake();
    }
  }

  whenSettled(wake: () => void): void {
    if (this.settled) {
      wake();
    } else {
      this.waiters.push(wake);
    }
  }
}

/** A routine yields what it waits for and returns whether it failed. */
export type Routine = Generator<HostTask, boolean, undefined>;

/** Runs a routine as far as it gets now; the rest of it runs, synchronously, as the tasks it waits for settle. */
export function spawn(routine: Routine): HostTask {
  const whole = new HostTask();
  function advance(): void {
    for (;;) {
      const step = routine.next();
      if (step.done === true) {
        whole.settle(step.value);
        return;
      }
      if (!step.value.settled) {
        step.value.whenSettled(advance);
        return;
      }
    }
  }
  advance();
  return whole;
}

/** Settles when all have settled; fails if any of them failed. The host waits for every one, also after a failure. */
export function whenAll(tasks: readonly HostTask[]): HostTask {
  const whole = new HostTask();
  for (const task of tasks) {
    task.whenSettled(() => {
      if (tasks.every(({ settled }) => settled)) {
        whole.settle(tasks.some(({ failed }) => failed));
      }
    });
  }
  return whole;
}

/** Settles with the first that settles. */
export function whenAny(tasks: readonly HostTask[]): HostTask {
  const whole = new HostTask();
  for (const task of tasks) {
    task.whenSettled(() => {
      whole.settle(false);
    });
  }
  return whole;
}
