import { randomUUID } from 'node:crypto';
import type { ArmCall, ArmContext } from './arm-call.ts';
import { param } from './arm-call.ts';
import { ArmRefusal, refuseAtGateway } from './arm-refusal.ts';
import type { StoredGroup, StoredOperation, StoredResource } from './arm-state.ts';
import { asObject, asObjects, asText, type JsonObject, propertiesOf } from './json-object.ts';
import { formatResourceId, type ResourceType } from './resource-id.ts';

export function findResource(context: ArmContext, id: string): StoredResource | undefined {
  return context.state.resources[id.toLowerCase()];
}

export function listResources(context: ArmContext, type: ResourceType): StoredResource[] {
  return Object.values(context.state.resources).filter((resource) => resource.type === type);
}

/** The id that the route of a call names. */
export function calledId(call: ArmCall, type: ResourceType): string {
  return formatResourceId({
    subscriptionId: param(call, 'subscriptionId'),
    group: param(call, 'resourceGroupName'),
    type,
    name: param(call, 'name'),
  });
}

/** The resource that a call names, or Azure's 404 for the group or the resource. */
export function requireResource(context: ArmContext, call: ArmCall, type: ResourceType): StoredResource {
  requireGroup(context, call);
  const found = findResource(context, calledId(call, type));
  if (found !== undefined) return found;
  const name = `Microsoft.Network/${type}/${param(call, 'name')}`;
  throw refuseAtGateway(
    404,
    'ResourceNotFound',
    `The Resource '${name}' under resource group '${param(call, 'resourceGroupName')}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function requireGroup(context: ArmContext, call: ArmCall): StoredGroup {
  const name = param(call, 'resourceGroupName');
  const group = context.state.groups[name.toLowerCase()];
  if (group !== undefined) return group;
  throw refuseAtGateway(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
}

/** The group for a write: one that is being deleted takes none. */
export function requireWritableGroup(context: ArmContext, call: ArmCall): StoredGroup {
  const group = requireGroup(context, call);
  if (!group.deleting) return group;
  throw refuseAtGateway(
    409,
    'ResourceGroupBeingDeleted',
    `The resource group '${group.name}' is in deprovisioning state and cannot perform this operation.`,
  );
}

/**
 * Gives a resource and its children their next provisioning state and a new etag: in Azure both change together, on
 * each transition.
 */
export function transition(resource: StoredResource, provisioningState: string): void {
  const etag = `W/"${randomUUID()}"`;
  resource.body['etag'] = etag;
  resource.body['properties'] = { ...propertiesOf(resource.body), provisioningState };
  for (const child of childrenOf(resource)) {
    child['etag'] = etag;
    child['properties'] = { ...propertiesOf(child), provisioningState };
  }
}

/** Names the children of a body as Azure does: each has an id of its own. */
export function identifyChildren(resource: StoredResource): void {
  for (const [collection, children] of childCollections(resource)) {
    for (const child of children) {
      child['id'] = `${resource.id}/${collection}/${asText(child['name']) ?? ''}`;
      child['type'] = `Microsoft.Network/${resource.type}/${collection}`;
    }
  }
}

function childrenOf(resource: StoredResource): JsonObject[] {
  return childCollections(resource).flatMap(([, children]) => children);
}

function childCollections(resource: StoredResource): [string, JsonObject[]][] {
  const properties = propertiesOf(resource.body);
  switch (resource.type) {
    case 'virtualNetworks':
      return [['subnets', asObjects(properties['subnets'])]];
    case 'routeTables':
      return [['routes', asObjects(properties['routes'])]];
    case 'publicIPAddresses':
      return [];
    case 'virtualNetworkGateways': {
      const client = asObject(properties['vpnClientConfiguration']);
      return [
        ['ipConfigurations', asObjects(properties['ipConfigurations'])],
        ['vpnClientRootCertificates', asObjects(client['vpnClientRootCertificates'])],
        ['vpnClientRevokedCertificates', asObjects(client['vpnClientRevokedCertificates'])],
      ];
    }
  }
}

export function provisioningStateOf(body: JsonObject): string {
  return asText(propertiesOf(body)['provisioningState']) ?? 'Updating';
}

/** Marks the resource of an operation that succeeded, and remembers what now runs. */
export function settleResource(context: ArmContext, operation: StoredOperation): void {
  const resource = requireTarget(context, operation);
  transition(resource, 'Succeeded');
  resource.applied = structuredClone(resource.body);
}

export function failResource(context: ArmContext, operation: StoredOperation): void {
  const resource = findResource(context, operation.targetId);
  if (resource !== undefined) transition(resource, 'Failed');
}

export function removeResource(context: ArmContext, operation: StoredOperation): void {
  Reflect.deleteProperty(context.state.resources, operation.targetId.toLowerCase());
}

export function requireTarget(context: ArmContext, operation: StoredOperation): StoredResource {
  const resource = findResource(context, operation.targetId);
  if (resource !== undefined) return resource;
  throw new ArmRefusal(404, 'ResourceNotFound', `The Resource '${operation.targetId}' was not found.`);
}
