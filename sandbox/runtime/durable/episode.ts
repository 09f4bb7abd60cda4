import { randomBytes } from 'node:crypto';
import type { StackClock } from '../clock.ts';
import type { Log } from '../core/types.ts';
import { acceptMessages } from './accept-messages.ts';
import { describeOrchestratorFailure } from './failure-text.ts';
import type { EventRaised, ExecutionTerminated, FailureDetails, HistoryEvent } from './history.ts';
import { eventTypes, isTerminal, statusNumbers, unplayed } from './history.ts';
import { outgoingKey } from './keys.ts';
import type { OrchestratorAnswer } from './orchestrator-answer.ts';
import type { Commit, InstanceRecord, InstanceState, Outgoing, Parent } from './records.ts';
import type { KnownFunctions, ReplayOutcome, ScheduledWork } from './replay.ts';
import { replay } from './replay.ts';
import type { Versioning } from './versioning.ts';
import { judgeVersion, versionFailure } from './versioning.ts';

export interface EpisodeOptions {
  readonly clock: StackClock;
  readonly log: Log;
  readonly functions: KnownFunctions;
  readonly storeInputs: boolean;
  readonly versioning: Versioning;
  /** Runs the app's orchestrator over a payload (facts: "Payload to the orchestrator"). */
  readonly runOrchestrator: (name: string, payload: OrchestratorPayload) => Promise<OrchestratorAnswer>;
}

export interface OrchestratorPayload {
  readonly history: readonly HistoryEvent[];
  readonly input: unknown;
  readonly instanceId: string;
  readonly isReplaying: boolean;
  readonly parentInstanceId: string | null;
}

/** How an execution ends. */
interface Ending {
  readonly status: 'Completed' | 'Failed' | 'Terminated';
  readonly output: string | null;
  readonly details: string | null;
  readonly failureDetails: FailureDetails | null;
}

const customStatusBytesMax = 16 * 1024;

export function hasWaitingMessages({ record, inbox }: InstanceState): boolean {
  return record.carried.length > 0 || inbox.length > 0;
}

/**
 * Runs one turn of an instance over the messages that wait for it. Nothing is stored: the outcome is to be committed.
 */
export async function runEpisode(state: InstanceState, options: EpisodeOptions): Promise<Commit> {
  const timestamp = options.clock.iso();
  const consumed = { ...state.record, carried: [], consumedKey: state.inbox.at(-1)?.key ?? state.record.consumedKey };
  const accepted = isTerminal(state.record.status) ? [] : acceptMessages(state, timestamp);
  if (accepted.length === 0) {
    return { previous: state, record: consumed, newEvents: [], newOutgoing: [], removedOutgoing: [] };
  }
  const turn = { state, consumed, timestamp, accepted };
  if (judgeVersion(state.record.version, options.versioning) === 'fail') {
    return endUnrun(turn, failedByVersion);
  }
  const termination = accepted.find((event) => event.EventType === eventTypes.executionTerminated);
  return termination === undefined ? runTurn(turn, options) : endUnrun(turn, terminatedBy(termination));
}

interface TurnStart {
  readonly state: InstanceState;
  /** The record without the messages that this turn consumes. */
  readonly consumed: InstanceRecord;
  readonly timestamp: string;
  readonly accepted: readonly HistoryEvent[];
}

/** Comes before all else, a termination too. */
const failedByVersion: Ending = {
  status: 'Failed',
  output: describeFailure(versionFailure),
  details: null,
  failureDetails: versionFailure,
};

function terminatedBy({ Input }: ExecutionTerminated): Ending {
  return { status: 'Terminated', output: Input, details: null, failureDetails: null };
}

/** Such an end comes at once, whatever is open; the orchestrator is not run. */
function endUnrun({ state, consumed, timestamp, accepted }: TurnStart, ending: Ending): Commit {
  const events = [turnEvent(timestamp, eventTypes.orchestratorStarted), ...accepted];
  return end({ state, record: { ...consumed, updatedAt: timestamp }, timestamp, events, outgoing: [] }, ending);
}

