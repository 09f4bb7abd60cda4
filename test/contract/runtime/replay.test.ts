import type { Action } from '../../../sandbox/runtime/durable/actions.ts';
import type { HistoryEvent } from '../../../sandbox/runtime/durable/history.ts';
import { unplayed } from '../../../sandbox/runtime/durable/history.ts';
import type { ReplayOutcome } from '../../../sandbox/runtime/durable/replay.ts';
import { replay } from '../../../sandbox/runtime/durable/replay.ts';

const start = '2030-01-01T00:00:00.000Z';
const day = 86_400_000;

function at(ms: number): string {
  return new Date(Date.parse(start) + ms).toISOString();
}

function turn(ms = 0): HistoryEvent {
  return { EventType: 12, ...unplayed(at(ms)) };
}

function started(): HistoryEvent {
  return {
    EventType: 0,
    ...unplayed(start),
    OrchestrationInstance: { InstanceId: 'i', ExecutionId: 'e' },
    ParentInstance: null,
    Name: 'operation',
    Version: '',
    Input: null,
    Tags: null,
    Correlation: null,
    ParentTraceContext: null,
    ScheduledStartTime: null,
    Generation: 0,
  };
}

function scheduled(id: number, Name: string): HistoryEvent {
  return { EventType: 4, Name, Version: '', Input: null, ParentTraceContext: null, Tags: null, ...unplayed(start, id) };
}

function completed(id: number): HistoryEvent {
  return { EventType: 5, TaskScheduledId: id, Result: null, ...unplayed(start) };
}

function failed(id: number): HistoryEvent {
  return { EventType: 6, TaskScheduledId: id, Reason: 'r', Details: 'd', FailureDetails: null, ...unplayed(start) };
}

function timerCreated(id: number, ms: number): HistoryEvent {
  return { EventType: 10, FireAt: at(ms), ...unplayed(start, id) };
}

function timerFired(id: number, ms: number): HistoryEvent {
  return { EventType: 11, TimerId: id, FireAt: at(ms), ...unplayed(at(ms)) };
}

function raised(Name: string): HistoryEvent {
  return { EventType: 15, Name, Input: 'null', ParentTraceContext: null, ...unplayed(start) };
}

const functions = {
  hasActivity: (name: string) => name !== 'unknown',
  hasOrchestrator: (name: string) => name !== 'unknown',
  describeUnknown: (name: string) => `The function '${name}' doesn't exist`,
};

function run(actions: readonly Action[], more: readonly HistoryEvent[] = []): ReplayOutcome {
  const history = [turn(), started(), ...more];
  return replay({
    history,
    actions,
    instanceId: 'i',
    executionId: 'e',
    parentInstanceId: 'p',
    defaultVersion: '',
    functions,
  });
}

function ids(outcome: ReplayOutcome): readonly (readonly [number, string])[] {
  return outcome.scheduled.map(({ id, kind }) => [id, kind]);
}

const activity = (functionName: string): Action => ({ actionType: 0, functionName });
const timer = (ms: number, isCanceled = false): Action => ({ actionType: 5, fireAt: at(ms), isCanceled });
const any = (...compoundActions: Action[]): Action => ({ actionType: 11, compoundActions });
const all = (...compoundActions: Action[]): Action => ({ actionType: 12, compoundActions });
const event = (externalEventName: string): Action => ({ actionType: 6, externalEventName });

