import { z } from 'zod';
import type { ServiceResponse } from '../../platform/https-service.ts';
import { SeededRandom } from '../../platform/seeded-random.ts';
import { type ArmCall, type ArmContext, type OperationDefinition, readBody } from '../arm-call.ts';
import type { StoredSession } from '../arm-state.ts';
import { checkProvisioned } from '../busy-refusals.ts';
import { stackMs, usualMs } from '../durations.ts';
import { asTexts, type JsonObject } from '../json-object.ts';
import type { OperationName } from '../operation-names.ts';
import { actionAnswer, startOperation } from '../operations.ts';
import { checkShape } from '../put-resource.ts';
import { sameId } from '../resource-id.ts';
import { requireResource } from '../resource-store.ts';
import { cutSessions, listSessions } from './sessions.ts';

/** The gateway counts its sessions this often; in between the list is old. */
const refreshMs = 5 * 60 * 1000;

export function startHealth(context: ArmContext, call: ArmCall): ServiceResponse {
  return startAction(context, call, 'GetVpnClientConnectionHealthOperation', usualMs.health, {});
}

const disconnectSchema = z.looseObject({ vpnConnectionIds: z.array(z.string()).optional() });

export function startDisconnect(context: ArmContext, call: ArmCall): ServiceResponse {
  const body = readBody(call);
  checkShape(body, disconnectSchema);
  // Azure ends this with `null` or with nothing (recorded): here at random, and alike each time that a stack does the
  // same.
  const endsInNull = new SeededRandom(`disconnect ${context.state.operationCount}`).next() < 0.5;
  const input = { vpnConnectionIds: asTexts(body['vpnConnectionIds']), endsInNull };
  return startAction(context, call, 'DisconnectVpnConnectionsOperation', usualMs.disconnect, input);
}

function startAction(
  context: ArmContext,
  call: ArmCall,
  name: OperationName,
  takesMs: number,
  input: JsonObject,
): ServiceResponse {
  const gateway = requireResource(context, call, 'virtualNetworkGateways');
  if (gateway.applied === undefined) checkProvisioned(context, gateway, gateway.id);
  const location = String(gateway.body['location']);
  return actionAnswer(
    context,
    call,
    startOperation(context, call, { name, location, targetId: gateway.id, takesMs, input }),
  );
}

export const healthDefinition: OperationDefinition = {
  succeed(context, operation) {
    const asOfMs = lastCountMs(context);
    forgetEnded(context, asOfMs);
    const counted = Object.values(context.state.sessions).filter(
      (session) => sameId(session.gatewayId, operation.targetId) && wasConnected(session, asOfMs),
    );
    return { value: counted.map((session) => renderSession(session, asOfMs)) };
  },
  fail: leaveAsIs,
};

export const disconnectDefinition: OperationDefinition = {
  succeed(context, operation) {
    const wanted = asTexts(operation.input['vpnConnectionIds']);
    const found = listSessions(context, operation.targetId).filter((session) => wanted.includes(session.id));
    cutSessions(context, found);
    return operation.input['endsInNull'] === true ? null : undefined;
  },
  fail: leaveAsIs,
};

/** A failed action changes nothing about the gateway. */
export function leaveAsIs(): void {
  return;
}

function lastCountMs(context: ArmContext): number {
  const periodMs = stackMs(context.host, refreshMs);
  return Math.floor(context.host.clock.nowMs() / periodMs) * periodMs;
}

function wasConnected(session: StoredSession, atMs: number): boolean {
  return session.connectedAtMs <= atMs && (session.endedAtMs === undefined || session.endedAtMs > atMs);
}

/** A session that the list has dropped is never shown again. */
function forgetEnded(context: ArmContext, beforeMs: number): void {
  for (const session of Object.values(context.state.sessions)) {
    if (session.endedAtMs !== undefined && session.endedAtMs <= beforeMs) {
      Reflect.deleteProperty(context.state.sessions, session.id);
    }
  }
}

/** Azure's row: the certificate is known by its common name only, and the time has no zone. */
function renderSession(session: StoredSession, asOfMs: number): JsonObject {
  return {
    vpnConnectionId: session.id,
    vpnConnectionDuration: Math.floor((asOfMs - session.connectedAtMs) / 1000),
    vpnConnectionTime: new Date(session.connectedAtMs).toISOString().slice(0, 19),
    publicIpAddress: session.publicIp,
    privateIpAddress: session.privateIp,
    vpnUserName: session.commonName,
    maxBandwidth: 0,
    egressPacketsTransferred: 0,
    egressBytesTransferred: 0,
    ingressPacketsTransferred: 0,
    ingressBytesTransferred: 0,
    maxPacketsPerSecond: 0,
  };
}
