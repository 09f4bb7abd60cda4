import type * as references from '../../contracts/gateways/revoke-owner.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type { Leavers } from '../../services/gateways/leavers.ts';

export function createLeaverActivities({
  leavers,
}: {
  readonly leavers: Pick<Leavers, 'look'>;
}): ActivitiesOf<Pick<typeof references, 'lookAtOwner'>> {
  return {
    lookAtOwner: async ({ operationId, isLast }) => ({ outcome: await leavers.look(operationId, isLast) }),
  };
}
