import { z } from 'zod';
import type { ServiceResponse } from '../../platform/https-service.ts';
import { type ArmCall, type ArmContext, type OperationDefinition, param } from '../arm-call.ts';
import { ArmRefusal } from '../arm-refusal.ts';
import type { StoredOperation, StoredResource } from '../arm-state.ts';
import { refuseAnotherOperation } from '../busy-refusals.ts';
import { checkConditions } from '../conditions.ts';
import { usualMs } from '../durations.ts';
import { asObject, asObjects, asTexts, type JsonObject, propertiesOf } from '../json-object.ts';
import { listPage } from '../list-pages.ts';
import { acceptedAnswer, runningOperation, startOperation, supersede } from '../operations.ts';
import { acceptPut, preparePut, readTags, referenceSchema, tagsSchema } from '../put-resource.ts';
import {
  calledId,
  failResource,
  findResource,
  listResources,
  removeResource,
  requireGroup,
  requireResource,
  requireWritableGroup,
  settleResource,
  transition,
} from '../resource-store.ts';
import { checkPrefix, overlaps } from './address-prefixes.ts';
import { renderSubnet, withSubnetDefaults } from './subnet-body.ts';
import { checkSubnets, checkSubnetsKept, refuseSubnetInUse, subnetPropertiesSchema } from './subnet-rules.ts';
import { usersOfVirtualNetwork } from './usage.ts';

const type = 'virtualNetworks';

const virtualNetworkSchema = z.looseObject({
  tags: tagsSchema.optional(),
  properties: z.looseObject({
    addressSpace: z.looseObject({ addressPrefixes: z.array(z.string()).min(1) }),
    dhcpOptions: z.looseObject({ dnsServers: z.array(z.string()).optional() }).nullish(),
    subnets: z
      .array(z.looseObject({ name: z.string(), properties: subnetPropertiesSchema }))
      .max(3000)
      .nullish(),
    virtualNetworkPeerings: z.array(z.looseObject({ id: z.string().optional() })).nullish(),
    ddosProtectionPlan: referenceSchema.nullish(),
  }),
});

/** PUT: a network that omits a subnet deletes it; a second PUT supersedes one that still runs. */
export function putVirtualNetwork(context: ArmContext, call: ArmCall): ServiceResponse {
  const prepared = preparePut(context, call, type, virtualNetworkSchema);
  const given = propertiesOf(prepared.body);
  const prefixes = asTexts(asObject(given['addressSpace'])['addressPrefixes']);
  const subnets = asObjects(given['subnets']).map(withSubnetDefaults);
  const plan = { id: prepared.id, name: prepared.name, prefixes, subnets };
  checkAddressSpace(prepared.id, prefixes);
  checkSubnets(context, plan);
  checkSubnetsKept(context, prepared.existing?.body, plan);
  const running = prepared.existing === undefined ? undefined : runningOperation(context, prepared.existing);
  if (running?.name.startsWith('Delete') === true) throw refuseAnotherOperation(context, call, running);
  return acceptPut(context, call, {
    prepared,
    type,
    properties: { ...virtualNetworkDefaults, ...given, subnets },
    operation: 'PutVirtualNetworkOperation',
    takesMs: usualMs.virtualNetwork,
    retryAfterSeconds: 3,
    render: renderVirtualNetwork,
    replaces(operation) {
      if (running !== undefined) supersede(context, running, operation);
    },
  });
}

const virtualNetworkDefaults: JsonObject = {
  virtualNetworkPeerings: [],
  enableDdosProtection: false,
  privateEndpointVNetPolicies: 'Disabled',
};

function checkAddressSpace(id: string, prefixes: readonly string[]): void {
  for (const [index, prefix] of prefixes.entries()) {
    checkPrefix(prefix, id);
    const other = prefixes.slice(0, index).find((candidate) => overlaps(candidate, prefix));
    if (other !== undefined) {
      const message = `Address prefixes ${other} and ${prefix} of virtual network ${id} overlap.`;
      throw new ArmRefusal(400, 'NetcfgAddressSpaceOverlap', message);
    }
  }
}

export function getVirtualNetwork(context: ArmContext, call: ArmCall): ServiceResponse {
  const resource = requireResource(context, call, type);
  return withEtag(renderVirtualNetwork(context, resource));
}

/** An answer with the etag in its header too. */
export function withEtag(body: JsonObject): ServiceResponse {
  return { status: 200, headers: { etag: String(body['etag']) }, body };
}

/** The list of a group, or of the whole subscription when the route names no group. */
export function listVirtualNetworks(context: ArmContext, call: ArmCall): ServiceResponse {
  const found = inGroup(context, call, listResources(context, type));
  return listPage(
    context,
    call,
    found.map((resource) => renderVirtualNetwork(context, resource)),
  );
}

export function inGroup(context: ArmContext, call: ArmCall, resources: StoredResource[]): StoredResource[] {
  if (call.params['resourceGroupName'] === undefined) return resources;
  const group = requireGroup(context, call).name.toLowerCase();
  return resources.filter((resource) => resource.group.toLowerCase() === group);
}

/** PATCH sets the tags and nothing else, at once. */
export function patchVirtualNetwork(context: ArmContext, call: ArmCall): ServiceResponse {
  requireWritableGroup(context, call);
  const resource = requireResource(context, call, type);
  resource.body['tags'] = readTags(call);
  context.save();
  return withEtag(renderVirtualNetwork(context, resource));
}

export function deleteVirtualNetwork(context: ArmContext, call: ArmCall): ServiceResponse {
  requireGroup(context, call);
  const resource = findResource(context, calledId(call, type));
  if (resource === undefined) return { status: 204 };
  checkConditions(call, resource.id, resource.body);
  const [use] = usersOfVirtualNetwork(context, resource.id);
  if (use !== undefined) throw refuseSubnetInUse('GatewaySubnet', use.id);
  const running = runningOperation(context, resource);
  if (running !== undefined) throw refuseAnotherOperation(context, call, running);
  transition(resource, 'Deleting');
  const operation = startOperation(context, call, {
    name: 'DeleteVirtualNetworkOperation',
    location: String(resource.body['location']),
    targetId: resource.id,
    takesMs: usualMs.virtualNetwork,
  });
  resource.operationId = operation.id;
  return acceptedAnswer(context, call, operation);
}

/** The body of a GET: the stored one with what gateways make of its subnets. */
function renderVirtualNetwork(context: ArmContext, resource: StoredResource): JsonObject {
  const properties = propertiesOf(resource.body);
  const subnets = asObjects(properties['subnets']).map((subnet) => renderSubnet(context, subnet));
  return { ...resource.body, properties: { ...properties, subnets } };
}

/** The virtual network of a call about one of its subnets. */
export function requireNetworkOfSubnet(context: ArmContext, call: ArmCall): StoredResource {
  return requireResource(
    context,
    { ...call, params: { ...call.params, name: param(call, 'virtualNetworkName') } },
    type,
  );
}

export const putVirtualNetworkDefinition: OperationDefinition = { succeed: settleResource, fail: failResource };
export const deleteVirtualNetworkDefinition: OperationDefinition = {
  succeed(context: ArmContext, operation: StoredOperation) {
    removeResource(context, operation);
  },
  fail: failResource,
};
