import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ServiceResponse } from '../platform/https-service.ts';
import { type ArmCall, type ArmContext, param, readBody } from './arm-call.ts';
import { ArmRefusal, refuseAtGateway, refuseFormat } from './arm-refusal.ts';
import type { StoredOperation, StoredResource } from './arm-state.ts';
import { checkConditions } from './conditions.ts';
import { asText, isObject, type JsonObject, propertiesOf } from './json-object.ts';
import { readLocation } from './locations.ts';
import type { OperationName } from './operation-names.ts';
import { putAnswer, runningOperation, startOperation } from './operations.ts';
import { formatResourceId, type ResourceType } from './resource-id.ts';
import { checkNetworkName } from './resource-names.ts';
import { calledId, findResource, identifyChildren, requireWritableGroup, transition } from './resource-store.ts';

/** A PUT whose envelope is sound: what is left is the type's own validation. */
export interface PreparedPut {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly body: JsonObject;
  readonly existing: StoredResource | undefined;
}

/** Reads the parts that all types share, in the order in which Azure refuses them. */
export function preparePut(context: ArmContext, call: ArmCall, type: ResourceType, schema: z.ZodType): PreparedPut {
  const group = requireWritableGroup(context, call);
  const body = readBody(call);
  const location = readLocation(body, `Microsoft.Network/${type}`);
  const name = param(call, 'name');
  checkNetworkName(name);
  const existing = findResource(context, calledId(call, type));
  checkShape(body, schema);
  if (existing !== undefined) checkUnchangeable(context, existing, location, body);
  checkConditions(call, calledId(call, type), existing?.body);
  const address = { subscriptionId: param(call, 'subscriptionId'), group: group.name, type, name };
  const id = existing?.id ?? formatResourceId(address);
  return { id, name: existing?.name ?? name, group: group.name, location, body: structuredClone(body), existing };
}

/** Refuses a body that does not have the shape of the API description, naming each place. */
export function checkShape(body: JsonObject, schema: z.ZodType): void {
  const parsed = schema.safeParse(body);
  if (parsed.success) return;
  const details = parsed.error.issues.map((issue) => ({
    code: 'InvalidJson',
    message: `${issue.message}. Path '${formatPath(issue.path)}'.`,
  }));
  throw refuseFormat(details);
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function checkUnchangeable(context: ArmContext, existing: StoredResource, location: string, body: JsonObject): void {
  const kept = asText(existing.body['location']);
  if (kept !== location) {
    throw refuseAtGateway(
      409,
      'InvalidResourceLocation',
      `The resource '${existing.name}' already exists in location '${kept ?? ''}' in resource group '${existing.group}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    );
  }
  // ARM's rules for providers: another provisioningState than the server's is refused, an equal one ignored. While a
  // write runs the state is about to change, and what a caller read before it is no fault of the caller's.
  if (runningOperation(context, existing) !== undefined) return;
  const given = asText(propertiesOf(body)['provisioningState']);
  const current = asText(propertiesOf(existing.body)['provisioningState']);
  if (given !== undefined && given !== current) {
    const message = `Property provisioningState of resource ${existing.id} is read-only: it is ${current ?? ''} and cannot be set to ${given}.`;
    throw new ArmRefusal(400, 'ReadOnlyPropertyCannotBeChanged', message);
  }
}

export interface AcceptPut {
  readonly prepared: PreparedPut;
  readonly type: ResourceType;
  /** Whole `properties`, defaults filled in. */
  readonly properties: JsonObject;
  /** Further top-level members, such as `sku`. */
  readonly members?: JsonObject;
  readonly operation: OperationName;
  readonly takesMs: number;
  readonly retryAfterSeconds: number;
  readonly render: (context: ArmContext, resource: StoredResource) => JsonObject;
  /** Called with the operation before the resource takes it, to supersede another. */
  readonly replaces?: (operation: StoredOperation) => void;
}

/** Stores the wanted state, starts the operation and makes the first answer. */
export function acceptPut(context: ArmContext, call: ArmCall, accept: AcceptPut): ServiceResponse {
  const { prepared, type } = accept;
  const { existing } = prepared;
  const resource: StoredResource = existing ?? { ...pick(prepared), type, body: {} };
  const resourceGuid = asText(propertiesOf(resource.body)['resourceGuid']) ?? randomUUID();
  resource.body = {
    ...withoutReadOnly(prepared.body),
    name: resource.name,
    id: resource.id,
    type: `Microsoft.Network/${type}`,
    location: prepared.location,
    ...accept.members,
    properties: { ...accept.properties, resourceGuid },
  };
  context.state.resources[resource.id.toLowerCase()] = resource;
  identifyChildren(resource);
  transition(resource, 'Updating');
  const operation = startOperation(context, call, {
    name: accept.operation,
    location: prepared.location,
    targetId: resource.id,
    takesMs: accept.takesMs,
  });
  accept.replaces?.(operation);
  resource.operationId = operation.id;
  return putAnswer(context, call, operation, {
    created: existing === undefined,
    body: accept.render(context, resource),
    retryAfterSeconds: accept.retryAfterSeconds,
  });
}

function pick(prepared: PreparedPut): Pick<StoredResource, 'id' | 'name' | 'group'> {
  return { id: prepared.id, name: prepared.name, group: prepared.group };
}

function withoutReadOnly(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !['etag', 'id', 'name', 'type'].includes(name)));
}

/** Tags as ARM takes them. */
export const tagsSchema = z
  .record(z.string().max(512), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= 50, 'A resource can have at most 50 tags');

/** A reference to another resource. */
export const referenceSchema = z.looseObject({ id: z.string().optional() });

/** The new tags of a PATCH body. */
export function readTags(call: ArmCall): JsonObject {
  const { tags } = readBody(call);
  checkShape({ tags }, z.looseObject({ tags: tagsSchema.optional() }));
  return isObject(tags) ? tags : {};
}
