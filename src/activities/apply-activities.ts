import type { ActivitiesOf } from '../contracts/activity.ts';
import type * as references from '../contracts/apply-gateway.ts';
import type { PolledAction, StartedAction } from '../contracts/apply-gateway.ts';
import type { Books } from '../desk/books.ts';
import type { GatewayRounds } from '../desk/gateway-rounds.ts';
import type { GatewayWriter } from '../desk/gateway-writer.ts';
import type { SessionRecorder } from '../desk/record-sessions.ts';
import { gatewayKeys, type GatewayRecord } from '../desk/records/gateways.ts';
import type { ProfilePackage } from '../domain/profile-package.ts';
import type { Arm, ArmAnswer, ArmPoll, SessionList, VpnSession } from '../ports/arm.ts';
import type { Blobs } from '../ports/blobs.ts';
import { refusalOf } from './azure-refusal.ts';

export interface ApplyActivitiesOptions {
  readonly arm: Arm;
  readonly blobs: Blobs;
  readonly books: Books;
  readonly rounds: GatewayRounds;
  readonly sessions: SessionRecorder;
  readonly writer: GatewayWriter;
  /** Name of the private container. */
  readonly profileContainer: string;
  readonly readProfilePackage: (
    zip: Uint8Array,
  ) =>
    | { readonly ok: true; readonly profile: ProfilePackage }
    | { readonly ok: false; readonly problems: readonly { readonly message: string }[] };
}

type ApplyActivities = ActivitiesOf<Omit<typeof references, 'applyGatewayName' | 'writeGateway' | 'readWrite'>>;

/** The activities of the single writer's round after the write: what was seen, sessions, profile, and giving back. */
export function createApplyActivities(options: ApplyActivitiesOptions): ApplyActivities {
  const { arm, books, rounds, sessions } = options;

  async function gatewayOf(gatewayId: string): Promise<GatewayRecord> {
    const stored = await books.gateways.get(gatewayKeys(gatewayId));
    if (stored === undefined) throw new Error(`Gateway ${gatewayId} is not registered.`);
    return stored.record;
  }

  return {
    recordEntries: async (input) => {
      const { resourceId } = await gatewayOf(input.gatewayId);
      const read = await arm.readRaw(resourceId);
      if (read.outcome === 'busy' || read.outcome === 'unavailable')
        return { outcome: 'wait', seconds: read.retryAfterSeconds };
      // Thrown, so that it is tried again: a moment ago the gateway was there and could be read.
      if (read.outcome !== 'done') throw new Error(`Gateway ${input.gatewayId} could not be read: ${read.outcome}.`);
      return { outcome: 'recorded', ...(await rounds.recordRound(input.gatewayId, { gateway: read.value, ...input })) };
    },

    quarantineEntry: async (input) => {
      await rounds.quarantine(input.gatewayId, input.key, `${input.code}: ${input.message}`);
      return null;
    },

    startSessionList: async ({ gatewayId }) =>
      started(await arm.startSessions((await gatewayOf(gatewayId)).resourceId)),

    pollSessionList: async ({ gatewayId, state }) =>
      polled(readable(await arm.pollSessions(state)), async (list) => ({
        toCut: await sessions.toCut(gatewayId, list),
      })),

    startDisconnect: async (input) =>
      started(await arm.startDisconnect((await gatewayOf(input.gatewayId)).resourceId, input.connectionIds)),

    pollDisconnect: async ({ state }) => polled(await arm.pollDisconnect(state), () => Promise.resolve({})),

    recordSessions: async (input) => {
      await sessions.record(input.gatewayId, input.cut, input.failure);
      return null;
    },

    startProfile: async ({ gatewayId }) => {
      const { resourceId, profileWanted, profileMade } = await gatewayOf(gatewayId);
      if (profileWanted === profileMade) return { outcome: 'none' as const };
      return { ...started(await arm.startProfile(resourceId)), wanted: profileWanted };
    },

    pollProfile: async (input) => {
      const answer = await arm.pollProfile(input.state);
      if (answer.outcome !== 'succeeded') return polled(answer, () => Promise.resolve({ hash: '' }));
      const read = options.readProfilePackage(answer.value);
      if (!read.ok) {
        return {
          outcome: 'refused',
          code: 'ProfileUnreadable',
          message: read.problems.map(({ message }) => message).join(' '),
        };
      }
      const blobName = `${input.gatewayId}/${read.profile.hash}.zip`;
      await options.blobs.put(options.profileContainer, blobName, answer.value, 'application/zip');
      await rounds.recordProfile(input.gatewayId, read.profile, blobName, input.wanted);
      return { outcome: 'done', hash: read.profile.hash };
    },

    failProfile: async (input) => {
      await rounds.failProfile(input.gatewayId, input.wanted, `${input.code}: ${input.message}`);
      return null;
    },

    releaseGateway: async ({ gatewayId, epoch }) => ({
      released: await options.writer.release(gatewayId, epoch),
    }),

    abandonGateway: async ({ gatewayId, epoch }) => {
      await rounds.abandon(gatewayId, epoch);
      return null;
    },
  };
}

/** Looks that Azure asks for first, when it has only just been asked. */
const firstLookSeconds = 5;

function started(answer: ArmAnswer<string>): StartedAction {
  switch (answer.outcome) {
    case 'done':
      return { outcome: 'started', state: answer.value, seconds: answer.retryAfterSeconds ?? firstLookSeconds };
    case 'busy':
    case 'unavailable':
      return { outcome: 'wait', seconds: answer.retryAfterSeconds, reason: answer.code };
    case 'missing':
    case 'refused':
      return refusalOf(answer);
  }
}

async function polled<T, R extends object>(
  answer: ArmPoll<T>,
  onDone: (value: T) => Promise<R>,
): Promise<PolledAction<R>> {
  switch (answer.outcome) {
    case 'running':
      return { outcome: 'running', state: answer.state, seconds: answer.retryAfterSeconds };
    case 'busy':
    case 'unavailable':
      return { outcome: 'wait', seconds: answer.retryAfterSeconds, reason: answer.code };
    case 'succeeded':
      return { outcome: 'done', ...(await onDone(answer.value)) };
    case 'unreadable':
    case 'failed':
      return refusalOf(answer);
  }
}

type CuttableSession = VpnSession & { readonly connectionId: string };

/** A list proves that somebody is gone only if each of its rows can be read and cut. */
function readable(answer: ArmPoll<SessionList>): ArmPoll<readonly CuttableSession[]> {
  if (answer.outcome !== 'succeeded') return answer;
  const { sessions, unreadable } = answer.value;
  const cuttable = sessions.filter((session): session is CuttableSession => session.connectionId !== undefined);
  if (unreadable === 0 && cuttable.length === sessions.length) return { outcome: 'succeeded', value: cuttable };
  const message = 'Azure names sessions without a name or a connection id: who they are cannot be told.';
  return { outcome: 'unreadable', code: 'SessionsUnreadable', message };
}
