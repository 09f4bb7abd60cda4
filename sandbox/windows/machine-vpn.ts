import { isIPv4 } from 'node:net';
import { accountNamed, tryPassword } from './machine-accounts.ts';
import type { RemoteAccess, RemoteAccessSettings } from './machine-remote-access.ts';
import type { WindowsMachine } from './model.ts';
import { isUp } from './machine-model.ts';

/** What the error dialog of a Windows client says of a connection that does not come about (facts/onprem.md, P20). */
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

/** Hangs up every session of a user; how many there were. */
export function disconnect(remoteAccess: RemoteAccess, userName: string): number {
  const before = remoteAccess.sessions.length;
  remoteAccess.sessions = remoteAccess.sessions.filter(
    (session) => session.userName.toLowerCase() !== userName.toLowerCase(),
  );
  return before - remoteAccess.sessions.length;
}

/** The service stops and starts: every session ends, and what was set counts from now on. */
export function restartRemoteAccess(machine: WindowsMachine, remoteAccess: RemoteAccess): void {
  remoteAccess.sessions = [];
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

export function settingsOf(remoteAccess: RemoteAccess): RemoteAccessSettings {
  const { sharedKey, preferredAdapter, routerType, natModes, policies } = remoteAccess;
  return structuredClone({
    routerType,
    natModes,
    policies: policies.map(({ name, isEnabled, grantsAccess }) => ({ name, isEnabled, grantsAccess })),
    ...(sharedKey === undefined ? {} : { sharedKey }),
    ...(preferredAdapter === undefined ? {} : { preferredAdapter }),
  });
}

/** Puts back what was kept. Policies that are gone since stay away. */
export function restoreSettings(remoteAccess: RemoteAccess, before: RemoteAccessSettings): void {
  remoteAccess.routerType = before.routerType;
  remoteAccess.natModes = { ...before.natModes };
  if (before.sharedKey === undefined) delete remoteAccess.sharedKey;
  else remoteAccess.sharedKey = before.sharedKey;
  if (before.preferredAdapter === undefined) delete remoteAccess.preferredAdapter;
  else remoteAccess.preferredAdapter = before.preferredAdapter;
  for (const policy of remoteAccess.policies)
    Object.assign(policy, before.policies.find(({ name }) => name === policy.name) ?? {});
}

/** Addresses from one to the other, both of them included; 0 where they are the wrong way round. */
export function countAddresses(from: string, to: string): number {
  return Math.max(0, toNumber(to) - toNumber(from) + 1);
}

function answers(machine: WindowsMachine, remoteAccess: RemoteAccess): boolean {
  return (
    isUp(machine) &&
    machine.services[remoteAccessService] === 'Running' &&
    remoteAccess.vpnStatus === 'Installed' &&
    remoteAccess.inForce.routerType === 'lananddd' &&
    remoteAccess.isFirewallOpen
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

/** The server keeps the first address of its pool for itself (facts/onprem.md, section 0). */
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
