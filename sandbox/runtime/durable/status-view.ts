import type { HistoryEvent } from './history.ts';
import { eventTypes, isTerminal } from './history.ts';
import type { InstanceRecord } from './records.ts';

/** The body of a status answer; `input` and `output` are always there, or the library throws. */
export function toStatusBody(record: InstanceRecord, showInput: boolean): Readonly<Record<string, unknown>> {
  return {
    name: record.name,
    version: record.version,
    instanceId: record.instanceId,
    parentInstanceId: record.parent?.instanceId ?? null,
    runtimeStatus: record.status,
    input: showInput ? parseOrText(record.input) : null,
    customStatus: parseOrText(record.customStatus),
    output: parseOrText(record.output),
    createdTime: toWholeSeconds(record.createdAt),
    lastUpdatedTime: toWholeSeconds(record.updatedAt),
  };
}

/** Running instances are answered 202, ended ones 200; a failed one 500 where the caller asked for that. */
export function toStatusCode(record: InstanceRecord, failureIsServerError: boolean): 200 | 202 | 500 {
  if (!isTerminal(record.status)) {
    return 202;
  }
  return record.status === 'Failed' && failureIsServerError ? 500 : 200;
}

export interface HistoryViewOptions {
  readonly showOutput: boolean;
  readonly showInput: boolean;
}

/** The history as the API shows it: no turns, and each scheduled event merged into the one that answers it. */
export function toHistoryView(history: readonly HistoryEvent[], options: HistoryViewOptions): readonly unknown[] {
  const view: unknown[] = [];
  const scheduled = new Map<string, HistoryEvent>();
  const answered = new Set(history.map(answerKey));
  for (const event of history) {
    const key = scheduledKey(event);
    if (key !== undefined && answered.has(key)) {
      scheduled.set(key, event);
    } else if (
      event.EventType !== eventTypes.orchestratorStarted &&
      event.EventType !== eventTypes.orchestratorCompleted
    ) {
      view.push(toViewEvent(event, scheduled.get(answerKey(event) ?? ''), options));
    }
  }
  return view;
}

const typeNames: Readonly<Record<HistoryEvent['EventType'], string>> = {
  0: 'ExecutionStarted',
  1: 'ExecutionCompleted',
  3: 'ExecutionTerminated',
  4: 'TaskScheduled',
  5: 'TaskCompleted',
  6: 'TaskFailed',
  7: 'SubOrchestrationInstanceCreated',
  8: 'SubOrchestrationInstanceCompleted',
  9: 'SubOrchestrationInstanceFailed',
  10: 'TimerCreated',
  11: 'TimerFired',
  12: 'OrchestratorStarted',
  13: 'OrchestratorCompleted',
  15: 'EventRaised',
};

function scheduledKey(event: HistoryEvent): string | undefined {
  switch (event.EventType) {
    case eventTypes.taskScheduled:
    case eventTypes.childCreated:
    case eventTypes.timerCreated:
      return String(event.EventId);
    default:
      return undefined;
  }
}

function answerKey(event: HistoryEvent): string | undefined {
  if ('TaskScheduledId' in event) {
    return String(event.TaskScheduledId);
  }
  return event.EventType === eventTypes.timerFired ? String(event.TimerId) : undefined;
}

function toViewEvent(event: HistoryEvent, scheduled: HistoryEvent | undefined, options: HistoryViewOptions): unknown {
  const { EventId: _id, IsPlayed: _played, EventType, ...rest } = event;
  const shown: Record<string, unknown> = { EventType: typeNames[EventType], ...rest };
  delete shown['TaskScheduledId'];
  delete shown['TimerId'];
  if (!options.showOutput) {
    delete shown['Result'];
  } else if ('Result' in shown) {
    shown['Result'] = parseOrText(shown['Result'] as string | null);
  }
  if ('Input' in shown) {
    shown['Input'] = options.showInput ? parseOrText(shown['Input'] as string | null) : null;
  }
  if (scheduled !== undefined) {
    shown['ScheduledTime'] = scheduled.Timestamp;
    shown['FunctionName'] = 'Name' in scheduled ? scheduled.Name : undefined;
  }
  return shown;
}

/** Failure texts and reasons are not JSON; they are given as JSON strings. */
export function parseOrText(text: string | null): unknown {
  if (text === null) {
    return null;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Raw text is what failed and terminated instances have for output.
    return text;
  }
}

function toWholeSeconds(timestamp: string): string {
  return `${timestamp.slice(0, 19)}Z`;
}
