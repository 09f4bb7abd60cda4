import { z } from 'zod';
import type { ServiceResponse } from '../../platform/https-service.ts';
import type { ArmCall, ArmContext, OperationDefinition } from '../arm-call.ts';
import { ArmRefusal } from '../arm-refusal.ts';
import type { StoredResource } from '../arm-state.ts';
import { refuseAnotherOperation } from '../busy-refusals.ts';
import { checkConditions } from '../conditions.ts';
import { usualMs } from '../durations.ts';
import { asObject, asText, type JsonObject, propertiesOf } from '../json-object.ts';
import { listPage } from '../list-pages.ts';
import { hasZones } from '../locations.ts';
import { acceptedAnswer, runningOperation, startOperation } from '../operations.ts';
import { acceptPut, preparePut, tagsSchema } from '../put-resource.ts';
import {
  calledId,
  failResource,
  findResource,
  listResources,
  removeResource,
  requireGroup,
  requireResource,
  requireTarget,
  settleResource,
  transition,
} from '../resource-store.ts';
import { addressAt } from './address-prefixes.ts';
import { usersOfPublicIp } from './usage.ts';
import { inGroup, withEtag } from './virtual-networks.ts';

const type = 'publicIPAddresses';
/** Addresses for benchmarks (RFC 2544): nothing real can be hit by a mistake. */
const addressRange = '198.19.0.0/16';

const publicIpSchema = z.looseObject({
  tags: tagsSchema.optional(),
  sku: z
    .looseObject({ name: z.enum(['Basic', 'Standard', 'StandardV2']), tier: z.enum(['Regional', 'Global']) })
    .partial()
    .optional(),
  zones: z.array(z.enum(['1', '2', '3'])).optional(),
  properties: z
    .looseObject({
      publicIPAllocationMethod: z.enum(['Static', 'Dynamic']),
      publicIPAddressVersion: z.enum(['IPv4', 'IPv6']),
      idleTimeoutInMinutes: z.int().min(4).max(30),
    })
    .partial(),
});

export function putPublicIpAddress(context: ArmContext, call: ArmCall): ServiceResponse {
  const prepared = preparePut(context, call, type, publicIpSchema);
  const { ipConfiguration: _readOnly, ipAddress: _own, ...given } = propertiesOf(prepared.body);
  checkZones(prepared.id, prepared.location, prepared.body);
  const sku = { name: 'Basic', tier: 'Regional', ...asObject(prepared.body['sku']) };
  const properties: JsonObject = { ...publicIpDefaults, ...given, ...addressOf(prepared.existing) };
  if (sku.name !== 'Basic' && properties['publicIPAllocationMethod'] !== 'Static') {
    const message = `Standard sku publicIp ${prepared.id} must have AllocationMethod set to Static.`;
    throw new ArmRefusal(400, 'StandardSkuPublicIPAddressesMustBeStatic', message);
  }
  if (prepared.existing !== undefined) checkUnchanged(context, call, prepared.existing, sku.name, prepared.body);
  return acceptPut(context, call, {
    prepared,
    type,
    properties,
    members: { sku },
    operation: 'PutPublicIpAddressOperation',
    takesMs: usualMs.publicIpAddress,
    retryAfterSeconds: 1,
    render: renderPublicIpAddress,
  });
}

function checkZones(id: string, location: string, body: JsonObject): void {
  const zones = body['zones'];
  if (!Array.isArray(zones) || zones.length === 0 || hasZones(location)) return;
  const resource = id.replace(/^.*\/providers\//i, '');
  throw new ArmRefusal(
    400,
    'LocationNotSupportAvailabilityZones',
    `The resource '${resource}' does not support availability zones at location '${location}'.`,
  );
}

const publicIpDefaults: JsonObject = {
  publicIPAddressVersion: 'IPv4',
  publicIPAllocationMethod: 'Dynamic',
  idleTimeoutInMinutes: 4,
  ipTags: [],
  ddosSettings: { protectionMode: 'VirtualNetworkInherited' },
};

function addressOf(existing: StoredResource | undefined): JsonObject {
  const ipAddress = existing === undefined ? undefined : asText(propertiesOf(existing.body)['ipAddress']);
  return ipAddress === undefined ? {} : { ipAddress };
}

function checkUnchanged(
  context: ArmContext,
  call: ArmCall,
  existing: StoredResource,
  sku: string,
  body: JsonObject,
): void {
  const running = runningOperation(context, existing);
  if (running !== undefined) throw refuseAnotherOperation(context, call, running);
  if (asText(asObject(existing.body['sku'])['name']) !== sku) {
    const message = `Sku property is set at creation time and can't be changed for the resource ${existing.id}.`;
    throw new ArmRefusal(400, 'SkuPropertyCannotBeChanged', message);
  }
  if (JSON.stringify(existing.body['zones'] ?? []) !== JSON.stringify(body['zones'] ?? [])) {
    const message = `Resource ${existing.id} has an existing availability zone constraint and the request has another one: the zones of a resource cannot be changed.`;
    throw new ArmRefusal(400, 'ResourceAvailabilityZonesCannotBeModified', message);
  }
}

export function getPublicIpAddress(context: ArmContext, call: ArmCall): ServiceResponse {
  return withEtag(renderPublicIpAddress(context, requireResource(context, call, type)));
}

export function listPublicIpAddresses(context: ArmContext, call: ArmCall): ServiceResponse {
  const found = inGroup(context, call, listResources(context, type));
  return listPage(
    context,
    call,
    found.map((resource) => renderPublicIpAddress(context, resource)),
  );
}

export function deletePublicIpAddress(context: ArmContext, call: ArmCall): ServiceResponse {
  requireGroup(context, call);
  const resource = findResource(context, calledId(call, type));
  if (resource === undefined) return { status: 204 };
  checkConditions(call, resource.id, resource.body);
  const [use] = usersOfPublicIp(context, resource.id);
  if (use !== undefined) {
    throw new ArmRefusal(
      400,
      'PublicIPAddressCannotBeDeleted',
      `Public IP address ${resource.id} can not be deleted since it is still allocated to resource ${use.id}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
    );
  }
  const running = runningOperation(context, resource);
  if (running !== undefined) throw refuseAnotherOperation(context, call, running);
  transition(resource, 'Deleting');
  const operation = startOperation(context, call, {
    name: 'DeletePublicIpAddressOperation',
    location: String(resource.body['location']),
    targetId: resource.id,
    takesMs: usualMs.publicIpAddress,
  });
  resource.operationId = operation.id;
  return acceptedAnswer(context, call, operation);
}

/** The body of a GET: the stored one with the gateway configuration that holds the address. */
function renderPublicIpAddress(context: ArmContext, resource: StoredResource): JsonObject {
  const [use] = usersOfPublicIp(context, resource.id);
  if (use === undefined) return resource.body;
  return { ...resource.body, properties: { ...propertiesOf(resource.body), ipConfiguration: { id: use.id } } };
}

export const putPublicIpAddressDefinition: OperationDefinition = {
  succeed(context, operation) {
    const resource = requireTarget(context, operation);
    const properties = propertiesOf(resource.body);
    if (properties['publicIPAllocationMethod'] === 'Static' && properties['ipAddress'] === undefined) {
      context.state.publicIpCount += 1;
      properties['ipAddress'] = addressAt(addressRange, context.state.publicIpCount);
    }
    settleResource(context, operation);
  },
  fail: failResource,
};
export const deletePublicIpAddressDefinition: OperationDefinition = { succeed: removeResource, fail: failResource };
