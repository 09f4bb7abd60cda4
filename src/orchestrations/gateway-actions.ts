import type { OrchestrationContext } from 'durable-functions';
import type { ActivityReference } from '../contracts/activity.ts';
import {
  failProfile,
  pollDisconnect,
  pollProfile,
  pollSessionList,
  recordSessions,
  startDisconnect,
  startProfile,
  startSessionList,
  type PolledAction,
  type StartedAction,
} from '../contracts/apply-gateway.ts';
import type { Refusal } from '../contracts/outcomes.ts';
import { nextLookSeconds } from '../domain/poll-pacing.ts';
import { callActivity, waitSeconds, type Steps } from './call-activity.ts';

/** Azure's actions on a gateway take a minute; past this many looks they are given up. */
const looksMax = 120;

/** Lists the sessions, cuts those of revoked certificates, and notes what was seen. */
export function* cutRevokedSessions(context: OrchestrationContext, gatewayId: string): Steps<void> {
  const listed = yield* runAction(
    context,
    () => callActivity(context, startSessionList, { gatewayId }),
    pollSessionList,
    { gatewayId },
  );
  if (listed.outcome === 'refused') {
    yield* callActivity(context, recordSessions, { gatewayId, cut: [], failure: listed.message });
    return;
  }
  const connectionIds = listed.toCut.map(({ connectionId }) => connectionId);
  if (connectionIds.length > 0) {
    const cut = yield* runAction(
      context,
      () => callActivity(context, startDisconnect, { gatewayId, connectionIds }),
      pollDisconnect,
      {},
    );
    if (cut.outcome === 'refused') {
      yield* callActivity(context, recordSessions, { gatewayId, cut: [], failure: cut.message });
      return;
    }
  }
  yield* callActivity(context, recordSessions, { gatewayId, cut: listed.toCut.map(({ thumbprint }) => thumbprint) });
}

/** Makes a new profile package if one is wanted. A refusal ends the requests for it and nothing else. */
export function* makeProfile(context: OrchestrationContext, gatewayId: string): Steps<void> {
  const first = yield* callActivity(context, startProfile, { gatewayId });
  if (first.outcome === 'none') return;
  const wanted = first.wanted ?? 0;
  let started: StartedAction | undefined = first;
  const made = yield* runAction(
    context,
    function* () {
      const next = started ?? (yield* callActivity(context, startProfile, { gatewayId }));
      started = undefined;
      return next.outcome === 'none'
        ? { outcome: 'refused', code: 'NotWanted', message: 'Nobody waits for it any more.' }
        : next;
    },
    pollProfile,
    { gatewayId, wanted },
  );
  if (made.outcome === 'refused') {
    const { code, message } = made;
    yield* callActivity(context, failProfile, { gatewayId, wanted, code, message });
  }
}

/** Starts a long-running action, however often Azure has to be asked, and looks at it until it has ended. */
function* runAction<T, Extra extends object>(
  context: OrchestrationContext,
  start: () => Steps<StartedAction>,
  poll: ActivityReference<Extra & { readonly state: string }, PolledAction<T>>,
  extra: Extra,
): Steps<({ readonly outcome: 'done' } & T) | Refusal> {
  let state: string | undefined;
  for (let looks = 0; looks < looksMax; looks += 1) {
    const answer: StartedAction | PolledAction<T> =
      state === undefined ? yield* start() : yield* callActivity(context, poll, { ...extra, state });
    if (answer.outcome === 'done' || answer.outcome === 'refused') return answer;
    if (answer.outcome !== 'wait') state = answer.state;
    yield* waitSeconds(context, nextLookSeconds(answer.seconds, looks));
  }
  return { outcome: 'refused', code: 'NoEnd', message: `Azure did not end the action in ${looksMax} looks.` };
}
