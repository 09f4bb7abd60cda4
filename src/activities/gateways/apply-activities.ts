import type * as references from '../../contracts/gateways/apply-gateway.ts';
import type { PolledAction, StartedAction } from '../../contracts/gateways/apply-gateway.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import { failureOf } from '../../domain/failure.ts';
import type { JsonObject } from '../../domain/json.ts';
import { networkOf, profileBasis } from '../../domain/profile-basis.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';
import type { Arm, ArmAnswer, ArmPoll, ArmUndone } from '../../ports/arm.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { GatewayPresence } from '../../services/gateways/gateway-presence.ts';
import type { GatewayRounds } from '../../services/gateways/gateway-rounds.ts';
import type { GatewayWriter } from '../../services/gateways/gateway-writer.ts';
import type { ProfileRetention } from '../../services/gateways/profile-retention.ts';
import type { SessionProof } from '../../services/gateways/session-proof.ts';
import { canonicalJson, sha256Hex } from '../../stores/digest.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { failureFrom, refusalOf } from './arm-failure.ts';

export interface ApplyActivitiesOptions {
  readonly arm: Arm;
  readonly blobs: Blobs;
  readonly stores: Stores;
  readonly presence: Pick<GatewayPresence, 'noteAbsence'>;
  readonly profileRetention: Pick<ProfileRetention, 'list'>;
  readonly rounds: GatewayRounds;
  readonly sessions: SessionProof;
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
  const { arm, stores, rounds, sessions } = options;

  async function gatewayOf(gatewayId: string): Promise<GatewayRecord> {
    const stored = await stores.gateways.get(gatewayKeys(gatewayId));
    if (stored === undefined) throw new Error(`Gateway ${gatewayId} is not registered.`);
    return stored.record;
  }

  return {
    recordEntries: async ({ gatewayId, desired, writeSeconds }) => {
      const { resourceId } = await gatewayOf(gatewayId);
      const read = await arm.readRaw(resourceId);
      if (read.outcome === 'busy') return { outcome: 'wait', seconds: read.retryAfterSeconds, reason: read.code };
      if (read.outcome !== 'done') return { outcome: 'wait', seconds: unseenSeconds, reason: read.code };
      const basis = await profileBasisOf(read.value);
      const round = {
        gateway: read.value,
        writeSeconds,
        ...(desired === undefined ? {} : { desired }),
        ...(basis === undefined ? {} : { profileBasis: basis }),
      };
      return { outcome: 'recorded', ...(await rounds.recordRound(gatewayId, round)) };
    },

    recordRefusals: async ({ gatewayId, refusals }) => {
      const { resourceId } = await gatewayOf(gatewayId);
      const read = await arm.readRaw(resourceId);
      // Nothing is noted against anybody on the strength of a gateway that cannot be seen: the next round finds it again.
      if (read.outcome === 'done') await rounds.recordRefusals(gatewayId, read.value, refusals);
      return null;
    },

    lookForGateway: async ({ gatewayId }) => {
      const { resourceId } = await gatewayOf(gatewayId);
      const read = await arm.readRaw(resourceId);
      if (read.outcome === 'done' || read.outcome === 'busy') return { outcome: 'there' };
      if (read.outcome !== 'missing' || read.of !== 'resource') return { outcome: 'unknown', ...failureFrom(read) };
      const list = await arm.listGateways(groupOf(resourceId));
      if (list.outcome !== 'done') return { outcome: 'unknown', ...failureFrom(list) };
      const isListed = list.value.some((id) => id.toLowerCase() === resourceId.toLowerCase());
      // Listed and not to be read: neither there to be written nor gone, so the round ends and is tried again later.
      return isListed ? { outcome: 'unknown', ...failureFrom(read) } : { outcome: 'absent' };
    },

    lookForIntents: async (input) => ({ isOvertaken: await isOvertaken(input) }),

    startSessionList: async (input) =>
      started(input, await arm.startSessions((await gatewayOf(input.gatewayId)).resourceId)),

    pollSessionList: async (input) =>
      polled(input, await arm.pollSessions(input.state), (list) => sessions.judge(input.gatewayId, list)),

    startDisconnect: async ({ connectionIds, ...input }) =>
      started(input, await arm.startDisconnect((await gatewayOf(input.gatewayId)).resourceId, connectionIds)),

    pollDisconnect: async (input) => polled(input, await arm.pollDisconnect(input.state), () => Promise.resolve({})),

    recordSessions: async ({ gatewayId, ...look }) => {
      await sessions.record(gatewayId, look);
      return null;
    },

    startProfile: async (input) => {
      const { resourceId, profileWanted, profileMade } = await gatewayOf(input.gatewayId);
      if (profileWanted === profileMade) return { outcome: 'none' as const };
      return { ...(await started(input, await arm.startProfile(resourceId))), wanted: profileWanted };
    },

    pollProfile: async (input) => {
      const answer = await arm.pollProfile(input.state);
      if (answer.outcome !== 'succeeded') return polled(input, answer, () => Promise.resolve({ hash: '' }));
      const read = options.readProfilePackage(answer.value);
      if (!read.ok) {
        return {
          outcome: 'refused',
          code: 'profileUnreadable',
          message: read.problems.map(({ message }) => message).join(' '),
        };
      }
      // Named by the making as well: what comes back to what it was is another package, and the old one may be on its way out.
      const making = sha256Hex(input.state).slice(0, 16);
      const blobName = `${input.gatewayId}/${read.profile.hash}-${making}.zip`;
      await options.profileRetention.list(blobName);
      await options.blobs.put(options.profileContainer, blobName, answer.value, 'application/zip');
      await rounds.recordProfile(input.gatewayId, read.profile, blobName, input.wanted);
      return { outcome: 'done', hash: read.profile.hash };
    },

    failProfile: async ({ gatewayId, wanted, ...failure }) => {
      await rounds.failProfile(gatewayId, wanted, failureOf(failure));
      return null;
    },

    releaseGateway: async ({ gatewayId, epoch }) => ({
      released: await options.writer.release(gatewayId, epoch),
    }),

    showWriteFailure: async ({ gatewayId, epoch, ...failure }) => {
      await options.writer.noteFailure(gatewayId, epoch, failure);
      await rounds.showFailure(gatewayId, failure);
      return null;
    },

    pauseGateway: async ({ gatewayId, epoch, desired }) => ({
      released: await options.writer.pause(gatewayId, epoch, desired),
    }),

    abandonGateway: async ({ gatewayId, epoch }) => {
      await options.presence.noteAbsence(gatewayId, epoch);
      return null;
    },
  };

