import type { Failure, Refusal } from '../../domain/failure.ts';
import { activityReference } from '../operations/activity.ts';

export const applyGatewayName = 'applyGateway';

/** Input of the single writer. `epoch` is the claim on the gateway that the instance works under. */
export interface ApplyGatewayInput {
  readonly gatewayId: string;
  readonly epoch: number;
}

/** An entry change: `root:<thumbprint>` or `revocation:<thumbprint>`, with `:off` for taking it off. */
type EntryKey = string;

export interface WriteGatewayInput extends ApplyGatewayInput {
  /** Changes that must not be in the body now. What an earlier, failed write brought of them comes off again. */
  readonly held?: readonly EntryKey[];
  /** Names of others' entries that Azure called expired: they are left out of the body. */
  readonly leftOut?: readonly string[];
  /** Write though nothing differs: whether Azure takes the gateway as it stands is to be known. */
  readonly force?: boolean;
}

/** Why a write as a whole did not get through. It says nothing against any entry, so what was wanted stays wanted. */
export type WriteFailure = Failure;

/**
 * What Azure said of a body that it does not take: only such an answer (400, or a write that ended as Failed) can be
 * about an entry.
 */
export interface BodyRefusal extends WriteFailure {
  /** Changes of ours that the words name. */
  readonly named: readonly EntryKey[];
  /** Entries of others that the words name as expired. */
  readonly expired: readonly string[];
}

export type WriteOutcome =
  /**
   * Nothing to write. `desired` is the count of intents that this was read for; `held` are the held changes that still
   * differ.
   */
  | { readonly outcome: 'equal'; readonly desired: number; readonly held: readonly EntryKey[] }
  | {
      readonly outcome: 'written';
      readonly desired: number;
      readonly keys: readonly EntryKey[];
      readonly seconds: number;
      readonly operationUrl: string | null;
    }
  /**
   * Azure is at work, throttles, or is locked; `isUnavailable` when it gave no answer to go by, which may have a
   * lasting cause.
   */
  | ({
      readonly outcome: 'wait';
      readonly desired: number;
      readonly seconds: number;
      readonly isUnavailable: boolean;
    } & WriteFailure)
  /** Azure refuses the body; `keys` are the changes that were in it. */
  | ({ readonly outcome: 'refused'; readonly keys: readonly EntryKey[]; readonly desired: number } & BodyRefusal)
  | ({ readonly outcome: 'failed'; readonly desired: number } & WriteFailure)
  /** Azure shows no gateway. One such answer proves nothing; `isKnown` when it was found to be gone before. */
  | { readonly outcome: 'absent'; readonly desired: number; readonly isKnown: boolean }
  /** Another instance holds the gateway now, or it is no longer registered. */
  | { readonly outcome: 'superseded' };

/** Reads what is wanted and what is, notes what somebody took off, merges, and writes once if they differ. */
export const writeGateway = activityReference<WriteGatewayInput, WriteOutcome>('writeGateway');

/** After a write: whether Azure is done with it, and how it ended. `unseen`: the gateway could not be looked at. */
export const readWrite = activityReference<
  {
    readonly gatewayId: string;
    readonly operationUrl: string | null;
    /** Seconds since Azure took the write. */
    readonly waitedSeconds: number;
  },
  | { readonly outcome: 'updating' | 'unseen'; readonly seconds: number }
  | { readonly outcome: 'succeeded' }
  /** `isAboutBody` is false for a write that was canceled or superseded, not refused. */
  | ({ readonly outcome: 'failed'; readonly isAboutBody: boolean } & BodyRefusal)
>('readWrite');

/** One look for a gateway that Azure did not show: by itself, and in the list of its resource group. */
export const lookForGateway = activityReference<
  { readonly gatewayId: string },
  | { readonly outcome: 'there' }
  /** The gateway is not found, and the list, which was answered, does not have it. */
  | { readonly outcome: 'absent' }
  | ({ readonly outcome: 'unknown' } & WriteFailure)
>('lookForGateway');

/** Notes what Azure has refused entries with. `isNamed` when Azure's words name the entry. */
export const recordRefusals = activityReference<
  {
    readonly gatewayId: string;
    readonly refusals: readonly (WriteFailure & { readonly key: EntryKey; readonly isNamed: boolean })[];
  },
  null
>('recordRefusals');

