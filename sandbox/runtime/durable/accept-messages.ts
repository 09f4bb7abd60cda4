import type { ExecutionStarted, HistoryEvent } from './history.ts';
import { eventTypes, unplayed } from './history.ts';
import type { InstanceRecord, InstanceState, Message } from './records.ts';

/**
 * Turns the waiting messages into the events of a new turn. Delivery is at least once, so this is where repeats end: a
 * second start, an answer for another execution, and an answer for work that is unknown or already answered are
 * dropped.
 */
export function acceptMessages({ record, history, inbox }: InstanceState, timestamp: string): readonly HistoryEvent[] {
  const unanswered = listUnanswered(history);
  const accepted: HistoryEvent[] = [];
  let isStarted = history.length > 0;
  for (const message of [...record.carried, ...inbox.map(({ value }) => value)]) {
    const { event } = message;
    if (isForAnother(message, record)) {
      continue;
    }
    if (event.EventType === eventTypes.executionStarted) {
      if (!isStarted) {
        isStarted = true;
        accepted.unshift(toExecutionStarted(record, timestamp));
      }
    } else if (takesAnswer(event, unanswered)) {
      accepted.push({ ...event, Timestamp: timestamp });
    }
  }
  return accepted;
}

function isForAnother({ executionId }: Message, record: InstanceRecord): boolean {
  return executionId !== undefined && executionId !== record.executionId;
}

/** Ids of the scheduled work, by the type of event that answers it. */
function listUnanswered(history: readonly HistoryEvent[]): Set<string> {
  const unanswered = new Set<string>();
  for (const event of history) {
    switch (event.EventType) {
      case eventTypes.taskScheduled:
        unanswered.add(`task ${event.EventId}`);
        break;
      case eventTypes.childCreated:
        unanswered.add(`child ${event.EventId}`);
        break;
      case eventTypes.timerCreated:
        unanswered.add(`timer ${event.EventId}`);
        break;
      default:
        unanswered.delete(answeredKey(event) ?? '');
    }
  }
  return unanswered;
}

function takesAnswer(event: Exclude<Message['event'], { EventType: 0 }>, unanswered: Set<string>): boolean {
  const key = answeredKey(event);
  return key === undefined || unanswered.delete(key);
}

function answeredKey(event: HistoryEvent): string | undefined {
  switch (event.EventType) {
    case eventTypes.taskCompleted:
    case eventTypes.taskFailed:
      return `task ${event.TaskScheduledId}`;
    case eventTypes.childCompleted:
    case eventTypes.childFailed:
      return `child ${event.TaskScheduledId}`;
    case eventTypes.timerFired:
      return `timer ${event.TimerId}`;
    default:
      return undefined;
  }
}

function toExecutionStarted(record: InstanceRecord, timestamp: string): ExecutionStarted {
  const { parent } = record;
  return {
    EventType: eventTypes.executionStarted,
    ...unplayed(timestamp),
    OrchestrationInstance: { InstanceId: record.instanceId, ExecutionId: record.executionId },
    ParentInstance:
      parent === null
        ? null
        : {
            Name: parent.name,
            OrchestrationInstance: { InstanceId: parent.instanceId, ExecutionId: parent.executionId },
            TaskScheduleId: parent.taskId,
            Version: parent.version,
          },
    Name: record.name,
    Version: record.version,
    Input: record.input,
    Tags: null,
    Correlation: null,
    ParentTraceContext: null,
    ScheduledStartTime: null,
    Generation: record.isContinued ? null : 0,
  };
}
