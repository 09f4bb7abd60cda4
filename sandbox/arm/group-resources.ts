import type { ServiceResponse } from '../platform/https-service.ts';
import { type ArmCall, type ArmContext, param } from './arm-call.ts';
import { refuseAtGateway } from './arm-refusal.ts';
import type { StoredResource } from './arm-state.ts';
import type { JsonObject } from './json-object.ts';
import { listPage } from './list-pages.ts';
import { requireGroup } from './resource-store.ts';

/** What is in a group, of every type, as ARM's own cache shows it: without the properties that the providers keep. */
export function listGroupResources(context: ArmContext, call: ArmCall): ServiceResponse {
  const narrowed = ['$filter', '$expand', '$top'].filter((name) => call.url.searchParams.has(name));
  if (narrowed.length > 0) {
    const message = `The local stack lists the resources of a group without ${narrowed.join(', ')}.`;
    throw refuseAtGateway(501, 'NotImplemented', message);
  }
  requireGroup(context, call);
  const group = param(call, 'resourceGroupName').toLowerCase();
  const members = Object.values(context.state.resources).filter((resource) => resource.group.toLowerCase() === group);
  return listPage(context, call, members.map(renderMember));
}

function renderMember({ id, type, body }: StoredResource): JsonObject {
  const { name, location, tags } = body;
  return {
    id,
    name,
    type: `Microsoft.Network/${type}`,
    location,
    ...(tags === undefined ? {} : { tags }),
  };
}