describe('sandbox/runtime/durable/replay', () => {
  it('numbers the parts of compounds depth first, and events not at all', () => {
    const outcome = run([all(activity('a'), any(event('e'), timer(1000)), activity('b'))]);

    expect(ids(outcome)).toEqual([
      [0, 'activity'],
      [1, 'timer'],
      [2, 'activity'],
    ]);
    expect(outcome.openTaskCount).toBe(3);
  });

  it('starts the next action only when the one before has settled', () => {
    const actions = [activity('a'), activity('b')];

    expect(ids(run(actions))).toEqual([[0, 'activity']]);
    expect(ids(run(actions, [scheduled(0, 'a'), turn(), completed(0)]))).toEqual([[1, 'activity']]);
  });

  it('waits for every part of a Task.all, also after one has failed', () => {
    const actions = [all(activity('a'), activity('b')), activity('c')];
    const history = [scheduled(0, 'a'), scheduled(1, 'b'), turn(), failed(0)];

    expect(ids(run(actions, history))).toEqual([]);
    expect(ids(run(actions, [...history, completed(1)]))).toEqual([[2, 'activity']]);
  });

  describe('with retry', () => {
    const action: Action = {
      actionType: 1,
      functionName: 'a',
      retryOptions: {
        firstRetryIntervalInMilliseconds: 1000,
        maxNumberOfAttempts: 3,
        backoffCoefficient: 4,
        maxRetryIntervalInMilliseconds: 3000,
      },
    };
    const firstFailure = [scheduled(0, 'a'), turn(), failed(0)];
    const secondAttempt = [...firstFailure, timerCreated(1, 1000), turn(1000), timerFired(1, 1000), scheduled(2, 'a')];
    const secondFailure = [...secondAttempt, turn(1000), failed(2)];

    it('makes a timer of the first interval after the first failure', () => {
      expect(run([action], firstFailure).scheduled).toEqual([
        { kind: 'timer', id: 1, fireAt: at(1000), isCanceled: false },
      ]);
    });

    it('caps the growing interval', () => {
      expect(run([action], secondFailure).scheduled).toEqual([
        { kind: 'timer', id: 3, fireAt: at(4000), isCanceled: false },
      ]);
    });

    it('makes one more timer, due at once, after the last failure', () => {
      const third = [...secondFailure, timerCreated(3, 4000), turn(4000), timerFired(3, 4000), scheduled(4, 'a')];
      const outcome = run([action, activity('after')], [...third, turn(5000), failed(4)]);

      expect(outcome.scheduled).toEqual([{ kind: 'timer', id: 5, fireAt: at(5000), isCanceled: false }]);
    });

    it('goes on with the next action after a success', () => {
      const outcome = run([action, activity('after')], [...secondAttempt, turn(2000), completed(2)]);

      expect(ids(outcome)).toEqual([[3, 'activity']]);
    });

    it('says so when the retry time is over and the library will wait for ever', () => {
      const retryOptions = {
        firstRetryIntervalInMilliseconds: 1,
        maxNumberOfAttempts: 9,
        retryTimeoutInMilliseconds: 10,
      };
      const outcome = run([{ ...action, retryOptions }], [scheduled(0, 'a'), turn(60_000), failed(0)]);

      expect(outcome.scheduled).toEqual([]);
      expect(outcome.warnings).toEqual([expect.stringContaining('retryTimeoutInMilliseconds')]);
      expect(outcome.isExhausted).toBe(true);
    });
  });

  it('cuts a timer of more than six days into three-day timers', () => {
    const actions = [timer(10 * day)];

    expect(run(actions).scheduled).toMatchObject([{ id: 0, fireAt: at(3 * day) }]);
    const afterFirst = [timerCreated(0, 3 * day), turn(3 * day), timerFired(0, 3 * day)];
    expect(run(actions, afterFirst).scheduled).toMatchObject([{ id: 1, fireAt: at(6 * day) }]);
    const afterSecond = [...afterFirst, timerCreated(1, 6 * day), turn(6 * day), timerFired(1, 6 * day)];
    expect(run(actions, afterSecond).scheduled).toMatchObject([{ id: 2, fireAt: at(10 * day) }]);
    const afterThird = [...afterSecond, timerCreated(2, 10 * day), turn(10 * day), timerFired(2, 10 * day)];
    expect(run(actions, afterThird)).toMatchObject({ scheduled: [], openTaskCount: 0 });
  });

  it('counts a canceled timer as settled, though it keeps its id', () => {
    const history = [timerCreated(0, 1000), scheduled(1, 'a'), turn(), completed(1)];
    const outcome = run([any(timer(1000, true), activity('a')), activity('b')], history);

    expect(outcome).toMatchObject({ canceledTimerIds: [0], openTaskCount: 1 });
    expect(ids(outcome)).toEqual([[2, 'activity']]);
  });

  it('gives an event to the wait opened last, and an early one to the next wait, whatever their case', () => {
    const actions = [all(event('E'), event('e')), activity('after')];

    expect(ids(run(actions, [turn(), raised('e')]))).toEqual([]);
    expect(ids(run(actions, [turn(), raised('e'), raised('E')]))).toEqual([[0, 'activity']]);
    expect(
      ids(run([activity('first'), event('e'), activity('after')], [raised('e'), scheduled(0, 'first'), completed(0)])),
    ).toEqual([[1, 'activity']]);
  });

  it('carries events over that come after continue-as-new', () => {
    const outcome = run(
      [event('e'), { actionType: 4, input: { n: 1 } }],
      [turn(), raised('e'), raised('e'), raised('x')],
    );

    expect(outcome.continueAsNew).toEqual({ input: { n: 1 } });
    expect(outcome.carriedEvents).toMatchObject([{ Name: 'e' }, { Name: 'x' }]);
  });

  it.each([
    ['another activity', scheduled(0, 'other')],
    ['another kind of work', timerCreated(0, 5)],
    ['more work than the code asks for', scheduled(7, 'a')],
  ])('finds %s in history non-deterministic', (_what, recorded) => {
    expect(run([activity('a')], [recorded]).fault).toContain('Non-Deterministic workflow detected');
  });

  it('ignores an answer to unknown or already answered work', () => {
    const outcome = run(
      [activity('a'), activity('b')],
      [scheduled(0, 'a'), turn(), completed(0), completed(0), completed(9)],
    );

    expect(outcome.fault).toBeUndefined();
    expect(ids(outcome)).toEqual([[1, 'activity']]);
  });

  it.each([
    ['an unknown activity', activity('unknown'), "The function 'unknown' doesn't exist"],
    ['an unknown child', { actionType: 2, functionName: 'unknown' } as const, "The function 'unknown' doesn't exist"],
    ['a child with its own id', { actionType: 2, functionName: 'c', instanceId: 'i' } as const, 'must differ'],
    ["a child with its parent's id", { actionType: 2, functionName: 'c', instanceId: 'p' } as const, 'must differ'],
    [
      'a child id that starts with @',
      { actionType: 2, functionName: 'c', instanceId: '@c' } as const,
      'must not start with @',
    ],
    ['an entity', { actionType: 7 } as const, 'callEntity is not implemented'],
    ['an HTTP call', { actionType: 8 } as const, 'callHttp is not implemented'],
  ])('fails at once for %s', (_what, action, text) => {
    expect(run([action]).fault).toContain(text);
  });

  it('names a child without an id after the execution and its own number', () => {
    const outcome = run([all(activity('a'), { actionType: 2, functionName: 'c', input: { x: 1 } })]);

    expect(outcome.scheduled[1]).toEqual({
      kind: 'child',
      id: 1,
      name: 'c',
      instanceId: 'e:1',
      input: '{"x":1}',
      version: '',
    });
  });

  it('says aloud when a later compound lists work again', () => {
    const slow = activity('slow');
    const outcome = run(
      [any(activity('fast'), slow), any(slow)],
      [scheduled(0, 'fast'), scheduled(1, 'slow'), turn(), completed(0)],
    );

    expect(outcome.warnings).toEqual([expect.stringContaining('durable-js #574')]);
    expect(ids(outcome)).toEqual([[2, 'activity']]);
  });
});
