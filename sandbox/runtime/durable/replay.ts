import type { Action, ActivityAction, ActivityWithRetryAction, ChildAction, ChildWithRetryAction } from './actions.ts';
import type { CompoundAction, RetryOptions, TimerAction } from './actions.ts';
import { actionTypes, nameOfUnsupported } from './actions.ts';
import { EventWaits } from './event-waits.ts';
import type { EventRaised, HistoryEvent, TaskUnsuccessful } from './history.ts';
import { eventTypes } from './history.ts';
import type { Routine } from './host-task.ts';
import { HostTask, spawn, whenAll, whenAny } from './host-task.ts';
import { listRepeated } from './repeated-actions.ts';

/** Work that the actions ask for; its `id` is the id of the history event that will record it. */
export type ScheduledWork =
  | { readonly kind: 'activity'; readonly id: number; readonly name: string; readonly input: string }
  | {
      readonly kind: 'child';
      readonly id: number;
      readonly name: string;
      readonly instanceId: string;
      readonly input: string | null;
      readonly version: string;
    }
  | { readonly kind: 'timer'; readonly id: number; readonly fireAt: string; readonly isCanceled: boolean };

export interface ReplayInput {
  /** Everything so far, the newly delivered events included. */
  readonly history: readonly HistoryEvent[];
  /** All actions since the execution began, as the orchestrator lists them every time. */
  readonly actions: readonly Action[];
  readonly instanceId: string;
  readonly executionId: string;
  readonly parentInstanceId: string | null;
  /** Of sub-orchestrations that name no version. */
  readonly defaultVersion: string;
  readonly functions: KnownFunctions;
}

/** The durable functions that the app has. */
export interface KnownFunctions {
  hasActivity(name: string): boolean;
  hasOrchestrator(name: string): boolean;
  /** What the real host says of a function that it does not know. */
  describeUnknown(name: string, kind: 'activity' | 'orchestrator'): string;
}

export interface ReplayOutcome {
  /** Work not yet in history, in the order of its ids. */
  readonly scheduled: readonly ScheduledWork[];
  /** Timers in history that the orchestrator has canceled. */
  readonly canceledTimerIds: readonly number[];
  /** The input of the next execution, when the actions continue as new. */
  readonly continueAsNew: { readonly input: unknown } | undefined;
  /** Events that came after continue-as-new was reached: they belong to the next execution. */
  readonly carriedEvents: readonly EventRaised[];
  /** Completion, failure and continue-as-new wait until this is zero. */
  readonly openTaskCount: number;
  /** No action is left that could ever settle: an orchestrator that still waits then will wait for ever. */
  readonly isExhausted: boolean;
  /** Why the host itself fails the orchestration; the orchestrator cannot catch it. */
  readonly fault: string | undefined;
  readonly warnings: readonly string[];
}

/** A refusal of the host, which ends the orchestration as Failed. */
class ReplayFault extends Error {}

const shortTimerMaxMs = 6 * 86_400_000;
const longTimerIntervalMs = 3 * 86_400_000;

/**
 * Runs the action list as the host's coroutine over the history and says what is new. The library returns its actions
 * without ids: host and library each count, and agree because both count in the same order (facts: "How ids are
 * counted").
 */
export function replay(input: ReplayInput): ReplayOutcome {
  return new Replay(input).run();
}

class Replay {
  private readonly input: ReplayInput;
  private readonly pending = new Map<number, ScheduledWork>();
  private readonly open = new Map<number, HostTask>();
  private readonly waits = new EventWaits();
  private readonly canceledTimerIds: number[] = [];
  private readonly carriedEvents: EventRaised[] = [];
  private readonly warnings: string[] = [];
  private continueAsNew: { readonly input: unknown } | undefined;
  private nextId = 0;
  private nowMs = 0;
  private isExhausted = false;

  constructor(input: ReplayInput) {
    this.input = input;
  }

  run(): ReplayOutcome {
    const fault = this.feedAll();
    return {
      scheduled: [...this.pending.values()].sort((a, b) => a.id - b.id),
      canceledTimerIds: this.canceledTimerIds,
      continueAsNew: this.continueAsNew,
      carriedEvents: this.carriedEvents,
      openTaskCount: this.open.size,
      isExhausted: this.isExhausted && this.open.size === 0 && this.waits.openCount === 0,
      fault,
      warnings: [...this.warnings, ...listRepeated(this.input.actions)],
    };
  }

