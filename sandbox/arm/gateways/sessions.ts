import { randomUUID } from 'node:crypto';
import { SessionRefused } from '../../platform/session-refused.ts';
import type { ArmContext } from '../arm-call.ts';
import type { StoredResource, StoredSession } from '../arm-state.ts';
import { asObject, asObjects, asText, asTexts, propertiesOf } from '../json-object.ts';
import { addressAt, lengthOf } from '../network/address-prefixes.ts';
import { sameId } from '../resource-id.ts';
import { listResources } from '../resource-store.ts';

/** A client that connects, as the VPN emulator or the control API says it. */
export interface NewSession {
  /** Resource id, or name when that is unique. */
  readonly gateway: string;
  /** What Azure's list shows. Without it the thumbprint stands in: ARM never sees client certificates. */
  readonly commonName?: string | undefined;
  readonly thumbprint?: string | undefined;
  /** Address of the client; a port is added when it has none. */
  readonly publicIp: string;
  /** Taken from the gateway's pool when not given. */
  readonly privateIp?: string | undefined;
  readonly id?: string | undefined;
}

/** Records a connection to a gateway that is up; throws SessionRefused as the gateway would refuse the client. */
export function connectSession(context: ArmContext, wanted: NewSession): StoredSession {
  const gateway = findGateway(context, wanted.gateway);
  if (gateway?.applied === undefined) throw new SessionRefused(`Gateway ${wanted.gateway} is not there or not up yet.`);
  const client = asObject(propertiesOf(gateway.applied)['vpnClientConfiguration']);
  const revoked = asObjects(client['vpnClientRevokedCertificates']).map((entry) => propertiesOf(entry)['thumbprint']);
  if (revoked.some((thumbprint) => sameId(asText(thumbprint), wanted.thumbprint))) {
    throw new SessionRefused(`The certificate ${wanted.thumbprint ?? ''} is revoked on ${gateway.name}.`);
  }
  const commonName = wanted.commonName ?? wanted.thumbprint;
  if (commonName === undefined) throw new SessionRefused('A session needs a commonName or a thumbprint.');
  const [pool] = asTexts(asObject(client['vpnClientAddressPool'])['addressPrefixes']);
  if (pool === undefined) throw new SessionRefused(`Gateway ${gateway.name} has no client address pool.`);
  const session: StoredSession = {
    id: wanted.id ?? `OVPN_${randomUUID().toUpperCase()}`,
    gatewayId: gateway.id,
    commonName,
    ...(wanted.thumbprint === undefined ? {} : { thumbprint: wanted.thumbprint }),
    publicIp: /:\d+$/.test(wanted.publicIp) ? wanted.publicIp : `${wanted.publicIp}:45522`,
    privateIp: wanted.privateIp ?? freeAddress(context, gateway, pool),
    connectedAtMs: context.host.clock.nowMs(),
  };
  context.state.sessions[session.id] = session;
  context.save();
  return session;
}

/** The client went away by itself. Unknown ids are ignored: both ends may report the same end. */
export function endSession(context: ArmContext, id: string): void {
  const session = context.state.sessions[id];
  if (session === undefined || session.endedAtMs !== undefined) return;
  session.endedAtMs = context.host.clock.nowMs();
  context.save();
}

/** Connected now, oldest first. */
export function listSessions(context: ArmContext, gatewayId?: string): StoredSession[] {
  return Object.values(context.state.sessions).filter(
    (session) => session.endedAtMs === undefined && (gatewayId === undefined || sameId(session.gatewayId, gatewayId)),
  );
}

/** Ends sessions from the gateway's side: the VPN emulator is told to cut them. */
export function cutSessions(context: ArmContext, sessions: readonly StoredSession[]): void {
  for (const { id } of sessions) {
    endSession(context, id);
    context.disconnectSession(id);
  }
}

export function endSessionsOf(context: ArmContext, gatewayId: string): void {
  cutSessions(context, listSessions(context, gatewayId));
}

function findGateway(context: ArmContext, idOrName: string): StoredResource | undefined {
  return listResources(context, 'virtualNetworkGateways').find(
    (gateway) => sameId(gateway.id, idOrName) || sameId(gateway.name, idOrName),
  );
}

/** The gateway itself has the pool's first address. */
function freeAddress(context: ArmContext, gateway: StoredResource, pool: string): string {
  const taken = listSessions(context, gateway.id).map((session) => session.privateIp);
  const size = 2 ** (32 - lengthOf(pool));
  for (let index = 2; index < size - 1; index += 1) {
    const address = addressAt(pool, index);
    if (!taken.includes(address)) return address;
  }
  throw new SessionRefused(`The client address pool ${pool} of ${gateway.name} is used up.`);
}