  /** What a profile package would be made from now; undefined when the network cannot be seen, which says nothing. */
  async function profileBasisOf(gateway: JsonObject): Promise<string | undefined> {
    const networkId = networkOf(gateway);
    const network = networkId === undefined ? undefined : await arm.readRaw(networkId);
    if (network?.outcome !== 'done') return undefined;
    return sha256Hex(canonicalJson(profileBasis(gateway, network.value))).slice(0, 32);
  }

  /** More is wanted by now than what the action's round has brought about. */
  async function isOvertaken({ gatewayId, desired }: references.GatewayActionInput): Promise<boolean> {
    const record = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    return record !== undefined && record.desired > desired;
  }

  async function started(input: references.GatewayActionInput, answer: ArmAnswer<string>): Promise<StartedAction> {
    if (answer.outcome === 'done') {
      return { outcome: 'started', state: answer.value, seconds: answer.retryAfterSeconds ?? firstLookSeconds };
    }
    if (answer.outcome === 'busy' || answer.outcome === 'unavailable') return waiting(input, answer);
    return refusalOf(answer);
  }

  async function polled<T, R extends object>(
    input: references.GatewayActionInput,
    answer: ArmPoll<T>,
    onDone: (value: T) => Promise<R>,
  ): Promise<PolledAction<R>> {
    switch (answer.outcome) {
      case 'running': {
        const { state, retryAfterSeconds: seconds } = answer;
        return { outcome: 'running', state, seconds, isOvertaken: await isOvertaken(input) };
      }
      case 'busy':
      case 'unavailable':
        return waiting(input, answer);
      case 'succeeded':
        return { outcome: 'done', ...(await onDone(answer.value)) };
      case 'unreadable':
      case 'failed':
        return refusalOf(answer);
    }
  }

  async function waiting(
    input: references.GatewayActionInput,
    { code, message, retryAfterSeconds: seconds }: Extract<ArmUndone, { outcome: 'busy' | 'unavailable' }>,
  ): Promise<Extract<StartedAction, { outcome: 'wait' }>> {
    return { outcome: 'wait', seconds, reason: `${code}: ${message}`, isOvertaken: await isOvertaken(input) };
  }
}

/** Looks that Azure asks for first, when it has only just been asked. */
const firstLookSeconds = 5;
/** A gateway that was there a moment ago and cannot be read now. */
const unseenSeconds = 30;

/** Id of the resource group that a resource is in. */
function groupOf(resourceId: string): string {
  return resourceId.replace(/\/providers\/.*$/i, '');
}