async function runTurn({ state, consumed, timestamp, accepted }: TurnStart, options: EpisodeOptions): Promise<Commit> {
  const { record } = state;
  const delivered = [turnEvent(timestamp, eventTypes.orchestratorStarted), ...accepted];
  const isKnown = options.functions.hasOrchestrator(record.name);
  const history = [...state.history.map((event) => ({ ...event, IsPlayed: true })), ...delivered];
  const answer = isKnown ? await options.runOrchestrator(record.name, toPayload(state, history)) : undefined;
  const parentInstanceId = record.parent?.instanceId ?? null;
  const { instanceId, executionId } = record;
  const actions = answer?.actions ?? [];
  const replayed = replay({
    history,
    actions,
    instanceId,
    executionId,
    parentInstanceId,
    defaultVersion: options.versioning.defaultVersion,
    functions: options.functions,
  });
  const fault = replayed.fault ?? refuseCustomStatus(answer?.customStatus);
  say(options.log, record, answer, replayed);

  const scheduled = fault === undefined ? replayed.scheduled : [];
  const turned: Turned = {
    state,
    record: { ...consumed, status: 'Running', updatedAt: timestamp, customStatus: toCustomStatus(record, answer) },
    timestamp,
    events: [...delivered, ...scheduled.map((work) => toEvent(work, timestamp, options.storeInputs))],
    outgoing: scheduled.flatMap((work) => toOutgoing(work, record)),
  };
  const unknown = isKnown ? undefined : options.functions.describeUnknown(record.name, 'orchestrator');
  const ending = decideEnding({ name: record.name, answer, replayed, fault, unknown });
  if (ending === 'continue-as-new') {
    return continueAsNew(turned, replayed);
  }
  return ending === undefined ? continueWith(turned, replayed) : end(turned, ending);
}

/** What a turn leads to, before it is clear whether the execution ends with it. */
interface Turned {
  readonly state: InstanceState;
  readonly record: InstanceRecord;
  readonly timestamp: string;
  readonly events: readonly HistoryEvent[];
  readonly outgoing: readonly Outgoing[];
}

interface Outcome {
  readonly name: string;
  readonly answer: OrchestratorAnswer | undefined;
  readonly replayed: ReplayOutcome;
  /** Why the host fails the orchestration, whatever it answered. */
  readonly fault: string | undefined;
  /** What is said of an orchestrator that the app does not have. */
  readonly unknown: string | undefined;
}

/** Completion, failure and continue-as-new take effect only when no task of the host is open; a fault does at once. */
function decideEnding({ name, answer, replayed, fault, unknown }: Outcome): Ending | 'continue-as-new' | undefined {
  if (unknown !== undefined) {
    return { status: 'Failed', output: unknown, details: unknown, failureDetails: null };
  }
  if (fault !== undefined) {
    return failed(name, fault, undefined);
  }
  if (answer === undefined || replayed.openTaskCount > 0) {
    return undefined;
  }
  if (answer.error !== undefined) {
    return failed(name, answer.error, answer.failureDetails);
  }
  if (!answer.isDone) {
    return undefined;
  }
  if (replayed.continueAsNew !== undefined) {
    return 'continue-as-new';
  }
  const output = answer.output === undefined ? null : JSON.stringify(answer.output);
  return { status: 'Completed', output, details: null, failureDetails: null };
}

function failed(name: string, error: string, failureDetails: FailureDetails | undefined): Ending {
  const output =
    failureDetails === undefined ? describeOrchestratorFailure(name, error) : describeFailure(failureDetails);
  const details = `Message: ${error}, StackTrace: ${failureDetails?.StackTrace ?? 'N/A'}`;
  return { status: 'Failed', output, details, failureDetails: failureDetails ?? null };
}

function describeFailure({ ErrorType, ErrorMessage }: FailureDetails): string {
  return `${ErrorType}: ${ErrorMessage}`;
}

function continueWith({ state, record, timestamp, events, outgoing }: Turned, replayed: ReplayOutcome): Commit {
  const newEvents = [...events, turnEvent(timestamp, eventTypes.orchestratorCompleted)];
  const canceled = replayed.canceledTimerIds.map((id) => outgoingKey(record.executionId, { kind: 'timer', id }));
  return {
    previous: state,
    record,
    newEvents,
    newOutgoing: outgoing,
    removedOutgoing: state.outgoing.map(({ key }) => key).filter((key) => canceled.includes(key)),
  };
}

function end({ state, record, timestamp, events }: Turned, ending: Ending): Commit {
  const { status, output, details, failureDetails } = ending;
  const completed: HistoryEvent = {
    EventType: eventTypes.executionCompleted,
    ...unplayed(timestamp),
    OrchestrationStatus: statusNumbers[status],
    Result: output,
    FailureDetails: failureDetails,
  };
  const newEvents = [...events, completed, turnEvent(timestamp, eventTypes.orchestratorCompleted)];
  const report = record.parent === null ? [] : [toReport(record.parent, ending, timestamp)];
  return {
    previous: state,
    record: {
      ...record,
      status,
      output,
      details,
      failureDetails,
    },
    newEvents,
    newOutgoing: report,
    removedOutgoing: listOwnWork(state),
  };
}

/**
 * A new execution of the same instance with a history of its own; it goes on at once, with the events that came too
 * late.
 */