/** Compares entry by entry, notes how far each has come and ends the operations that waited for it. */
export const recordEntries = activityReference<
  ApplyGatewayInput & {
    /** The count of intents that the gateway was found to match; absent when it does not. */
    readonly desired?: number;
    readonly writeSeconds: readonly number[];
  },
  | { readonly outcome: 'recorded'; readonly sessionsToSee: boolean }
  | { readonly outcome: 'wait'; readonly seconds: number; readonly reason: string }
>('recordEntries');

/** `isOvertaken`: more is wanted of the gateway's entries by now, which goes before every look at something else. */
interface Waiting {
  readonly outcome: 'wait';
  readonly seconds: number;
  readonly reason: string;
  readonly isOvertaken: boolean;
}

export type StartedAction =
  { readonly outcome: 'started'; readonly state: string; readonly seconds: number } | Waiting | Refusal;

export type PolledAction<T> =
  | { readonly outcome: 'running'; readonly state: string; readonly seconds: number; readonly isOvertaken: boolean }
  | Waiting
  | ({ readonly outcome: 'done' } & T)
  | Refusal;

/** `desired` is the count of intents that has been fulfilled: with a higher one by now, the action is overtaken. */
export interface GatewayActionInput {
  readonly gatewayId: string;
  readonly desired: number;
}

/**
 * What one list of sessions says of those whom the gateway is to refuse: `key` is `revocation:<thumbprint>` or
 * `root:<root id>`.
 */
export interface SessionFindings {
  readonly toCut: readonly { readonly connectionId: string; readonly key: string }[];
  /** Of these nothing can be said: sessions that could be theirs are there, and cannot be told apart or cut. */
  readonly unproven: readonly { readonly key: string; readonly reason: string }[];
}

/** Whether more is wanted of the gateway's entries by now. */
export const lookForIntents = activityReference<GatewayActionInput, { readonly isOvertaken: boolean }>(
  'lookForIntents',
);

export const startSessionList = activityReference<GatewayActionInput, StartedAction>('startSessionList');
export const pollSessionList = activityReference<
  GatewayActionInput & { readonly state: string },
  PolledAction<SessionFindings>
>('pollSessionList');
export const startDisconnect = activityReference<
  GatewayActionInput & { readonly connectionIds: readonly string[] },
  StartedAction
>('startDisconnect');
export const pollDisconnect = activityReference<GatewayActionInput & { readonly state: string }, PolledAction<object>>(
  'pollDisconnect',
);
/** Notes what the sessions showed: cut, gone, or (five minutes after the first empty look) proven. */
export const recordSessions = activityReference<
  {
    readonly gatewayId: string;
    readonly cut: readonly string[];
    readonly unproven: SessionFindings['unproven'];
    /** When the list was asked for, ISO 8601: what it shows is no newer. */
    readonly begunAt: string;
    /** Why the sessions could not be seen or cut. */
    readonly failure?: string;
  },
  null
>('recordSessions');

export const startProfile = activityReference<
  GatewayActionInput,
  (StartedAction & { readonly wanted: number }) | { readonly outcome: 'none' }
>('startProfile');
/** Fetches and keeps the package when Azure has made it; the package and its address stay inside the activity. */
export const pollProfile = activityReference<
  GatewayActionInput & { readonly state: string; readonly wanted: number },
  PolledAction<{ readonly hash: string }>
>('pollProfile');
export const failProfile = activityReference<{ readonly gatewayId: string; readonly wanted: number } & Failure, null>(
  'failProfile',
);

/** Gives the gateway back if nothing more is wanted of it. */
export const releaseGateway = activityReference<ApplyGatewayInput, { readonly released: boolean }>('releaseGateway');

/** Notes why the gateway is not as wanted, shows it with the operations that wait, and says when it is tried again. */
export const showWriteFailure = activityReference<ApplyGatewayInput & WriteFailure, null>('showWriteFailure');

/** Gives the gateway back though it is not as wanted; not when more is wanted than the `desired` that was tried. */
export const pauseGateway = activityReference<
  ApplyGatewayInput & { readonly desired: number },
  { readonly released: boolean }
>('pauseGateway');

/**
 * The gateway is no longer in Azure: ends what cannot be done any more, and the claim on it. It is still looked for.
 */
export const abandonGateway = activityReference<ApplyGatewayInput, null>('abandonGateway');
