import type { WindowsMachine } from './model.ts';
import { restartRemoteAccess } from './machine-vpn.ts';

/** Seconds from the order to restart until the machine answers again, before the stack's speed. */
export const restartSeconds = 90;

/** The machine goes down now and comes up by itself. Whoever acts on machines says when. */
export function beginRestart(machine: WindowsMachine): void {
  machine.power = 'rebooting';
}

/** What a machine is like when it has started: what waited for a restart counts, and nobody is connected. */
export function finishStart(machine: WindowsMachine, nowMs: number): void {
  machine.power = 'on';
  delete machine.bootsAtMs;
  machine.lastBootMs = nowMs;
  machine.isRestartPending = false;
  if (machine.remoteAccess !== undefined) restartRemoteAccess(machine, machine.remoteAccess);
}
