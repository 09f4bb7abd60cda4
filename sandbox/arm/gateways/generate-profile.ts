import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ServiceResponse } from '../../platform/https-service.ts';
import { type ArmCall, type ArmContext, type OperationDefinition, readBody } from '../arm-call.ts';
import { ArmRefusal } from '../arm-refusal.ts';
import type { StoredOperation, StoredResource } from '../arm-state.ts';
import { checkProvisioned, refuseLocked } from '../busy-refusals.ts';
import { usualMs } from '../durations.ts';
import { asText, type JsonObject } from '../json-object.ts';
import type { OperationName } from '../operation-names.ts';
import { actionAnswer, runningOperation, startOperation } from '../operations.ts';
import { checkShape } from '../put-resource.ts';
import { requireResource, requireTarget } from '../resource-store.ts';
import { readApplied } from './applied-gateway.ts';
import { leaveAsIs } from './connection-health.ts';
import { publishProfile } from './profile-downloads.ts';
import { createProfilePackage } from './profile-package.ts';

const parametersSchema = z.looseObject({
  processorArchitecture: z.enum(['Amd64', 'X86']).optional(),
  authenticationMethod: z.enum(['EAPTLS', 'EAPMSCHAPv2']).optional(),
  radiusServerAuthCertificate: z.string().optional(),
  clientRootCertificates: z.array(z.string()).optional(),
});

/** POST generatevpnprofile: makes the archive of what the gateway runs, not of what it was last asked for. */
export function startProfile(context: ArmContext, call: ArmCall): ServiceResponse {
  const gateway = requireResource(context, call, 'virtualNetworkGateways');
  const body = readBody(call);
  checkShape(body, parametersSchema);
  const running = runningOperation(context, gateway);
  if (running !== undefined) throw refuseLocked(context, running);
  const applied = readApplied(context, gateway);
  if (applied === undefined) checkProvisioned(context, gateway, gateway.id);
  if (applied === undefined || applied.addressPool.length === 0) {
    const message = `Point-to-site is not configured on virtual network gateway ${gateway.id}: it has no VPN client address pool.`;
    throw new ArmRefusal(400, 'VpnClientConfigurationNotSet', message);
  }
  const authenticationMethod = asText(body['authenticationMethod']) ?? 'EAPTLS';
  const operation = start(context, call, gateway, 'GenerateVpnProfileOperation', { authenticationMethod });
  gateway.operationId = operation.id;
  return actionAnswer(context, call, operation);
}

/** POST getvpnprofilepackageurl: another address of the archive that was made last. Locks nothing. */
export function startPackageUrl(context: ArmContext, call: ArmCall): ServiceResponse {
  const gateway = requireResource(context, call, 'virtualNetworkGateways');
  return actionAnswer(context, call, start(context, call, gateway, 'GetVpnProfilePackageUrlOperation', {}));
}

function start(
  context: ArmContext,
  call: ArmCall,
  gateway: StoredResource,
  name: OperationName,
  input: JsonObject,
): StoredOperation {
  return startOperation(context, call, {
    name,
    location: String(gateway.body['location']),
    targetId: gateway.id,
    takesMs: usualMs.profile,
    input: { origin: call.url.origin, ...input },
  });
}

export const profileDefinition: OperationDefinition = {
  succeed(context, operation) {
    const gateway = requireTarget(context, operation);
    const applied = readApplied(context, gateway);
    if (applied === undefined) throw new Error(`Gateway ${operation.targetId} lost its applied state.`);
    const zip = createProfilePackage(applied, asText(operation.input['authenticationMethod']) ?? 'EAPTLS');
    gateway.profileZip = zip.toString('base64');
    return publish(context, operation, zip);
  },
  fail: leaveAsIs,
};

export const packageUrlDefinition: OperationDefinition = {
  succeed(context, operation) {
    const { profileZip } = requireTarget(context, operation);
    if (profileZip !== undefined) return publish(context, operation, Buffer.from(profileZip, 'base64'));
    const message = `No VPN client package was generated for virtual network gateway ${operation.targetId}. Generate one first.`;
    throw new ArmRefusal(400, 'VpnClientPackageNotFound', message);
  },
  fail: leaveAsIs,
};

function publish(context: ArmContext, operation: StoredOperation, zip: Buffer): string {
  return publishProfile(context, { origin: asText(operation.input['origin']) ?? '', guid: randomUUID(), zip });
}
