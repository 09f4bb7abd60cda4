import { acceptMessages } from '../../../sandbox/runtime/durable/accept-messages.ts';
import type { HistoryEvent } from '../../../sandbox/runtime/durable/history.ts';
import { unplayed } from '../../../sandbox/runtime/durable/history.ts';
import type { InstanceState, Message } from '../../../sandbox/runtime/durable/records.ts';

const now = '2030-01-01T00:00:00.000Z';

function aState(
  history: readonly HistoryEvent[],
  messages: readonly Message[],
  carried: readonly Message[] = [],
): InstanceState {
  return {
    record: {
      instanceId: 'i',
      executionId: 'e2',
      startId: 'e1',
      name: 'operation',
      version: '',
      status: 'Running',
      createdAt: now,
      updatedAt: now,
      input: '{"a":1}',
      output: null,
      details: null,
      failureDetails: null,
      customStatus: null,
      parent: { name: 'p', instanceId: 'parent', executionId: 'pe', taskId: 4, version: '' },
      consumedKey: '',
      carried,
      isContinued: false,
    },
    revision: 1,
    history,
    inbox: messages.map((value, index) => ({ key: `i-${index}`, value })),
    outgoing: [],
  };
}

const start: Message = { event: { EventType: 0 } };
const turn: HistoryEvent = { EventType: 12, ...unplayed(now) };

function scheduled(id: number): HistoryEvent {
  return {
    EventType: 4,
    Name: 'a',
    Version: '',
    Input: null,
    ParentTraceContext: null,
    Tags: null,
    ...unplayed(now, id),
  };
}

function completion(TaskScheduledId: number, executionId = 'e2'): Message {
  return { executionId, event: { EventType: 5, TaskScheduledId, Result: '1', ...unplayed(now) } };
}

function raised(Name: string): Message {
  return { event: { EventType: 15, Name, Input: '1', ParentTraceContext: null, ...unplayed(now) } };
}

function types(state: InstanceState): readonly number[] {
  return acceptMessages(state, now).map(({ EventType }) => EventType);
}

describe('sandbox/runtime/durable/accept-messages', () => {
  it('begins with the start, which names instance, input and parent', () => {
    const [first, second] = acceptMessages(aState([], [raised('early'), start]), now);

    expect(first).toMatchObject({
      EventType: 0,
      OrchestrationInstance: { InstanceId: 'i', ExecutionId: 'e2' },
      ParentInstance: {
        Name: 'p',
        TaskScheduleId: 4,
        OrchestrationInstance: { InstanceId: 'parent', ExecutionId: 'pe' },
      },
      Input: '{"a":1}',
    });
    expect(second).toMatchObject({ EventType: 15, Name: 'early' });
  });

  it('drops a second start, in the same turn and in a later one', () => {
    expect(types(aState([], [start, start]))).toEqual([0]);
    expect(types(aState([turn], [start, raised('e')]))).toEqual([15]);
  });

  it('drops answers that belong to another execution', () => {
    expect(types(aState([turn, scheduled(0)], [completion(0, 'e1')]))).toEqual([]);
  });

  it('drops answers to work that is unknown or has been answered', () => {
    const history = [turn, scheduled(0), scheduled(1)];

    expect(types(aState(history, [completion(0), completion(0), completion(7)]))).toEqual([5]);
    const answered: HistoryEvent = { EventType: 5, TaskScheduledId: 0, Result: '1', ...unplayed(now) };
    expect(types(aState([...history, answered], [completion(0), completion(1)]))).toEqual([5]);
  });

  it('does not take a timer for an answer to an activity', () => {
    const fired: Message = { executionId: 'e2', event: { EventType: 11, TimerId: 0, FireAt: now, ...unplayed(now) } };

    expect(types(aState([turn, scheduled(0)], [fired]))).toEqual([]);
  });

  it('gives what continue-as-new carried over before what came later', () => {
    const events = acceptMessages(aState([], [raised('later')], [start, raised('carried')]), now);

    expect(events.map((event) => ('Name' in event ? event.Name : ''))).toEqual(['operation', 'carried', 'later']);
  });
});
