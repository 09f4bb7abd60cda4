/** The actions that an orchestrator answers with (facts: "State returned"), as the JavaScript library writes them. */
export const actionTypes = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callChild: 2,
  callChildWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForEvent: 6,
  callEntity: 7,
  callHttp: 8,
  signalEntity: 9,
  whenAny: 11,
  whenAll: 12,
  lockEntities: 13,
  releaseEntities: 14,
} as const;

export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

export interface ActivityAction {
  readonly actionType: 0;
  readonly functionName: string;
  readonly input?: unknown;
}

export interface ActivityWithRetryAction {
  readonly actionType: 1;
  readonly functionName: string;
  readonly input?: unknown;
  readonly retryOptions: RetryOptions;
}

interface Child {
  readonly functionName: string;
  readonly instanceId?: string;
  readonly input?: unknown;
  readonly version?: string;
}

export interface ChildAction extends Child {
  readonly actionType: 2;
}

export interface ChildWithRetryAction extends Child {
  readonly actionType: 3;
  readonly retryOptions: RetryOptions;
}

interface ContinueAsNewAction {
  readonly actionType: 4;
  readonly input?: unknown;
}

export interface TimerAction {
  readonly actionType: 5;
  readonly fireAt: string;
  readonly isCanceled: boolean;
}

interface WaitForEventAction {
  readonly actionType: 6;
  readonly externalEventName: string;
}

export interface CompoundAction {
  readonly actionType: 11 | 12;
  readonly compoundActions: readonly Action[];
}

export interface UnsupportedAction {
  readonly actionType: 7 | 8 | 9 | 13 | 14;
}

export type Action =
  | ActivityAction
  | ActivityWithRetryAction
  | ChildAction
  | ChildWithRetryAction
  | ContinueAsNewAction
  | TimerAction
  | WaitForEventAction
  | CompoundAction
  | UnsupportedAction;

const unsupportedNames: Readonly<Record<UnsupportedAction['actionType'], string>> = {
  7: 'callEntity',
  8: 'callHttp',
  9: 'signalEntity',
  13: 'lock',
  14: 'lock.release',
};

export function nameOfUnsupported(action: UnsupportedAction): string {
  return unsupportedNames[action.actionType];
}
