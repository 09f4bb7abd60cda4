import type { EventRaised, HistoryEvent, RuntimeStatus, TaskSucceeded, TaskUnsuccessful } from './history.ts';
import type { ExecutionTerminated, FailureDetails, TimerFired } from './history.ts';

/** The parent of a sub-orchestration: who waits for it, and under which id. */
export interface Parent {
  readonly name: string;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly version: string;
}

/** One orchestration instance as it was last committed. */
export interface InstanceRecord {
  readonly instanceId: string;
  /** Changes with each execution: a restart under the same id, or continue-as-new. */
  readonly executionId: string;
  /** The execution id of the first execution: continue-as-new keeps it, so that a repeated start is known as such. */
  readonly startId: string;
  readonly name: string;
  readonly version: string;
  readonly status: RuntimeStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** JSON text, null when there is none. */
  readonly input: string | null;
  /** JSON text when completed; raw text when failed or terminated. */
  readonly output: string | null;
  /** The failure's details, for the parent. */
  readonly details: string | null;
  readonly failureDetails: FailureDetails | null;
  /** JSON text. */
  readonly customStatus: string | null;
  readonly parent: Parent | null;
  /** The trace that the start belongs to, as its header said. */
  readonly traceParent?: string | undefined;
  /** The key of the last message that was consumed: those that follow get later ones. */
  readonly consumedKey: string;
  /** Messages that continue-as-new took over into this execution, to be delivered before the inbox. */
  readonly carried: readonly Message[];
  readonly isContinued: boolean;
}

/**
 * The events that reach an instance from outside its own turn. `executionId` is absent where any execution may take it.
 */
export interface Message {
  readonly executionId?: string;
  readonly event: DeliveredEvent;
}

/** A start carries no data: the record, written with it, has name and input. */
interface StartMarker {
  readonly EventType: 0;
}

export type DeliveredEvent =
  StartMarker | ExecutionTerminated | TaskSucceeded | TaskUnsuccessful | TimerFired | EventRaised;

/** Work that an instance owes to the world, kept until it is done. */
export type Outgoing =
  | {
      readonly kind: 'activity';
      readonly id: number;
      readonly name: string;
      readonly input: string;
      readonly traceParent?: string | undefined;
    }
  | { readonly kind: 'timer'; readonly id: number; readonly fireAt: string }
  | { readonly kind: 'start'; readonly id: number; readonly child: ChildStart }
  | {
      readonly kind: 'report';
      readonly id: number;
      readonly parent: Parent;
      readonly event: TaskSucceeded | TaskUnsuccessful;
    };

export interface ChildStart {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string;
  readonly input: string | null;
  readonly parent: Parent;
  readonly traceParent?: string | undefined;
}

export interface Stored<T> {
  readonly key: string;
  readonly value: T;
}

/** Everything of one instance that is needed to go on with it. */
export interface InstanceState {
  readonly record: InstanceRecord;
  /** Guards the next commit: it fails when somebody else has written since. */
  readonly revision: number;
  readonly history: readonly HistoryEvent[];
  readonly inbox: readonly Stored<Message>[];
  readonly outgoing: readonly Stored<Outgoing>[];
}

/** One turn's outcome, to be committed as a whole or not at all. */
export interface Commit {
  readonly previous: InstanceState;
  readonly record: InstanceRecord;
  /** Events to append to the history of `record.executionId`; a new execution begins with an empty history. */
  readonly newEvents: readonly HistoryEvent[];
  readonly newOutgoing: readonly Outgoing[];
  readonly removedOutgoing: readonly string[];
}
