import type { ServiceResponse } from '../platform/https-service.ts';
import type { ArmCall, ArmContext } from './arm-call.ts';
import { hasRoleWithin } from './authorization.ts';

/** The subscriptions in which the caller has any role, wherever in them: this stack has one. */
export function listSubscriptions({ host, state }: ArmContext, { caller }: ArmCall): ServiceResponse {
  const { subscriptionId, tenantId } = host;
  const id = `/subscriptions/${subscriptionId}`;
  const value = hasRoleWithin(state, caller, id)
    ? [
        {
          id,
          authorizationSource: 'RoleBased',
          managedByTenants: [],
          subscriptionId,
          tenantId,
          displayName: 'Local stack',
          state: 'Enabled',
          subscriptionPolicies: {
            locationPlacementId: 'Public_2014-09-01',
            quotaId: 'PayAsYouGo_2014-09-01',
            spendingLimit: 'Off',
          },
        },
      ]
    : [];
  return { status: 200, body: { value, count: { type: 'Total', value: value.length } } };
}
