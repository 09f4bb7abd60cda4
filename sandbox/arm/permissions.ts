import type { ServiceResponse } from '../platform/https-service.ts';
import { type ArmCall, type ArmContext, param } from './arm-call.ts';
import { rolesAt } from './authorization.ts';
import { requireGroup, requireResource } from './resource-store.ts';

/** What the caller may do in a resource group, by each of its roles that counts there. Everybody may ask. */
export function listGroupPermissions(context: ArmContext, call: ArmCall): ServiceResponse {
  return listPermissions(context, call, requireGroup(context, call).id);
}

/** The same of the whole subscription. */
export function listSubscriptionPermissions(context: ArmContext, call: ArmCall): ServiceResponse {
  return listPermissions(context, call, `/subscriptions/${param(call, 'subscriptionId')}`);
}

/** The same of one virtual network, roles at itself included. */
export function listNetworkPermissions(context: ArmContext, call: ArmCall): ServiceResponse {
  return listPermissions(context, call, requireResource(context, call, 'virtualNetworks').id);
}

function listPermissions(context: ArmContext, call: ArmCall, id: string): ServiceResponse {
  const value = rolesAt(context, call.caller, id).map(({ actions }) => ({
    actions,
    notActions: [],
    dataActions: [],
    notDataActions: [],
  }));
  return { status: 200, body: { value } };
}
