/**
 * Drives an orchestration's generator in memory: activities are plain functions, sub-orchestrations run in place or are
 * answered by the test, timers move a clock of its own, and a test says which events are raised when. The history that
 * results can be run again, which is what the durable engine does after every wait.
 */
import type { OrchestrationContext } from 'durable-functions';

export interface HistoryItem {
  readonly kind: 'activity' | 'timer' | 'subOrchestration' | 'any';
  readonly name: string;
  readonly input: unknown;
  /** Of an `any`: the position of the task that won. */
  readonly result: unknown;
  /** Why the task failed, when it did. */
  readonly error?: string;
  /** What the orchestration saw as now when it went on. */
  readonly at: string;
}

export interface OrchestrationRun {
  readonly output: unknown;
  readonly history: readonly HistoryItem[];
  /** Input of the next generation, when the orchestration continued as new. */
  readonly continuedAs: unknown;
}

/** A sub-orchestration that ran in place. */
export interface ChildRun {
  readonly name: string;
  readonly instanceId: string;
  readonly input: unknown;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly run: OrchestrationRun;
}

// The yielded type is left open, as `yield` of several tasks side by side has another one than `yield` of one.
type Orchestration = (context: OrchestrationContext) => Generator<unknown, unknown, unknown>;
export type Activities = Readonly<Record<string, (input: never) => unknown>>;

export interface WaitedEvent {
  readonly name: string;
  readonly instanceId: string;
  readonly nowMs: number;
  readonly untilMs: number;
}

export interface DriverOptions {
  readonly instanceId?: string;
  readonly startMs?: number;
  /**
   * By name: sub-orchestrations that run in place. Others are answered as activities are, from `{ given, instanceId }`.
   */
  readonly orchestrations?: Readonly<Record<string, Orchestration>>;
  /** When the event that is waited for is raised; undefined: the timer beside it fires first. */
  readonly raises?: (event: WaitedEvent) => number | undefined;
  /** Where runs in place are noted, for replays of each. */
  readonly children?: ChildRun[];
}

/**
 * What an activity throws when all its tries have failed: the orchestration sees it. Everything else fails the test.
 */
export class ActivityFailed extends Error {}

/** The orchestration itself came to no end. */
class OrchestrationFailed extends Error {}

interface Action {
  readonly kind: HistoryItem['kind'] | 'all' | 'event';
  readonly name: string;
  readonly input: unknown;
  /** What an `all` or `any` consists of. */
  readonly tasks: readonly Action[];
  isYielded: boolean;
  isCanceled: boolean;
}

interface Outcome {
  readonly result?: unknown;
  readonly error?: string;
  readonly nowMs: number;
}

type Perform = (action: Action, nowMs: number) => Outcome;

interface Start {
  readonly input: unknown;
  readonly instanceId: string;
  readonly startMs: number;
}

export const begun = Date.parse('2026-11-21T08:00:00.000Z');
const itemsMax = 20_000;

/** Runs to the end. An activity that is not named here fails the run: nothing is called by accident. */
export function runOrchestration(
  orchestration: Orchestration,
  input: unknown,
  activities: Activities,
  options: DriverOptions = {},
): OrchestrationRun {
  const { instanceId = 'instance', startMs = begun } = options;
  return drive(orchestration, { input, instanceId, startMs }, (action, nowMs) => {
    if (action.kind === 'timer') return { nowMs: Math.max(nowMs, Date.parse(action.name)) };
    if (action.kind === 'any') return race(action, nowMs, instanceId, options);
    if (action.kind === 'subOrchestration') {
      const inPlace = runInPlace(action, nowMs, activities, options);
      if (inPlace !== undefined) return inPlace;
    }
    return callActivity(action, nowMs, activities);
  });
}

function callActivity(action: Action, nowMs: number, activities: Activities): Outcome {
  const activity = activities[action.name] as ((input: unknown) => unknown) | undefined;
  if (activity === undefined) {
    throw new Error(`The orchestration called ${action.name}, which this test does not have.`);
  }
  try {
    return { result: throughJson(activity(structuredClone(action.input))), nowMs: nowMs + 100 };
  } catch (error) {
    if (error instanceof ActivityFailed) return { error: error.message, nowMs: nowMs + 100 };
    throw error;
  }
}

function runInPlace(
  { name, input }: Action,
  nowMs: number,
  activities: Activities,
  options: DriverOptions,
): Outcome | undefined {
  const orchestration = options.orchestrations?.[name];
  if (orchestration === undefined) return undefined;
  const { given, instanceId } = input as { readonly given: unknown; readonly instanceId: string };
  try {
    const run = runOrchestration(orchestration, given, activities, { ...options, instanceId, startMs: nowMs });
    const endedMs = Date.parse(run.history.at(-1)?.at ?? new Date(nowMs).toISOString());
    options.children?.push({ name, instanceId, input: given, startedMs: nowMs, endedMs, run });
    return { result: throughJson(run.output), nowMs: endedMs };
  } catch (error) {
    if (error instanceof OrchestrationFailed) return { error: error.message, nowMs: nowMs + 100 };
    throw error;
  }
}

/** The event wins when the test says that it is raised before the timer fires. */
function race(action: Action, nowMs: number, instanceId: string, { raises }: DriverOptions): Outcome {
  const timerAt = action.tasks.findIndex(({ kind }) => kind === 'timer');
  const untilMs = Date.parse(action.tasks[timerAt]?.name ?? '');
  if (Number.isNaN(untilMs)) throw new Error('An event is waited for without an end.');
  for (const [index, { kind, name }] of action.tasks.entries()) {
    const raisedMs = kind === 'event' ? raises?.({ name, instanceId, nowMs, untilMs }) : undefined;
    if (raisedMs !== undefined && raisedMs < untilMs) return { result: index, nowMs: Math.max(nowMs, raisedMs) };
  }
  return { result: timerAt, nowMs: Math.max(nowMs, untilMs) };
}

