import type { OrchestrationContext } from 'durable-functions';
import { pollDisconnect, startDisconnect, startSessionList } from '../../contracts/gateways/apply-gateway.ts';
import type { OperationEnd } from '../../contracts/gateways/build-gateway.ts';
import {
  type ChosenSessions,
  type DisconnectSessionsInput,
  finishDisconnect,
  type LeftAlone,
  pollChosenSessions,
} from '../../contracts/gateways/disconnect-sessions.ts';
import { beginStep, endStep } from '../../contracts/operations/steps.ts';
import type { Refusal } from '../../domain/failure.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { endOfOperation, failed, type Place } from '../operations/operation-end.ts';
import { type Overtaken, runAction } from './gateway-actions.ts';

/**
 * Azure counts its sessions every five minutes: a list that is asked for later than that after a cut shows what came of
 * it.
 */
const nextCountSeconds = 5 * 60 + 30;
/**
 * People's clients come back by themselves. Whoever is back after so many looks stays until the certificate is revoked.
 */
const looksMax = 3;
/** What is wanted of the gateway's entries does not concern these sessions. */
const nothingOvertakes = Number.MAX_SAFE_INTEGER;

/** What has been seen of the chosen sessions so far. */
interface Seen {
  readonly cut: Set<string>;
  /** Those of `cut` that a later list does not have. */
  gone: readonly string[];
  leftAlone: readonly LeftAlone[];
}

/**
 * Disconnects the chosen sessions and looks again, by a count of Azure's that is newer than the cut, before it says
 * that they are gone.
 */
export function* disconnectSessions(context: OrchestrationContext): Steps<OperationEnd> {
  const input = context.df.getInput<DisconnectSessionsInput>();
  const seen: Seen = { cut: new Set(), gone: [], leftAlone: [] };
  const end = yield* endOfOperation((place) => disconnect(context, input, place, seen));
  const { gone: disconnected, leftAlone } = seen;
  yield* callActivity(context, finishDisconnect, { ...input, end, disconnected, leftAlone });
  return end;
}

function* disconnect(
  context: OrchestrationContext,
  input: DisconnectSessionsInput,
  place: Place,
  seen: Seen,
): Steps<OperationEnd> {
  const { operationId } = input;
  place.step = 'disconnect';
  yield* callActivity(context, beginStep, { operationId, step: place.step });
  const first = yield* list(context, input);
  if (first.outcome === 'refused') return failed(place.step, first);
  const { connectionIds } = first;
  const cut = yield* cutAll(context, input, connectionIds, seen);
  if (cut !== undefined) return failed(place.step, cut);
  const detail = connectionIds.length === 0 ? 'Azure lists none.' : `Azure disconnected ${connectionIds.length}.`;
  yield* callActivity(context, endStep, { operationId, step: place.step, detail });

  place.step = 'lookAgain';
  yield* callActivity(context, beginStep, { operationId, step: place.step });
  for (let looks = 1; ; looks += 1) {
    yield* waitSeconds(context, nextCountSeconds);
    const again = yield* list(context, input);
    if (again.outcome === 'refused') return failed(place.step, again);
    const there = [...again.connectionIds, ...again.leftAlone.map(({ connectionId }) => connectionId)];
    seen.gone = [...seen.cut].filter((id) => !there.includes(id));
    seen.leftAlone = again.leftAlone;
    if (again.connectionIds.length === 0 || looks === looksMax) return endOf(again, place);
    const cutAgain = yield* cutAll(context, input, again.connectionIds, seen);
    if (cutAgain !== undefined) return failed(place.step, cutAgain);
  }
}

function endOf({ connectionIds, leftAlone }: ChosenSessions, { step }: Place): OperationEnd {
  if (connectionIds.length === 0 && leftAlone.length === 0) return { status: 'succeeded' };
  const back =
    connectionIds.length === 0
      ? []
      : [`Still, or again, connected: ${connectionIds.join(', ')}. To keep somebody out, revoke the certificate.`];
  const message = [...back, ...new Set(leftAlone.map(({ reason }) => reason))].join(' ');
  return failed(step, { code: 'sessionsNotDisconnected', message });
}

function list(
  context: OrchestrationContext,
  input: DisconnectSessionsInput,
): Steps<({ readonly outcome: 'done' } & ChosenSessions) | Refusal> {
  const action = { gatewayId: input.gatewayId, desired: nothingOvertakes };
  return toItsEnd(
    runAction<ChosenSessions>(
      context,
      action,
      () => callActivity(context, startSessionList, action),
      (state) => callActivity(context, pollChosenSessions, { ...input, state }),
    ),
  );
}

/** Answers the refusal, if there was one. */
function* cutAll(
  context: OrchestrationContext,
  { gatewayId }: DisconnectSessionsInput,
  connectionIds: readonly string[],
  seen: Seen,
): Steps<Refusal | undefined> {
  if (connectionIds.length === 0) return undefined;
  const action = { gatewayId, desired: nothingOvertakes };
  const cut = yield* toItsEnd(
    runAction<object>(
      context,
      action,
      () => callActivity(context, startDisconnect, { ...action, connectionIds }),
      (state) => callActivity(context, pollDisconnect, { ...action, state }),
    ),
  );
  if (cut.outcome === 'refused') return cut;
  for (const id of connectionIds) seen.cut.add(id);
  return undefined;
}

function* toItsEnd<T>(action: Steps<T | Overtaken>): Steps<T> {
  const end = yield* action;
  if (isOvertaken(end)) throw new Error('Something went before what nothing goes before.');
  return end;
}

function isOvertaken(end: unknown): end is Overtaken {
  return (end as { readonly outcome?: unknown }).outcome === 'overtaken';
}
