import { availableParallelism } from 'node:os';
import type { LoadGauge } from '../load-gauge.ts';
import { describeActivityFailure } from './failure-text.ts';
import type { TaskSucceeded, TaskUnsuccessful } from './history.ts';
import { unplayed } from './history.ts';
import type { Quirks } from './quirks.ts';

export interface ActivityRunnerOptions {
  readonly gauge: LoadGauge;
  readonly quirks: Quirks;
  readonly concurrencyMax: number | undefined;
  readonly timestamp: () => string;
  /** Runs the app's activity; gives its result as JSON text, null for none. */
  readonly run: (task: Pick<ActivityTask, 'name' | 'instanceId' | 'input' | 'traceParent'>) => Promise<string | null>;
}

export interface ActivityTask {
  readonly instanceId: string;
  readonly taskId: number;
  readonly name: string;
  /** JSON array of one: the input. */
  readonly input: string;
  /** The trace that it belongs to. */
  readonly traceParent: string | undefined;
  readonly complete: (event: TaskSucceeded | TaskUnsuccessful) => Promise<void>;
}

/** Runs activities side by side, at most so many at a time. */
export class ActivityRunner {
  private readonly options: ActivityRunnerOptions;
  private readonly concurrencyMax: number;
  private readonly queue: { readonly task: ActivityTask; readonly end: () => void }[] = [];
  private running = 0;
  private stopped = false;

  constructor(options: ActivityRunnerOptions) {
    this.options = options;
    this.concurrencyMax = options.concurrencyMax ?? availableParallelism() * 10;
  }

  enqueue(task: ActivityTask): void {
    this.queue.push({ task, end: this.options.gauge.begin() });
    this.startMore();
  }

  /** Starts no more; what has not begun is found again by the next runtime. */
  stop(): void {
    this.stopped = true;
    for (const { end } of this.queue.splice(0)) {
      end();
    }
  }

  private startMore(): void {
    while (this.running < this.concurrencyMax && !this.stopped) {
      const next = this.queue.shift();
      if (next === undefined) {
        return;
      }
      this.running += 1;
      void this.runOne(next.task).finally(() => {
        this.running -= 1;
        next.end();
        this.startMore();
      });
    }
  }

  private async runOne(task: ActivityTask): Promise<void> {
    await task.complete(await this.attempt(task));
    if (this.options.quirks.repeatsDelivery() && !this.stopped) {
      await task.complete(await this.attempt(task));
    }
  }

  private async attempt(task: ActivityTask): Promise<TaskSucceeded | TaskUnsuccessful> {
    const { run, timestamp, quirks } = this.options;
    const TaskScheduledId = task.taskId;
    try {
      const Result = await run(task);
      return { EventType: 5, TaskScheduledId, Result, ...unplayed(timestamp()) };
    } catch (error: unknown) {
      const failure = describeActivityFailure(task.name, error, quirks.hasLongErrors);
      return { EventType: 6, TaskScheduledId, ...failure, ...unplayed(timestamp()) };
    }
  }
}