  private feedAll(): string | undefined {
    try {
      for (const event of this.input.history) {
        this.feed(event);
      }
      return undefined;
    } catch (error: unknown) {
      if (error instanceof ReplayFault) {
        return error.message;
      }
      throw error;
    }
  }

  private feed(event: HistoryEvent): void {
    switch (event.EventType) {
      case eventTypes.orchestratorStarted:
        this.nowMs = Math.max(this.nowMs, Date.parse(event.Timestamp));
        return;
      case eventTypes.executionStarted:
        spawn(this.runActions());
        return;
      case eventTypes.taskScheduled:
        this.matchScheduled(event.EventId, 'activity', event.Name);
        return;
      case eventTypes.childCreated:
        this.matchScheduled(event.EventId, 'child', event.Name);
        return;
      case eventTypes.timerCreated:
        this.matchScheduled(event.EventId, 'timer', undefined);
        return;
      case eventTypes.eventRaised:
        this.raise(event);
        return;
      case eventTypes.timerFired:
        this.resolve(event.TimerId, undefined);
        return;
      case eventTypes.taskCompleted:
      case eventTypes.childCompleted:
        this.resolve(event.TaskScheduledId, undefined);
        return;
      case eventTypes.taskFailed:
      case eventTypes.childFailed:
        this.resolve(event.TaskScheduledId, event);
        return;
      default:
    }
  }

  private *runActions(): Routine {
    for (const action of this.input.actions) {
      yield this.start(action);
    }
    this.isExhausted = true;
    return false;
  }

  private start(action: Action): HostTask {
    switch (action.actionType) {
      case actionTypes.callActivity:
        return this.scheduleActivity(action);
      case actionTypes.callActivityWithRetry:
        return spawn(this.retry(action.retryOptions, () => this.scheduleActivity(action)));
      case actionTypes.callChild:
        return this.scheduleChild(action);
      case actionTypes.callChildWithRetry:
        return spawn(this.retry(action.retryOptions, () => this.scheduleChild(action)));
      case actionTypes.continueAsNew:
        this.continueAsNew = { input: action.input };
        return settledTask();
      case actionTypes.createTimer:
        return this.startTimer(action);
      case actionTypes.waitForEvent:
        return this.waits.open(action.externalEventName);
      case actionTypes.whenAny:
      case actionTypes.whenAll:
        return this.startCompound(action);
      case actionTypes.callEntity:
      case actionTypes.callHttp:
      case actionTypes.signalEntity:
      case actionTypes.lockEntities:
      case actionTypes.releaseEntities:
        throw new ReplayFault(`${nameOfUnsupported(action)} is not implemented by this runtime (501).`);
      default:
        throw new ReplayFault(`Unknown orchestrator action: ${JSON.stringify(action)}.`);
    }
  }

  private startCompound(action: CompoundAction): HostTask {
    const children = action.compoundActions.map((child) => this.start(child));
    return action.actionType === actionTypes.whenAll ? whenAll(children) : whenAny(children);
  }

  private scheduleActivity({ functionName, input }: ActivityAction | ActivityWithRetryAction): HostTask {
    if (!this.input.functions.hasActivity(functionName)) {
      throw new ReplayFault(this.input.functions.describeUnknown(functionName, 'activity'));
    }
    return this.schedule((id) => ({
      kind: 'activity',
      id,
      name: functionName,
      input: JSON.stringify([input ?? null]),
    }));
  }

  private scheduleChild({ functionName, instanceId, input, version }: ChildAction | ChildWithRetryAction): HostTask {
    if (!this.input.functions.hasOrchestrator(functionName)) {
      throw new ReplayFault(this.input.functions.describeUnknown(functionName, 'orchestrator'));
    }
    this.refuseChildId(instanceId);
    return this.schedule((id) => ({
      kind: 'child',
      id,
      name: functionName,
      instanceId: instanceId === undefined || instanceId === '' ? `${this.input.executionId}:${id}` : instanceId,
      input: input === undefined ? null : JSON.stringify(input),
      version: version ?? this.input.defaultVersion,
    }));
  }

  private refuseChildId(childId: string | undefined): void {
    if (childId === undefined) {
      return;
    }
    if (childId.startsWith('@')) {
      throw new ReplayFault('Orchestration instance ids must not start with @.');
    }
    if (childId === this.input.instanceId || childId === this.input.parentInstanceId) {
      throw new ReplayFault(`The sub-orchestration id '${childId}' must differ from that of its parent.`);
    }
  }

