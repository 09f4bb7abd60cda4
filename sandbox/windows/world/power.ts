import { finishStart, graceSeconds, startSeconds } from '../machine/power.ts';
import { type CommandContext, loseCommands } from './commands.ts';
import type { MachineFault } from './faults.ts';
import type { WindowsMachine } from './records.ts';

/** Goes on with machines that were starting, or away, when the stack ended. */
export function resumeMachines(context: CommandContext): void {
  for (const machine of context.state.machines) {
    scheduleRestart(context, machine);
    scheduleStart(context, machine);
    scheduleNetwork(context, machine);
  }
}

/** Sends machines into the restart that a step ordered, once its answer had the time to get away. */
export function settleMachines(context: CommandContext): void {
  for (const machine of context.state.machines) {
    if (machine.restart === undefined || machine.restart.downAtMs !== undefined) continue;
    machine.restart.downAtMs = context.host.clock.nowMs() + (graceSeconds * 1000) / context.host.speed;
    scheduleRestart(context, machine);
  }
}

/** The machine is off at once, and what ran there is gone. It comes back after so many seconds, where told. */
export function losePower(
  context: CommandContext,
  machine: WindowsMachine,
  backAfterSeconds: number | undefined,
): void {
  loseCommands(context, machine.id);
  machine.power = backAfterSeconds === undefined ? 'off' : 'rebooting';
  if (backAfterSeconds !== undefined) startLater(context, machine, backAfterSeconds);
}

/** Does a fault to a machine now; `times` counts installations. */
export function afflict(context: CommandContext, machine: WindowsMachine, then: MachineFault, times: number): void {
  const nowMs = context.host.clock.nowMs();
  switch (then.kind) {
    case 'unreachable':
      machine.offline = then.seconds === undefined ? {} : { untilMs: nowMs + then.seconds * 1000 };
      scheduleNetwork(context, machine);
      break;
    case 'busy':
      machine.installer.busyTimes += times;
      break;
    case 'reboot':
      machine.installer.rebootTimes += times;
      break;
    case 'powerOff':
      losePower(context, machine, undefined);
      break;
    case 'powerOn':
      finishStart(machine, nowMs);
  }
}

/** Takes back what faults did to machines, their power left out. */
export function relieve({ state }: CommandContext): void {
  for (const machine of state.machines) {
    delete machine.offline;
    machine.installer = { busyTimes: 0, rebootTimes: 0 };
  }
}

function scheduleRestart(context: CommandContext, machine: WindowsMachine): void {
  const { restart } = machine;
  if (restart?.downAtMs === undefined) return;
  context.host.scheduler.at(restart.downAtMs, () => {
    if (machine.restart !== restart || !context.state.machines.includes(machine)) return;
    delete machine.restart;
    losePower(context, machine, startSeconds);
    context.save();
  });
}

function startLater(context: CommandContext, machine: WindowsMachine, seconds: number): void {
  machine.bootsAtMs = context.host.clock.nowMs() + (seconds * 1000) / context.host.speed;
  scheduleStart(context, machine);
}

function scheduleStart({ host, state, save }: CommandContext, machine: WindowsMachine): void {
  const { bootsAtMs } = machine;
  if (bootsAtMs === undefined) return;
  host.scheduler.at(bootsAtMs, () => {
    if (machine.bootsAtMs !== bootsAtMs || !state.machines.includes(machine)) return;
    finishStart(machine, host.clock.nowMs());
    save();
  });
}

function scheduleNetwork({ host, save }: CommandContext, machine: WindowsMachine): void {
  const untilMs = machine.offline?.untilMs;
  if (untilMs === undefined) return;
  host.scheduler.at(untilMs, () => {
    if (machine.offline?.untilMs !== untilMs) return;
    delete machine.offline;
    save();
  });
}