function continueAsNew({ state, record }: Turned, { continueAsNew: next, carriedEvents }: ReplayOutcome): Commit {
  const carried = carriedEvents.map((event: EventRaised) => ({ event }));
  return {
    previous: state,
    record: {
      ...record,
      executionId: newExecutionId(),
      input: next?.input === undefined ? null : JSON.stringify(next.input),
      carried: [{ event: { EventType: eventTypes.executionStarted } }, ...carried],
      isContinued: true,
    },
    newEvents: [],
    newOutgoing: [],
    removedOutgoing: listOwnWork(state),
  };
}

/** 32 hex digits, as the host makes them. */
export function newExecutionId(): string {
  return randomBytes(16).toString('hex');
}

function listOwnWork({ outgoing }: InstanceState): readonly string[] {
  return outgoing.filter(({ value }) => value.kind === 'activity' || value.kind === 'timer').map(({ key }) => key);
}

function toPayload({ record, history }: InstanceState, all: readonly HistoryEvent[]): OrchestratorPayload {
  return {
    history: all,
    input: record.input === null ? null : (JSON.parse(record.input) as unknown),
    instanceId: record.instanceId,
    isReplaying: history.length > 0,
    parentInstanceId: record.parent?.instanceId ?? null,
  };
}

function turnEvent(timestamp: string, type: 12 | 13): HistoryEvent {
  return { EventType: type, ...unplayed(timestamp) };
}

function toEvent(work: ScheduledWork, timestamp: string, storeInputs: boolean): HistoryEvent {
  const common = unplayed(timestamp, work.id);
  switch (work.kind) {
    case 'activity': {
      const Input = storeInputs ? work.input : null;
      return { EventType: 4, Name: work.name, Version: '', Input, ParentTraceContext: null, Tags: null, ...common };
    }
    case 'child': {
      const { name: Name, version: Version, instanceId: InstanceId } = work;
      const Input = storeInputs ? work.input : null;
      return { EventType: 7, Name, Version, InstanceId, Input, ClientSpanId: null, Tags: null, ...common };
    }
    case 'timer':
      return { EventType: 10, FireAt: work.fireAt, ...common };
  }
}

function toOutgoing(work: ScheduledWork, record: InstanceRecord): readonly Outgoing[] {
  switch (work.kind) {
    case 'activity':
      return [{ kind: 'activity', id: work.id, name: work.name, input: work.input, traceParent: record.traceParent }];
    case 'timer':
      return work.isCanceled ? [] : [{ kind: 'timer', id: work.id, fireAt: work.fireAt }];
    case 'child': {
      const { name, version, instanceId, executionId } = record;
      const parent: Parent = { name, version, instanceId, executionId, taskId: work.id };
      const child = { ...work, executionId: newExecutionId(), parent, traceParent: record.traceParent };
      return [{ kind: 'start', id: work.id, child }];
    }
  }
}

function toReport(parent: Parent, ending: Ending, timestamp: string): Outgoing {
  const common = { ...unplayed(timestamp), TaskScheduledId: parent.taskId };
  const { output, details, failureDetails } = ending;
  if (ending.status === 'Completed') {
    return { kind: 'report', id: 0, parent, event: { EventType: 8, Result: output, ...common } };
  }
  const failure = { Reason: output ?? '', Details: details ?? '', FailureDetails: failureDetails };
  return { kind: 'report', id: 0, parent, event: { EventType: 9, ...failure, ...common } };
}

/** A custom status, once set, stays until another is set; the library cannot send a falsy one. */
function toCustomStatus(record: InstanceRecord, answer: OrchestratorAnswer | undefined): string | null {
  const isKept = answer?.customStatus === undefined || refuseCustomStatus(answer.customStatus) !== undefined;
  return isKept ? record.customStatus : JSON.stringify(answer.customStatus);
}

function refuseCustomStatus(customStatus: unknown): string | undefined {
  const bytes = customStatus === undefined ? 0 : JSON.stringify(customStatus).length * 2;
  if (bytes <= customStatusBytesMax) {
    return undefined;
  }
  const kilobytes = Math.ceil(bytes / 1024);
  return `The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload is ${kilobytes} KB.`;
}

/** Production is silent about these; an instance that waits for ever should at least say so here. */
function say(
  log: Log,
  { name, instanceId }: InstanceRecord,
  answer: OrchestratorAnswer | undefined,
  replayed: ReplayOutcome,
): void {
  for (const warning of replayed.warnings) {
    log('warning', name, `${instanceId}: ${warning}`);
  }
  if (answer?.isSilentFailure === true) {
    log('error', name, `${instanceId}: threw an error without a message; the instance stays Running for ever.`);
  } else if (answer?.isDone === false && answer.error === undefined && replayed.isExhausted) {
    log(
      'error',
      name,
      `${instanceId}: waits for a task that the host does not know; the instance stays Running for ever.`,
    );
  }
}
