/**
 * Drives an orchestration's generator in memory: activities are plain functions, timers move a clock of its own. The history
 * that results can be run again, which is what the durable engine does after every wait.
 */
import type { OrchestrationContext, Task } from 'durable-functions';

export interface HistoryItem {
  readonly kind: 'activity' | 'timer' | 'subOrchestration';
  readonly name: string;
  readonly input: unknown;
  readonly result: unknown;
  /** What the orchestration saw as now when it went on. */
  readonly at: string;
}

export interface OrchestrationRun {
  readonly output: unknown;
  readonly history: readonly HistoryItem[];
  /** Input of the next generation, when the orchestration continued as new. */
  readonly continuedAs: unknown;
}

type Orchestration = (context: OrchestrationContext) => Generator<Task, unknown, unknown>;
export type Activities = Readonly<Record<string, (input: never) => unknown>>;

interface Action {
  readonly kind: HistoryItem['kind'];
  readonly name: string;
  readonly input: unknown;
}

const begun = Date.parse('2026-11-21T08:00:00.000Z');
const itemsMax = 5_000;

/** Runs to the end. An activity that is not named here fails the run: nothing is called by accident. */
export function runOrchestration(
  orchestration: Orchestration,
  input: unknown,
  activities: Activities,
): OrchestrationRun {
  return drive(orchestration, input, (action, nowMs) => {
    if (action.kind === 'timer') return { result: undefined, nowMs: Math.max(nowMs, Date.parse(action.name)) };
    const activity = activities[action.name] as ((input: unknown) => unknown) | undefined;
    if (activity === undefined)
      throw new Error(`The orchestration called ${action.name}, which this test does not have.`);
    // Everything crosses the Durable boundary as JSON.
    const result = JSON.parse(JSON.stringify(activity(structuredClone(action.input)) ?? null)) as unknown;
    return { result, nowMs: nowMs + 100 };
  });
}

/** Runs the same history again; throws at the first action that differs from it. */
export function replayOrchestration(
  orchestration: Orchestration,
  input: unknown,
  history: readonly HistoryItem[],
): OrchestrationRun {
  let position = 0;
  return drive(orchestration, input, (action) => {
    const item = history[position];
    position += 1;
    const asked = JSON.stringify([action.kind, action.name, action.input]);
    const recorded = JSON.stringify([item?.kind, item?.name, item?.input]);
    if (item === undefined || asked !== recorded) throw new Error(`replay asked ${asked}, history has ${recorded}`);
    return { result: item.result, nowMs: Date.parse(item.at) };
  });
}

function drive(
  orchestration: Orchestration,
  input: unknown,
  perform: (action: Action, nowMs: number) => { readonly result: unknown; readonly nowMs: number },
): OrchestrationRun {
  const state: { nowMs: number; continuedAs: unknown } = { nowMs: begun, continuedAs: undefined };
  const history: HistoryItem[] = [];
  const steps = orchestration(fakeContext(input, state));
  let step = steps.next();
  while (step.done !== true) {
    if (history.length >= itemsMax) throw new Error(`no end in ${itemsMax} steps`);
    const action = step.value as unknown as Action;
    const { result, nowMs } = perform(action, state.nowMs);
    state.nowMs = nowMs;
    history.push({ ...action, result, at: new Date(nowMs).toISOString() });
    step = steps.next(result);
  }
  return { output: step.value, history, continuedAs: state.continuedAs };
}

function fakeContext(input: unknown, state: { readonly nowMs: number; continuedAs: unknown }): OrchestrationContext {
  const action = (kind: Action['kind'], name: string, given: unknown): Action => ({ kind, name, input: given });
  const df = {
    get currentUtcDateTime(): Date {
      return new Date(state.nowMs);
    },
    getInput: () => structuredClone(input),
    callActivityWithRetry: (name: string, _retry: unknown, given: unknown) => action('activity', name, given),
    callSubOrchestrator: (name: string, given: unknown, instanceId: string) =>
      action('subOrchestration', name, { given, instanceId }),
    createTimer: (fireAt: Date) => action('timer', fireAt.toISOString(), undefined),
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
