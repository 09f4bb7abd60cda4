import type { ServiceResponse } from '../platform/https-service.ts';
import type { ArmCall, ArmContext } from './arm-call.ts';
import { rolesAt } from './authorization.ts';
import { requireGroup } from './resource-store.ts';

/** What the caller may do in a resource group, by each of its roles that counts there. Everybody may ask. */
export function listGroupPermissions(context: ArmContext, call: ArmCall): ServiceResponse {
  const { id } = requireGroup(context, call);
  const value = rolesAt(context, call.caller, id).map(({ actions }) => ({
    actions,
    notActions: [],
    dataActions: [],
    notDataActions: [],
  }));
  return { status: 200, body: { value } };
}
