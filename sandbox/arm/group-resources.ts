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

const typeFilter = /^\s*resourceType\s+eq\s+'([^']+)'\s*$/i;

/**
 * What of one type is in the subscription, in the same form. Azure takes many filters; here the one that names a type.
 */
export function listSubscriptionResources(context: ArmContext, call: ArmCall): ServiceResponse {
  const { searchParams } = call.url;
  const wanted = typeFilter.exec(searchParams.get('$filter') ?? '')?.[1];
  if (wanted === undefined || searchParams.has('$expand') || searchParams.has('$top')) {
    const message = `The local stack lists the resources of a subscription with $filter=resourceType eq '...' alone.`;
    throw refuseAtGateway(501, 'NotImplemented', message);
  }
  const found = Object.values(context.state.resources).map(renderMember);
  return listPage(
    context,
    call,
    found.filter(({ type }) => String(type).toLowerCase() === wanted.toLowerCase()),
  );
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