/** Everything crosses the Durable boundary as JSON. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null)) as unknown;
}

/** Runs the same history again; throws at the first action that differs from it. */
export function replayOrchestration(
  orchestration: Orchestration,
  input: unknown,
  history: readonly HistoryItem[],
  { instanceId = 'instance', startMs = begun }: Pick<DriverOptions, 'instanceId' | 'startMs'> = {},
): OrchestrationRun {
  let position = 0;
  return drive(orchestration, { input, instanceId, startMs }, (action) => {
    const item = history[position];
    position += 1;
    const asked = JSON.stringify([action.kind, action.name, action.input]);
    const recorded = JSON.stringify([item?.kind, item?.name, item?.input]);
    if (item === undefined || asked !== recorded) throw new Error(`replay asked ${asked}, history has ${recorded}`);
    return {
      nowMs: Date.parse(item.at),
      result: item.result,
      ...(item.error === undefined ? {} : { error: item.error }),
    };
  });
}

function drive(orchestration: Orchestration, start: Start, perform: Perform): OrchestrationRun {
  const state: State = { nowMs: start.startMs, continuedAs: undefined, actions: [] };
  const history: HistoryItem[] = [];
  const steps = orchestration(stubContext(start, state));
  let step = ofOrchestration(() => steps.next());
  while (step.done !== true) {
    if (history.length >= itemsMax) throw new Error(`no end in ${itemsMax} steps`);
    const task = step.value as Action;
    const isAll = task.kind === 'all';
    const actions = isAll ? task.tasks : [task];
    for (const action of [task, ...task.tasks]) requireFresh(action);
    const outcomes = actions.map((action) => perform(action, state.nowMs));
    // Side by side: whoever takes longest says when it goes on.
    state.nowMs = Math.max(state.nowMs, ...outcomes.map(({ nowMs }) => nowMs));
    const at = new Date(state.nowMs).toISOString();
    for (const [index, { kind, name, input }] of actions.entries()) {
      const { result, error } = outcomes[index] ?? {};
      history.push({
        kind: kind as HistoryItem['kind'],
        name,
        input,
        result,
        ...(error === undefined ? {} : { error }),
        at,
      });
    }
    const failure = outcomes.find(({ error }) => error !== undefined)?.error;
    const results = outcomes.map(({ result }) => result);
    const result = isAll ? results : task.kind === 'any' ? task.tasks[Number(results[0])] : results[0];
    if (task.kind === 'any' && task.tasks[Number(results[0])]?.kind === 'timer') markFired(task, Number(results[0]));
    step = ofOrchestration(() => (failure === undefined ? steps.next(result) : steps.throw(new Error(failure))));
  }
  requireNoOpenTimer(state);
  return { output: step.value, history, continuedAs: state.continuedAs };
}

interface State {
  nowMs: number;
  continuedAs: unknown;
  readonly actions: Action[];
}

function ofOrchestration<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new OrchestrationFailed(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** A task that is yielded twice is scheduled twice (durable-js #574). */
function requireFresh(action: Action): void {
  if (action.isYielded) throw new Error(`The task ${action.kind} ${action.name} was yielded twice.`);
  action.isYielded = true;
}

function markFired({ tasks }: Action, position: number): void {
  const timer = tasks[position];
  if (timer !== undefined) timer.isCanceled = true;
}

/** An instance does not end before its timers have fired or were canceled. */
function requireNoOpenTimer({ actions }: State): void {
  const inRaces = new Set(actions.filter(({ kind }) => kind === 'any').flatMap(({ tasks }) => tasks));
  const open = [...inRaces].find(({ kind, isCanceled }) => kind === 'timer' && !isCanceled);
  if (open !== undefined) throw new Error(`The timer of ${open.name} was left running.`);
}

function stubContext({ input, instanceId }: Start, state: State): OrchestrationContext {
  function action(kind: Action['kind'], name: string, given: unknown, tasks: readonly Action[] = []): Action {
    const made: Action = { kind, name, input: given, tasks, isYielded: false, isCanceled: false };
    state.actions.push(made);
    return made;
  }
  const df = {
    instanceId,
    get currentUtcDateTime(): Date {
      return new Date(state.nowMs);
    },
    getInput: () => structuredClone(input),
    callActivityWithRetry: (name: string, _retry: unknown, given: unknown) => action('activity', name, given),
    callSubOrchestrator: (name: string, given: unknown, childId: string) =>
      action('subOrchestration', name, { given, instanceId: childId }),
    waitForExternalEvent: (name: string) => action('event', name, undefined),
    createTimer: (fireAt: Date) => {
      const timer = action('timer', fireAt.toISOString(), undefined);
      return Object.assign(timer, {
        cancel: () => {
          timer.isCanceled = true;
        },
      });
    },
    Task: {
      all: (tasks: readonly Action[]) => action('all', '', undefined, tasks),
      any: (tasks: readonly Action[]) => action('any', tasks.map(({ name }) => name).join(' | '), undefined, tasks),
    },
    continueAsNew: (next: unknown) => {
      state.continuedAs = next;
    },
  };
  return { df } as unknown as OrchestrationContext;
}

/** Names of the activities that were called, in order. */
export function calledActivities({ history }: OrchestrationRun): readonly string[] {
  return history.filter(({ kind }) => kind === 'activity').map(({ name }) => name);
}

/** Inputs of the calls of one activity, in order. */
export function inputsOf({ history }: OrchestrationRun, name: string): readonly unknown[] {
  return history.filter((item) => item.name === name).map(({ input }) => input);
}
