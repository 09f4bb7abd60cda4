import { activityReference } from '../operations/activity.ts';
import type { PolledAction } from './apply-gateway.ts';
import type { OperationEnd } from './build-gateway.ts';

export const disconnectSessionsName = 'disconnectSessions';

export interface DisconnectSessionsInput {
  readonly operationId: string;
  readonly gatewayId: string;
}

/** The steps in order. Public names: the operation shows them. */
export const disconnectSteps = [
  { name: 'disconnect', usualSeconds: 60 },
  { name: 'lookAgain', usualSeconds: 390 },
] as const;

/** What one list says of the sessions that were chosen. */
export interface ChosenSessions {
  /** Ids of those that can be disconnected. */
  readonly connectionIds: readonly string[];
  /** Sessions that could be chosen ones and are left alone, and why. */
  readonly leftAlone: readonly LeftAlone[];
}

export interface LeftAlone {
  readonly connectionId?: string;
  readonly thumbprint?: string;
  readonly reason: string;
}

/** Looks at the list that was asked for, and picks those that the operation is about. */
export const pollChosenSessions = activityReference<
  DisconnectSessionsInput & { readonly state: string },
  PolledAction<ChosenSessions>
>('pollChosenSessions');

/** The end of the operation, with what became of whom. */
export const finishDisconnect = activityReference<
  DisconnectSessionsInput & {
    readonly end: OperationEnd;
    /** Ids that were disconnected and are in no later list. */
    readonly disconnected: readonly string[];
    readonly leftAlone: readonly LeftAlone[];
  },
  null
>('finishDisconnect');
