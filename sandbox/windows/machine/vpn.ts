import { isIPv4 } from 'node:net';
import type { WindowsMachine } from '../world/records.ts';
import { accountNamed, tryPassword } from './accounts.ts';
import { isUp } from './model.ts';
import type { RemoteAccess } from './remote-access.ts';

/** What the error dialog of a Windows client says of a connection that does not come about. */
export type VpnErrorCode =
  /** Nobody answers on UDP 500 and 4500. */
  | 809
  /** The shared keys differ, or none is in force. */
  | 789
  /** Name, password or policy. */
  | 691
  /** The server has no address left. */
  | 720;

export type VpnAttempt =
  | { readonly outcome: 'connected'; readonly address: string }
  | { readonly outcome: 'refused'; readonly code: VpnErrorCode };

export interface VpnClient {
  readonly userName: string;
  readonly password: string;
  readonly sharedKey: string;
}

export const remoteAccessService = 'RemoteAccess';

/** A client dials in at this server: its session is on the list afterwards, or Windows' error code comes back. */
export function dialIn(machine: WindowsMachine, client: VpnClient, nowMs: number): VpnAttempt {
  const { remoteAccess } = machine;
  if (remoteAccess === undefined || !answers(machine, remoteAccess)) return { outcome: 'refused', code: 809 };
  if (remoteAccess.inForce.sharedKey !== client.sharedKey) return { outcome: 'refused', code: 789 };
  if (!mayDialIn(machine, remoteAccess, client)) return { outcome: 'refused', code: 691 };
  const address = freeAddress(remoteAccess);
  if (address === undefined) return { outcome: 'refused', code: 720 };
  const connectedAt = new Date(nowMs).toISOString();
  remoteAccess.sessions.push({ userName: client.userName, address, connectedAt });
  return { outcome: 'connected', address };
}

/** Hangs up every session of a user. */
export function disconnect(remoteAccess: RemoteAccess, userName: string): void {
  remoteAccess.sessions = remoteAccess.sessions.filter(
    (session) => session.userName.toLowerCase() !== userName.toLowerCase(),
  );
}

/** Hangs up everybody. */
export function endSessions(remoteAccess: RemoteAccess): void {
  remoteAccess.sessions = [];
}

/** The service stops and starts: every session ends, and what was set counts from now on. */
export function restartRemoteAccess(machine: WindowsMachine, remoteAccess: RemoteAccess): void {
  endSessions(remoteAccess);
  remoteAccess.inForce = {
    routerType: remoteAccess.routerType,
    ...(remoteAccess.sharedKey === undefined ? {} : { sharedKey: remoteAccess.sharedKey }),
  };
  machine.services[remoteAccessService] = 'Running';
}

/** Whether the stack's own traffic gets out through this machine: the adapter with a gateway translates addresses. */
export function isNatUp(machine: WindowsMachine): boolean {
  const modes = machine.remoteAccess?.natModes ?? {};
  return machine.nics.some(({ alias, gateway }) => gateway !== undefined && modes[alias] === 'full');
}

/** Whether an address is one of a pool's, its ends included. */
export function isWithin(address: string, pool: { readonly from: string; readonly to: string }): boolean {
  return toNumber(pool.from) <= toNumber(address) && toNumber(address) <= toNumber(pool.to);
}

function answers(machine: WindowsMachine, remoteAccess: RemoteAccess): boolean {
  return (
    isUp(machine) &&
    machine.services[remoteAccessService] === 'Running' &&
    remoteAccess.vpnStatus === 'Installed' &&
    remoteAccess.inForce.routerType === 'lananddd' &&
    machine.nics.some(({ alias, gateway }) => gateway !== undefined && alias === remoteAccess.firewallNic)
  );
}

/** A wrong password at the VPN counts like any other. */
function mayDialIn(machine: WindowsMachine, remoteAccess: RemoteAccess, client: VpnClient): boolean {
  const account = accountNamed(machine, client.userName);
  if (account === undefined || tryPassword(machine, account, client.password) !== undefined) return false;
  return remoteAccess.policies.some(
    ({ isForRemoteAccess, isEnabled, grantsAccess }) => isForRemoteAccess && isEnabled && grantsAccess,
  );
}

/** The server keeps the first address of its pool for itself. */
function freeAddress({ pool, sessions }: RemoteAccess): string | undefined {
  if (pool === undefined) return undefined;
  const taken = new Set(sessions.map(({ address }) => address));
  for (let each = toNumber(pool.from) + 1; each <= toNumber(pool.to); each += 1) {
    const address = fromNumber(each);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

function toNumber(address: string): number {
  if (!isIPv4(address)) throw new Error(`${address} is no IPv4 address`);
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function fromNumber(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
