import { activityReference } from './activity.ts';
import type { Refusal } from './outcomes.ts';

export const applyGatewayName = 'applyGateway';

/** Input of the single writer. `epoch` is the claim on the gateway that the instance works under. */
export interface ApplyGatewayInput {
  readonly gatewayId: string;
  readonly epoch: number;
}

export type WriteOutcome =
  /** Nothing to write: what Azure shows is what is wanted. `desired` is the intent count that this was read for. */
  | { readonly outcome: 'equal'; readonly desired: number }
  | {
      readonly outcome: 'written';
      readonly keys: readonly string[];
      readonly seconds: number;
      readonly operationUrl: string | null;
    }
  | { readonly outcome: 'wait'; readonly seconds: number; readonly reason: string }
  /** Azure refuses the body; `keys` are the entry changes that were in it. */
  | (Refusal & { readonly keys: readonly string[] })
  /** Another instance holds the gateway now, or the gateway is no longer there to be written. */
  | { readonly outcome: 'superseded' }
  | { readonly outcome: 'gone' };

/** Reads what is wanted and what is, merges, and writes once if they differ. `only` limits the changes to some entries. */
export const writeGateway = activityReference<ApplyGatewayInput & { readonly only?: readonly string[] }, WriteOutcome>(
  'writeGateway',
);

/** After a write: whether Azure is done with it, and how it ended. */
export const readWrite = activityReference<
  { readonly gatewayId: string; readonly operationUrl: string | null },
  | { readonly outcome: 'updating'; readonly seconds: number }
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string }
>('readWrite');

/** Sets one entry aside with Azure's words, so that it never stands in the way of the others. */
export const quarantineEntry = activityReference<
  { readonly gatewayId: string; readonly key: string; readonly code: string; readonly message: string },
  null
>('quarantineEntry');

/** Compares entry by entry, notes how far each has come and ends the operations that waited for it. */
export const recordEntries = activityReference<
  ApplyGatewayInput & { readonly desired: number; readonly writeSeconds: readonly number[] },
  | { readonly outcome: 'recorded'; readonly sessionsToSee: boolean }
  | { readonly outcome: 'wait'; readonly seconds: number }
>('recordEntries');

export type StartedAction =
  | { readonly outcome: 'started'; readonly state: string; readonly seconds: number }
  | { readonly outcome: 'wait'; readonly seconds: number; readonly reason: string }
  | Refusal;

export type PolledAction<T> =
  | { readonly outcome: 'running'; readonly state: string; readonly seconds: number }
  | { readonly outcome: 'wait'; readonly seconds: number; readonly reason: string }
  | ({ readonly outcome: 'done' } & T)
  | Refusal;

export const startSessionList = activityReference<{ readonly gatewayId: string }, StartedAction>('startSessionList');
/** When the list is there: which connections belong to revoked certificates. */
export const pollSessionList = activityReference<
  { readonly gatewayId: string; readonly state: string },
  PolledAction<{ readonly toCut: readonly { readonly connectionId: string; readonly thumbprint: string }[] }>
>('pollSessionList');
export const startDisconnect = activityReference<
  { readonly gatewayId: string; readonly connectionIds: readonly string[] },
  StartedAction
>('startDisconnect');
export const pollDisconnect = activityReference<{ readonly state: string }, PolledAction<object>>('pollDisconnect');
/** Notes what the sessions showed: cut, gone, or (five minutes after the first empty look) proven. */
export const recordSessions = activityReference<
  { readonly gatewayId: string; readonly cut: readonly string[]; readonly failure?: string },
  null
>('recordSessions');

export const startProfile = activityReference<
  { readonly gatewayId: string },
  (StartedAction & { readonly wanted?: number }) | { readonly outcome: 'none' }
>('startProfile');
/** Fetches and keeps the package when Azure has made it; the package and its address stay inside the activity. */
export const pollProfile = activityReference<
  { readonly gatewayId: string; readonly state: string; readonly wanted: number },
  PolledAction<{ readonly hash: string }>
>('pollProfile');
export const failProfile = activityReference<
  { readonly gatewayId: string; readonly wanted: number; readonly code: string; readonly message: string },
  null
>('failProfile');

/** Gives the gateway back if nothing more is wanted of it. */
export const releaseGateway = activityReference<ApplyGatewayInput, { readonly released: boolean }>('releaseGateway');

/** The gateway is no longer in Azure: ends what was wanted of it, and the claim on it. */
export const abandonGateway = activityReference<ApplyGatewayInput, null>('abandonGateway');
