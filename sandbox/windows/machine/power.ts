import type { WindowsMachine } from '../world/records.ts';
import { restartRemoteAccess } from './vpn.ts';

/** Seconds that `shutdown /t 30` leaves, and those that a machine takes to start, before the stack's speed. */
export const graceSeconds = 30;
export const startSeconds = 90;

/** Orders a restart; whoever acts on machines says when it happens. Ordering it twice is ordering it once. */
export function orderRestart(machine: WindowsMachine): void {
  machine.restart ??= {};
}

/** What a machine is like when it has started: what waited for a restart counts, and nobody is connected. */
export function finishStart(machine: WindowsMachine, nowMs: number): void {
  machine.power = 'on';
  delete machine.bootsAtMs;
  machine.lastBootMs = nowMs;
  delete machine.restart;
  machine.isRestartPending = false;
  const { remoteAccess } = machine;
  if (remoteAccess === undefined) return;
  if (remoteAccess.feature === 'pending') remoteAccess.feature = 'installed';
  restartRemoteAccess(machine, remoteAccess);
}
