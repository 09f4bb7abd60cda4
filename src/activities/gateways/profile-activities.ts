import type * as references from '../../contracts/gateways/apply-gateway.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import { failureOf } from '../../domain/failure.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';
import type { Arm } from '../../ports/arm.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { GatewayRounds } from '../../services/gateways/gateway-rounds.ts';
import type { ProfileRetention } from '../../services/gateways/profile-retention.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { GatewayRecord } from '../../stores/records/gateways.ts';
import type { GatewayActions } from './gateway-actions.ts';

export interface ProfileActivitiesOptions {
  readonly arm: Pick<Arm, 'startProfile' | 'pollProfile'>;
  readonly blobs: Pick<Blobs, 'put'>;
  readonly profileRetention: Pick<ProfileRetention, 'list'>;
  readonly rounds: Pick<GatewayRounds, 'recordProfile' | 'failProfile'>;
  /** Name of the private container. */
  readonly profileContainer: string;
  readonly readProfilePackage: (
    zip: Uint8Array,
  ) =>
    | { readonly ok: true; readonly profile: ProfilePackage }
    | { readonly ok: false; readonly problems: readonly { readonly message: string }[] };
}

type ProfileActivities = ActivitiesOf<Pick<typeof references, 'startProfile' | 'pollProfile' | 'failProfile'>>;

/** Has Azure make a gateway's profile package anew where something that it says has changed, reads it and keeps it. */
export function createProfileActivities(
  options: ProfileActivitiesOptions,
  actions: GatewayActions,
  gatewayOf: (gatewayId: string) => Promise<GatewayRecord>,
): ProfileActivities {
  const { arm, rounds } = options;
  return {
    startProfile: async (input) => {
      const { resourceId, profileWanted, profileMade } = await gatewayOf(input.gatewayId);
      if (profileWanted === profileMade) return { outcome: 'none' as const };
      return { ...(await actions.started(input, await arm.startProfile(resourceId))), wanted: profileWanted };
    },

    pollProfile: async (input) => {
      const answer = await arm.pollProfile(input.state);
      if (answer.outcome !== 'succeeded') return actions.polled(input, answer, () => Promise.resolve({ hash: '' }));
      const read = options.readProfilePackage(answer.value);
      if (!read.ok) {
        return {
          outcome: 'refused',
          code: 'profileUnreadable',
          message: read.problems.map(({ message }) => message).join(' '),
        };
      }
      // Named by the making as well: what comes back to what it was is another package, and the old one may be on its
      // way out.
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
  };
}
