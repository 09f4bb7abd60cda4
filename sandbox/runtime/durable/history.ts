/** Numbers of the history events, as they stand in the JSON for the orchestrator (facts: "History events"). */
export const eventTypes = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  childCreated: 7,
  childCompleted: 8,
  childFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
} as const;

interface OrchestrationInstance {
  readonly InstanceId: string;
  readonly ExecutionId: string;
}

export interface FailureDetails {
  readonly ErrorType: string;
  readonly ErrorMessage: string;
  readonly StackTrace: string | null;
  readonly InnerFailure: FailureDetails | null;
  readonly IsNonRetriable: boolean;
  readonly Properties: Readonly<Record<string, unknown>> | null;
}

interface Common {
  readonly EventId: number;
  readonly IsPlayed: boolean;
  readonly Timestamp: string;
}

export interface ExecutionStarted extends Common {
  readonly EventType: 0;
  readonly OrchestrationInstance: OrchestrationInstance;
  readonly ParentInstance: {
    readonly Name: string;
    readonly OrchestrationInstance: OrchestrationInstance;
    readonly TaskScheduleId: number;
    readonly Version: string;
  } | null;
  readonly Name: string;
  readonly Version: string;
  readonly Input: string | null;
  readonly Tags: null;
  readonly Correlation: null;
  readonly ParentTraceContext: null;
  readonly ScheduledStartTime: null;
  readonly Generation: number | null;
}

interface ExecutionCompleted extends Common {
  readonly EventType: 1;
  readonly OrchestrationStatus: number;
  readonly Result: string | null;
  readonly FailureDetails: FailureDetails | null;
}

export interface ExecutionTerminated extends Common {
  readonly EventType: 3;
  readonly Input: string | null;
}

interface TaskScheduled extends Common {
  readonly EventType: 4;
  readonly Name: string;
  readonly Version: string;
  readonly Input: string | null;
  readonly ParentTraceContext: null;
  readonly Tags: null;
}

export interface TaskSucceeded extends Common {
  readonly EventType: 5 | 8;
  readonly TaskScheduledId: number;
  readonly Result: string | null;
}

export interface TaskUnsuccessful extends Common {
  readonly EventType: 6 | 9;
  readonly TaskScheduledId: number;
  readonly Reason: string;
  readonly Details: string | null;
  readonly FailureDetails: FailureDetails | null;
}

interface ChildCreated extends Common {
  readonly EventType: 7;
  readonly Name: string;
  readonly Version: string;
  readonly InstanceId: string;
  readonly Input: string | null;
  readonly ClientSpanId: null;
  readonly Tags: null;
}

interface TimerCreated extends Common {
  readonly EventType: 10;
  readonly FireAt: string;
}

export interface TimerFired extends Common {
  readonly EventType: 11;
  readonly TimerId: number;
  readonly FireAt: string;
}

interface Turn extends Common {
  readonly EventType: 12 | 13;
}

export interface EventRaised extends Common {
  readonly EventType: 15;
  readonly Name: string;
  readonly Input: string | null;
  readonly ParentTraceContext: null;
}

export type HistoryEvent =
  | ExecutionStarted
  | ExecutionCompleted
  | ExecutionTerminated
  | TaskScheduled
  | TaskSucceeded
  | TaskUnsuccessful
  | ChildCreated
  | TimerCreated
  | TimerFired
  | Turn
  | EventRaised;

/** The fields that every event has and that say nothing of its own. */
export function unplayed(timestamp: string, eventId = -1): Common {
  return { EventId: eventId, IsPlayed: false, Timestamp: timestamp };
}

export type RuntimeStatus = 'Pending' | 'Running' | 'Completed' | 'Failed' | 'Terminated';

/** Numbers of the statuses in `ExecutionCompleted.OrchestrationStatus`. */
export const statusNumbers = { Completed: 1, Failed: 3, Terminated: 5 } as const;

export function isTerminal(status: RuntimeStatus): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Terminated';
}
