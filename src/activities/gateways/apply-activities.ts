import type * as references from '../../contracts/gateways/apply-gateway.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type { JsonObject } from '../../domain/json.ts';
import { networkOf, profileBasis } from '../../domain/profile-basis.ts';
import type { Arm } from '../../ports/arm.ts';
import type { GatewayPresence } from '../../services/gateways/gateway-presence.ts';
import type { GatewayRounds } from '../../services/gateways/gateway-rounds.ts';
import type { GatewayWriter } from '../../services/gateways/gateway-writer.ts';
import type { SessionProof } from '../../services/gateways/session-proof.ts';
import { canonicalJson, sha256Hex } from '../../stores/digest.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { failureFrom } from './arm-failure.ts';
import { createGatewayActions } from './gateway-actions.ts';
import { createProfileActivities, type ProfileActivitiesOptions } from './profile-activities.ts';

export interface ApplyActivitiesOptions extends ProfileActivitiesOptions {
  readonly arm: Arm;
  readonly stores: Stores;
  readonly presence: Pick<GatewayPresence, 'noteAbsence'>;
  readonly rounds: GatewayRounds;
  readonly sessions: SessionProof;
  readonly writer: GatewayWriter;
}

type ApplyActivities = ActivitiesOf<Omit<typeof references, 'applyGatewayName' | 'writeGateway' | 'readWrite'>>;

/** The activities of the single writer's round after the write: what was seen, sessions, profile, and giving back. */
export function createApplyActivities(options: ApplyActivitiesOptions): ApplyActivities {
  const { arm, stores, rounds, sessions } = options;
  const actions = createGatewayActions({ stores });

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
      // Nothing is noted against anybody on the strength of a gateway that cannot be seen: the next round finds it
      // again.
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

    lookForIntents: async (input) => ({ isOvertaken: await actions.isOvertaken(input) }),

    startSessionList: async (input) =>
      actions.started(input, await arm.startSessions((await gatewayOf(input.gatewayId)).resourceId)),

    pollSessionList: async (input) =>
      actions.polled(input, await arm.pollSessions(input.state), (list) => sessions.judge(input.gatewayId, list)),

    startDisconnect: async ({ connectionIds, ...input }) =>
      actions.started(input, await arm.startDisconnect((await gatewayOf(input.gatewayId)).resourceId, connectionIds)),

    pollDisconnect: async (input) =>
      actions.polled(input, await arm.pollDisconnect(input.state), () => Promise.resolve({})),

    recordSessions: async ({ gatewayId, ...look }) => {
      await sessions.record(gatewayId, look);
      return null;
    },

    ...createProfileActivities(options, actions, gatewayOf),

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
}

/** A gateway that was there a moment ago and cannot be read now. */
const unseenSeconds = 30;

/** Id of the resource group that a resource is in. */
function groupOf(resourceId: string): string {
  return resourceId.replace(/\/providers\/.*$/i, '');
}
