import { z } from 'zod';
import type { ServiceResponse } from '../../platform/https-service.ts';
import { type ArmCall, type ArmContext, type OperationDefinition, param, readBody } from '../arm-call.ts';
import { refuseAtGateway } from '../arm-refusal.ts';
import type { StoredOperation, StoredResource } from '../arm-state.ts';
import { refuseAnotherOperation } from '../busy-refusals.ts';
import { checkConditions } from '../conditions.ts';
import { usualMs } from '../durations.ts';
import { asObject, asObjects, asText, asTexts, type JsonObject, propertiesOf } from '../json-object.ts';
import { listPage } from '../list-pages.ts';
import type { OperationName } from '../operation-names.ts';
import { acceptedAnswer, putAnswer, runningOperation, startOperation } from '../operations.ts';
import { checkShape } from '../put-resource.ts';
import { sameId } from '../resource-id.ts';
import { failResource, identifyChildren, requireTarget, settleResource, transition } from '../resource-store.ts';
import { requireWritableGroup } from '../resource-store.ts';
import { renderSubnet, withSubnetDefaults } from './subnet-body.ts';
import {
  checkSubnets,
  checkSubnetsKept,
  refuseSubnetInUse,
  subnetName,
  subnetPropertiesSchema,
} from './subnet-rules.ts';
import { usersOfSubnet } from './usage.ts';
import { requireNetworkOfSubnet, withEtag } from './virtual-networks.ts';

const subnetSchema = z.looseObject({ properties: subnetPropertiesSchema });

/** PUT of one subnet: the other subnets stay, but only one such write runs on a network at a time. */
export function putSubnet(context: ArmContext, call: ArmCall): ServiceResponse {
  requireWritableGroup(context, call);
  const network = requireNetworkOfSubnet(context, call);
  const body = readBody(call);
  checkShape(body, subnetSchema);
  const before = findSubnet(network, param(call, 'subnetName'));
  checkConditions(call, `${network.id}/subnets/${param(call, 'subnetName')}`, before);
  refuseWhileBusy(context, call, network);
  const name = before === undefined ? param(call, 'subnetName') : subnetName(before);
  const subnet = withSubnetDefaults({ ...body, name });
  const others = subnetsOf(network).filter((other) => !sameId(subnetName(other), name));
  const plan = { id: network.id, name: network.name, prefixes: prefixesOf(network), subnets: [...others, subnet] };
  checkSubnets(context, plan);
  checkSubnetsKept(context, network.body, plan);
  setSubnets(network, plan.subnets);
  const operation = start(context, call, network, 'PutSubnetOperation');
  const accepted = { created: before === undefined, body: renderSubnet(context, subnet), retryAfterSeconds: 3 };
  return putAnswer(context, call, operation, accepted);
}

export function getSubnet(context: ArmContext, call: ArmCall): ServiceResponse {
  const network = requireNetworkOfSubnet(context, call);
  const subnet = findSubnet(network, param(call, 'subnetName'));
  if (subnet !== undefined) return withEtag(renderSubnet(context, subnet));
  const message = `Resource ${network.id}/subnets/${param(call, 'subnetName')} not found.`;
  throw refuseAtGateway(404, 'NotFound', message);
}

export function listSubnets(context: ArmContext, call: ArmCall): ServiceResponse {
  const network = requireNetworkOfSubnet(context, call);
  return listPage(
    context,
    call,
    subnetsOf(network).map((subnet) => renderSubnet(context, subnet)),
  );
}

export function deleteSubnet(context: ArmContext, call: ArmCall): ServiceResponse {
  const network = requireNetworkOfSubnet(context, call);
  const subnet = findSubnet(network, param(call, 'subnetName'));
  if (subnet === undefined) return { status: 204 };
  checkConditions(call, asText(subnet['id']) ?? '', subnet);
  const [use] = usersOfSubnet(context, asText(subnet['id']) ?? '');
  if (use !== undefined) throw refuseSubnetInUse(subnetName(subnet), use.id);
  refuseWhileBusy(context, call, network);
  const operation = start(context, call, network, 'DeleteSubnetOperation', { subnet: subnetName(subnet) });
  return acceptedAnswer(context, call, operation);
}

function start(
  context: ArmContext,
  call: ArmCall,
  network: StoredResource,
  name: OperationName,
  input: JsonObject = {},
): StoredOperation {
  identifyChildren(network);
  transition(network, 'Updating');
  const location = String(network.body['location']);
  const operation = startOperation(context, call, {
    name,
    location,
    targetId: network.id,
    takesMs: usualMs.subnet,
    input,
  });
  network.operationId = operation.id;
  return operation;
}

function refuseWhileBusy(context: ArmContext, call: ArmCall, network: StoredResource): void {
  const running = runningOperation(context, network);
  if (running !== undefined) throw refuseAnotherOperation(context, call, running);
}

function subnetsOf(network: StoredResource): JsonObject[] {
  return asObjects(propertiesOf(network.body)['subnets']);
}

function setSubnets(network: StoredResource, subnets: readonly JsonObject[]): void {
  network.body['properties'] = { ...propertiesOf(network.body), subnets };
}

function prefixesOf(network: StoredResource): string[] {
  return asTexts(asObject(propertiesOf(network.body)['addressSpace'])['addressPrefixes']);
}

function findSubnet(network: StoredResource, name: string): JsonObject | undefined {
  return subnetsOf(network).find((subnet) => sameId(subnetName(subnet), name));
}

export const putSubnetDefinition: OperationDefinition = { succeed: settleResource, fail: failResource };
export const deleteSubnetDefinition: OperationDefinition = {
  succeed(context, operation) {
    const network = requireTarget(context, operation);
    const gone = asText(operation.input['subnet']);
    setSubnets(
      network,
      subnetsOf(network).filter((subnet) => !sameId(subnetName(subnet), gone)),
    );
    settleResource(context, operation);
  },
  fail: failResource,
};
