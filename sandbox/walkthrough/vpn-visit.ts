import { setTimeout as wait } from 'node:timers/promises';
import { connectClient, type ConnectedClient, type RefusedClient } from '../vpn/client.ts';
import { readPublishedGateways } from '../vpn/published-gateways.ts';

const gatewayTimeoutMs = 30_000;
const cutTimeoutMs = 60_000;
const pollMs = 250;

export interface VpnVisit {
  readonly stackDir: string;
  readonly fqdn: string;
  readonly ovpnFile: string;
}

/** Connects a real OpenVPN client, when the gateway is up; throws when it is not let in. */
export async function enter(visit: VpnVisit, signal: AbortSignal): Promise<ConnectedClient> {
  await waitUntilUp(visit, gatewayTimeoutMs, signal);
  const client = await connectClient(visit);
  if (client.outcome === 'refused') throw new Error(`the client was refused: ${client.reason}`);
  return client;
}

/** Waits until people can connect to the gateway; throws when they cannot in time. */
export async function waitUntilUp(visit: VpnVisit, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  await until(() => isPublished(visit), timeoutMs, `gateway ${visit.fqdn} did not come up`, signal);
}

/** Waits for the client's session to be cut; throws when it is left alone. */
export async function waitUntilCut(client: ConnectedClient, signal: AbortSignal): Promise<void> {
  await until(() => !client.isRunning(), cutTimeoutMs, 'the session of the revoked certificate was not cut', signal);
}

/** Tries once more; throws when the client is let in. */
export async function expectRefusal(visit: VpnVisit): Promise<RefusedClient> {
  const again = await connectClient(visit);
  if (again.outcome === 'refused') return again;
  await again.stop();
  throw new Error('the revoked certificate was let in');
}

function isPublished({ stackDir, fqdn }: VpnVisit): boolean {
  return readPublishedGateways(stackDir).gateways.some((gateway) => gateway.fqdn === fqdn);
}

async function until(
  condition: () => boolean,
  timeoutMs: number,
  complaint: string,
  signal?: AbortSignal,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(complaint);
    await wait(pollMs, undefined, { ...(signal === undefined ? {} : { signal }) });
  }
}
