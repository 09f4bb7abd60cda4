import type { ServiceResponse } from '../../platform/https-service.ts';
import type { ArmCall, ArmContext, OperationDefinition } from '../arm-call.ts';
import type { StoredOperation, StoredResource } from '../arm-state.ts';
import { refuseAnotherOperation, refuseLocked } from '../busy-refusals.ts';
import { checkConditions } from '../conditions.ts';
import { gatewayCreateMs, spread, usualMs } from '../durations.ts';
import { propertiesOf } from '../json-object.ts';
import { listPage } from '../list-pages.ts';
import { inGroup } from '../network/virtual-networks.ts';
import { acceptedAnswer, runningOperation, startOperation } from '../operations.ts';
import { acceptPut, preparePut, readTags } from '../put-resource.ts';
import {
  calledId,
  failResource,
  findResource,
  listResources,
  removeResource,
  requireGroup,
  requireResource,
  requireTarget,
  requireWritableGroup,
  settleResource,
  transition,
} from '../resource-store.ts';
import { checkClientConfiguration } from './client-rules.ts';
import { gatewayProperties } from './gateway-body.ts';
import { createGatewayIdentity } from './gateway-identity.ts';
import { readGatewayPlan } from './gateway-plan.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { checkNothingComputed, renderGateway, settledProperties } from './gateway-view.ts';
import { readSecrets } from './radius-secrets.ts';
import { checkReferences } from './reference-rules.ts';
import { endSessionsOf } from './sessions.ts';
import { checkIpConfigurations, checkSku } from './sku-rules.ts';
import { checkTrust } from './trust-rules.ts';

const type = 'virtualNetworkGateways';
const pollSeconds = 10;

/** PUT: the whole gateway, one write at a time. What is not in the body is gone. */
export function putGateway(context: ArmContext, call: ArmCall): ServiceResponse {
  const prepared = preparePut(context, call, type, gatewaySchema);
  checkNothingComputed(prepared.body);
  const plan = readGatewayPlan(context, prepared);
  for (const check of [checkSku, checkIpConfigurations, checkReferences, checkClientConfiguration, checkTrust]) {
    check(plan);
  }
  if (prepared.existing !== undefined) refuseWhileLocked(context, call, prepared.existing);
  const usual = prepared.existing?.identity === undefined ? gatewayCreateMs(plan.sku) : usualMs.gatewayUpdate;
  const answer = acceptPut(context, call, {
    prepared,
    type,
    properties: gatewayProperties(plan, propertiesOf(prepared.body)),
    operation: 'PutVirtualNetworkGatewayOperation',
    takesMs: spread(usual, `gateway ${context.state.operationCount}`),
    retryAfterSeconds: pollSeconds,
    render: renderGateway,
  });
  const resource = findResource(context, prepared.id);
  if (resource !== undefined) resource.radiusSecrets = readSecrets(plan.client);
  context.save();
  return answer;
}

/**
 * Refuses a write while another runs: with one text when that is a write too, with another when it is a profile being
 * made. Callers must know both.
 */
function refuseWhileLocked(context: ArmContext, call: ArmCall, gateway: StoredResource): void {
  const running = runningOperation(context, gateway);
  if (running === undefined) return;
  if (running.name === 'GenerateVpnProfileOperation') throw refuseLocked(context, running);
  throw refuseAnotherOperation(context, call, running);
}

export function getGateway(context: ArmContext, call: ArmCall): ServiceResponse {
  // Unlike the others of its provider a gateway has its etag in the body alone (recorded).
  return { status: 200, body: renderGateway(context, requireResource(context, call, type)) };
}

export function listGateways(context: ArmContext, call: ArmCall): ServiceResponse {
  const found = inGroup(context, call, listResources(context, type));
  return listPage(
    context,
    call,
    found.map((resource) => renderGateway(context, resource)),
  );
}

/** PATCH sets the tags; for a gateway that is a long operation too. */
export function patchGateway(context: ArmContext, call: ArmCall): ServiceResponse {
  requireWritableGroup(context, call);
  const gateway = requireResource(context, call, type);
  const tags = readTags(call);
  checkConditions(call, gateway.id, gateway.body);
  refuseWhileLocked(context, call, gateway);
  gateway.body['tags'] = tags;
  return start(context, call, gateway, 'PatchVirtualNetworkGatewayOperation', 'Updating', usualMs.gatewayTags);
}

export function deleteGateway(context: ArmContext, call: ArmCall): ServiceResponse {
  requireGroup(context, call);
  const gateway = findResource(context, calledId(call, type));
  if (gateway === undefined) return { status: 204 };
  checkConditions(call, gateway.id, gateway.body);
  refuseWhileLocked(context, call, gateway);
  const takesMs = spread(usualMs.gatewayDelete, `gateway ${context.state.operationCount}`);
  return start(context, call, gateway, 'DeleteVirtualNetworkGatewayOperation', 'Deleting', takesMs);
}

function start(
  context: ArmContext,
  call: ArmCall,
  gateway: StoredResource,
  name: StoredOperation['name'],
  provisioningState: string,
  takesMs: number,
): ServiceResponse {
  transition(gateway, provisioningState);
  const location = String(gateway.body['location']);
  const operation = startOperation(context, call, { name, location, targetId: gateway.id, takesMs });
  gateway.operationId = operation.id;
  return acceptedAnswer(context, call, operation);
}

export const putGatewayDefinition: OperationDefinition = {
  async succeed(context, operation) {
    const gateway = requireTarget(context, operation);
    gateway.identity ??= await createGatewayIdentity(context.host.clock.now());
    gateway.body['properties'] = settledProperties(propertiesOf(gateway.body));
    settleResource(context, operation);
  },
  fail: failResource,
};

export const patchGatewayDefinition: OperationDefinition = { succeed: settleResource, fail: failResource };

export const deleteGatewayDefinition: OperationDefinition = {
  succeed(context, operation) {
    endSessionsOf(context, operation.targetId);
    removeResource(context, operation);
  },
  fail: failResource,
};
