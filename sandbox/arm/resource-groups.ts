import type { ServiceResponse } from '../platform/https-service.ts';
import { type ArmCall, type ArmContext, type OperationDefinition, param, readBody } from './arm-call.ts';
import { refuseAtGateway } from './arm-refusal.ts';
import type { StoredGroup, StoredOperation, StoredResource } from './arm-state.ts';
import { retryAfter, usualMs } from './durations.ts';
import { asText, isObject, type JsonObject } from './json-object.ts';
import { listPage } from './list-pages.ts';
import { readLocation } from './locations.ts';
import { runningOperation, startOperation } from './operations.ts';
import { formatGroupId } from './resource-id.ts';
import { checkGroupName } from './resource-names.ts';
import { requireGroup } from './resource-store.ts';

const groupType = 'Microsoft.Resources/resourceGroups';
const retrySeconds = 15;

export function putResourceGroup(context: ArmContext, call: ArmCall): ServiceResponse {
  const name = param(call, 'resourceGroupName');
  checkGroupName(name);
  const body = readBody(call);
  const location = readLocation(body, groupType);
  const existing = context.state.groups[name.toLowerCase()];
  if (existing?.deleting === true) {
    const message = `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`;
    throw refuseAtGateway(409, 'ResourceGroupBeingDeleted', message);
  }
  if (existing !== undefined && existing.location !== location) {
    throw refuseAtGateway(
      409,
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${location}'. The Resource group already exists in location '${existing.location}'.`,
    );
  }
  const group: StoredGroup = existing ?? createGroup(call, name, location);
  group.tags = isObject(body['tags']) ? body['tags'] : undefined;
  context.state.groups[name.toLowerCase()] = group;
  context.save();
  return { status: existing === undefined ? 201 : 200, body: renderGroup(group) };
}

export function getResourceGroup(context: ArmContext, call: ArmCall): ServiceResponse {
  return { status: 200, body: renderGroup(requireGroup(context, call)) };
}

export function headResourceGroup(context: ArmContext, call: ArmCall): ServiceResponse {
  return { status: context.state.groups[param(call, 'resourceGroupName').toLowerCase()] === undefined ? 404 : 204 };
}

export function listResourceGroups(context: ArmContext, call: ArmCall): ServiceResponse {
  return listPage(context, call, Object.values(context.state.groups).map(renderGroup));
}

/** Deletes everything in the group: takes as long as its resources take one after the other. */
export function deleteResourceGroup(context: ArmContext, call: ArmCall): ServiceResponse {
  const group = requireGroup(context, call);
  group.deleting = true;
  const operation = startOperation(context, call, {
    name: 'DeleteResourceGroupOperation',
    location: group.location,
    targetId: group.id,
    takesMs: members(context, group).reduce((sum, member) => sum + deleteMs(context, member), usualMs.emptyGroup),
  });
  return pollAnswer(context, call, operation);
}

/** The Location URL of a group's deletion: 202 without a body until it is done. */
export function readGroupDeletion(context: ArmContext, call: ArmCall): ServiceResponse {
  const operation = context.state.operations[jobIdOf(param(call, 'job')) ?? ''];
  if (operation?.name !== 'DeleteResourceGroupOperation') {
    throw refuseAtGateway(404, 'JobNotFound', `The job '${param(call, 'job')}' could not be found.`);
  }
  if (operation.status === 'InProgress') return pollAnswer(context, call, operation);
  return operation.status === 'Succeeded' ? { status: 200 } : { status: 409, body: { error: operation.error } };
}

export const deleteGroupDefinition: OperationDefinition = {
  succeed(context, operation) {
    const group = groupOf(context, operation);
    if (group === undefined) return;
    for (const member of members(context, group)) {
      Reflect.deleteProperty(context.state.resources, member.id.toLowerCase());
    }
    Reflect.deleteProperty(context.state.groups, group.name.toLowerCase());
  },
  fail(context, operation) {
    const group = groupOf(context, operation);
    if (group !== undefined) group.deleting = false;
  },
};

function groupOf(context: ArmContext, operation: StoredOperation): StoredGroup | undefined {
  return Object.values(context.state.groups).find((group) => group.id === operation.targetId);
}

function members(context: ArmContext, group: StoredGroup): StoredResource[] {
  return Object.values(context.state.resources).filter(
    (resource) => resource.group.toLowerCase() === group.name.toLowerCase(),
  );
}

/** What still runs on a member is waited for first. */
function deleteMs(context: ArmContext, member: StoredResource): number {
  const running = runningOperation(context, member);
  const waitMs = running === undefined ? 0 : (running.dueMs - context.host.clock.nowMs()) * context.host.speed;
  const ownMs = {
    virtualNetworks: usualMs.virtualNetwork,
    routeTables: usualMs.routeTable,
    publicIPAddresses: usualMs.publicIpAddress,
    virtualNetworkGateways: usualMs.gatewayDelete,
  }[member.type];
  return Math.max(0, waitMs) + ownMs;
}

function createGroup(call: ArmCall, name: string, location: string): StoredGroup {
  return { id: formatGroupId(param(call, 'subscriptionId'), name), name, location, tags: undefined, deleting: false };
}

function renderGroup(group: StoredGroup): JsonObject {
  return {
    id: group.id,
    name: group.name,
    type: groupType,
    location: group.location,
    ...(group.tags === undefined ? {} : { tags: group.tags }),
    properties: { provisioningState: group.deleting ? 'Deleting' : 'Succeeded' },
  };
}

function pollAnswer(context: ArmContext, call: ArmCall, operation: StoredOperation): ServiceResponse {
  const name = operation.targetId.split('/').at(-1) ?? '';
  const jobId = `RESOURCEGROUPDELETIONJOB-${name.toUpperCase()}-${operation.location.toUpperCase()}:${operation.id}`;
  const job = Buffer.from(JSON.stringify({ jobId, jobLocation: operation.location })).toString('base64url');
  const path = `/subscriptions/${param(call, 'subscriptionId')}/operationresults/${job}`;
  return {
    status: 202,
    headers: {
      location: `${call.url.origin}${path}?api-version=${call.apiVersion}`,
      'retry-after': retryAfter(context.host, retrySeconds),
    },
  };
}

function jobIdOf(job: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(job, 'base64url').toString('utf8'));
    return isObject(parsed) ? asText(parsed['jobId'])?.split(':').at(-1) : undefined;
  } catch {
    return undefined;
  }
}