  /**
   * The host makes the timers between attempts, and one more that fires at once after the last failure: the library
   * reports the failure only when that one fires.
   */
  private *retry(options: RetryOptions, attempt: () => HostTask): Routine {
    const firstAttemptMs = this.nowMs;
    const timeoutMs = options.retryTimeoutInMilliseconds;
    for (let index = 0; ; index += 1) {
      const task = attempt();
      yield task;
      if (!task.failed) {
        return false;
      }
      const isTooLate = timeoutMs !== undefined && this.nowMs >= firstAttemptMs + timeoutMs;
      if (isTooLate || task.isNonRetriable) {
        const why = task.isNonRetriable ? 'a failure that is not retriable' : 'retryTimeoutInMilliseconds';
        this.warnings.push(`Retries ended by ${why}: the library waits for ever (durable-js #629).`);
        return true;
      }
      const isLast = index + 1 >= options.maxNumberOfAttempts;
      yield this.createTimer(this.nowMs + (isLast ? 0 : retryDelayMs(options, index)), false);
      if (isLast) {
        return true;
      }
    }
  }

  private startTimer({ fireAt, isCanceled }: TimerAction): HostTask {
    const fireAtMs = Date.parse(fireAt);
    if (fireAtMs - this.nowMs <= shortTimerMaxMs) {
      return this.createTimer(fireAtMs, isCanceled);
    }
    return spawn(this.runLongTimer(fireAtMs, isCanceled));
  }

  private *runLongTimer(fireAtMs: number, isCanceled: boolean): Routine {
    do {
      const isLong = fireAtMs - this.nowMs > shortTimerMaxMs;
      yield this.createTimer(isLong ? this.nowMs + longTimerIntervalMs : fireAtMs, isCanceled);
    } while (!isCanceled && this.nowMs < fireAtMs);
    return false;
  }

  /** A canceled timer still uses its id, but counts as settled from the start, in every replay. */
  private createTimer(fireAtMs: number, isCanceled: boolean): HostTask {
    const fireAt = new Date(fireAtMs).toISOString();
    const id = this.nextId;
    const task = this.schedule(() => ({ kind: 'timer', id, fireAt, isCanceled }));
    if (isCanceled) {
      this.canceledTimerIds.push(id);
      this.open.delete(id);
      task.settle(true);
    }
    return task;
  }

  private schedule(describe: (id: number) => ScheduledWork): HostTask {
    const id = this.nextId;
    this.nextId += 1;
    const task = new HostTask();
    this.pending.set(id, describe(id));
    this.open.set(id, task);
    return task;
  }

  private matchScheduled(id: number, kind: ScheduledWork['kind'], name: string | undefined): void {
    const work = this.pending.get(id);
    const workName = work === undefined || work.kind === 'timer' ? undefined : work.name;
    if (work?.kind !== kind || workName?.toLowerCase() !== name?.toLowerCase()) {
      throw new ReplayFault(
        `Non-Deterministic workflow detected: history has ${kind} ${name ?? ''} with id ${id}, the code now asks for ` +
          `${work === undefined ? 'nothing' : `${work.kind} ${workName ?? ''}`} with that id. Was the code changed under a running instance?`,
      );
    }
    this.pending.delete(id);
  }

  /** An unknown or already resolved id is a duplicate and is ignored. */
  private resolve(id: number, failure: TaskUnsuccessful | undefined): void {
    const task = this.open.get(id);
    if (task === undefined) {
      return;
    }
    this.open.delete(id);
    task.isNonRetriable = failure?.FailureDetails?.IsNonRetriable ?? false;
    task.settle(failure !== undefined);
  }

  private raise(event: EventRaised): void {
    if (this.continueAsNew === undefined) {
      this.waits.raise(event.Name);
    } else {
      this.carriedEvents.push(event);
    }
  }
}

function settledTask(): HostTask {
  const task = new HostTask();
  task.settle(false);
  return task;
}

function retryDelayMs(options: RetryOptions, attemptIndex: number): number {
  const delayMs = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** attemptIndex;
  return Math.min(delayMs, options.maxRetryIntervalInMilliseconds ?? Number.POSITIVE_INFINITY);
}
