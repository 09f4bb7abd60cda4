import type { OrchestrationContext } from 'durable-functions';
import {
  failProfile,
  type GatewayActionInput,
  lookForIntents,
  pollDisconnect,
  type PolledAction,
  pollProfile,
  pollSessionList,
  recordSessions,
  type SessionFindings,
  startDisconnect,
  type StartedAction,
  startProfile,
  startSessionList,
} from '../../contracts/gateways/apply-gateway.ts';
import { type Refusal, sayFailure } from '../../domain/failure.ts';
import { lookAgainSeconds } from '../../domain/poll-pacing.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';

/** Azure's actions on a gateway take a minute; past this time they are given up. */
const actionMaxMs = 60 * 60 * 1000;
/** However long Azure asks to be left alone, what is wanted of the entries meanwhile does not wait for it. */
const intentLookSeconds = 60;
/**
 * An action that was overtaken once is not again before so much time: Azure ends one in a minute, unless it does not.
 */
const undisturbedMs = 5 * 60 * 1000;

/** More is wanted of the gateway's entries by now. `state` is where the action can be continued afterwards. */
export interface Overtaken {
  readonly outcome: 'overtaken';
  readonly state: string | undefined;
}

/**
 * Lists the sessions, cuts those of whom the gateway is to refuse, and notes what was seen. Answers false when more was
 * wanted of the gateway meanwhile: then the list is made anew after that, `undisturbed`, so that steady changes do not
 * put off the cutting without end.
 */
export function* cutRefusedSessions(
  context: OrchestrationContext,
  input: GatewayActionInput,
  undisturbed: boolean,
): Steps<boolean> {
  const { gatewayId } = input;
  const begunAt = context.df.currentUtcDateTime.toISOString();
  const listed = yield* runAction<SessionFindings>(
    context,
    input,
    () => callActivity(context, startSessionList, input),
    (state) => callActivity(context, pollSessionList, { ...input, state }),
    { undisturbed },
  );
  if (listed.outcome === 'overtaken') return false;
  if (listed.outcome === 'refused') {
    const failure = `Azure could not list the sessions: ${sayFailure(listed)}`;
    yield* callActivity(context, recordSessions, { gatewayId, begunAt, cut: [], unproven: [], failure });
    return true;
  }
  const { toCut, unproven } = listed;
  const connectionIds = [...new Set(toCut.map(({ connectionId }) => connectionId))];
  if (connectionIds.length > 0) {
    const cut = yield* runAction<object>(
      context,
      input,
      () => callActivity(context, startDisconnect, { ...input, connectionIds }),
      (state) => callActivity(context, pollDisconnect, { ...input, state }),
      { undisturbed },
    );
    if (cut.outcome === 'overtaken') return false;
    if (cut.outcome === 'refused') {
      const failure = `Azure could not disconnect the sessions: ${sayFailure(cut)}`;
      yield* callActivity(context, recordSessions, { gatewayId, begunAt, cut: [], unproven: [], failure });
      return true;
    }
  }
  yield* callActivity(context, recordSessions, {
    gatewayId,
    begunAt,
    cut: [...new Set(toCut.map(({ key }) => key))],
    unproven,
  });
  return true;
}

/** A profile package that is being made while the gateway's entries were written. */
export interface PendingProfile {
  readonly state: string;
  readonly wanted: number;
  readonly sinceMs: number;
}

/**
 * Makes a new profile package if one is wanted. A refusal ends the requests for it and nothing else. Whatever is wanted
 * of the entries meanwhile goes first: then it answers what to go on with.
 */
export function* makeProfile(
  context: OrchestrationContext,
  input: GatewayActionInput,
  pending?: PendingProfile,
): Steps<'made' | { readonly pending: PendingProfile | undefined }> {
  const { gatewayId } = input;
  const sinceMs = pending?.sinceMs ?? context.df.currentUtcDateTime.getTime();
  let wanted = pending?.wanted ?? 0;
  const made = yield* runAction(
    context,
    input,
    function* () {
      const next = yield* callActivity(context, startProfile, input);
      if (next.outcome === 'none') return next;
      ({ wanted } = next);
      return next;
    },
    (state) => callActivity(context, pollProfile, { ...input, state, wanted }),
    { sinceMs, ...(pending === undefined ? {} : { state: pending.state }) },
  );
  if (made.outcome === 'overtaken') {
    return { pending: made.state === undefined ? undefined : { state: made.state, wanted, sinceMs } };
  }
  if (made.outcome === 'refused') {
    const { outcome: _outcome, ...words } = made;
    yield* callActivity(context, failProfile, { gatewayId, wanted, ...words });
  }
  return 'made';
}

interface RunOptions {
  /** Goes on with an action that was started before. */
  readonly state?: string;
  readonly sinceMs?: number;
  /** Whatever more is wanted of the entries waits for its end, for some minutes. */
  readonly undisturbed?: boolean;
}

/**
 * Starts a long-running action, however often Azure has to be asked, and looks at it until it has ended, or until more
 * is wanted of the entries: only a write of the gateway goes before that.
 */
export function* runAction<T extends object, None extends { readonly outcome: 'none' } = never>(
  context: OrchestrationContext,
  input: GatewayActionInput,
  start: () => Steps<StartedAction | None>,
  poll: (state: string) => Steps<PolledAction<T>>,
  options: RunOptions = {},
): Steps<({ readonly outcome: 'done' } & T) | None | Refusal | Overtaken> {
  const nowMs = (): number => context.df.currentUtcDateTime.getTime();
  const sinceMs = options.sinceMs ?? nowMs();
  const disturbedFromMs = options.undisturbed === true ? sinceMs + undisturbedMs : sinceMs;
  let { state } = options;
  let last = '';
  while (nowMs() - sinceMs <= actionMaxMs) {
    const answer: StartedAction | None | PolledAction<T> = state === undefined ? yield* start() : yield* poll(state);
    if (answer.outcome === 'done' || answer.outcome === 'refused' || answer.outcome === 'none') return answer;
    if (answer.outcome === 'wait') last = answer.reason;
    else ({ state } = answer);
    const isOvertaken = answer.outcome !== 'started' && answer.isOvertaken && nowMs() >= disturbedFromMs;
    const seconds = lookAgainSeconds(answer.seconds, (nowMs() - sinceMs) / 1000);
    if (isOvertaken || (yield* waitUnlessOvertaken(context, input, seconds, disturbedFromMs))) {
      return { outcome: 'overtaken', state };
    }
  }
  const message = `Azure did not end the action in ${actionMaxMs / 60_000} minutes. ${last}`.trim();
  return { outcome: 'refused', code: 'noEnd', message };
}

/**
 * Waits in pieces; answers true as soon as more is wanted of the gateway's entries. Nothing is asked after the last
 * piece.
 */
function* waitUnlessOvertaken(
  context: OrchestrationContext,
  { gatewayId, desired }: GatewayActionInput,
  seconds: number,
  disturbedFromMs: number,
): Steps<boolean> {
  let left = seconds;
  for (; left > intentLookSeconds; left -= intentLookSeconds) {
    yield* waitSeconds(context, intentLookSeconds);
    if (context.df.currentUtcDateTime.getTime() < disturbedFromMs) continue;
    if ((yield* callActivity(context, lookForIntents, { gatewayId, desired })).isOvertaken) return true;
  }
  yield* waitSeconds(context, left);
  return false;
}
