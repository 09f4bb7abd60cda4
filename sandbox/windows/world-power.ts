import { finishStart, restartSeconds } from './machine-power.ts';
import type { WindowsMachine } from './model.ts';
import { killCommands, type CommandContext } from './world-commands.ts';
import type { MachineFault } from './world-faults.ts';

type PowerContext = Pick<CommandContext, 'host' | 'state' | 'save'>;

/** Goes on with machines that were starting, or away, when the stack ended. */
export function resumeMachines(context: PowerContext): void {
  for (const machine of context.state.machines) {
    scheduleStart(context, machine);
    scheduleNetwork(context, machine);
  }
}

/** Brings up again, after a while, what a step sent into a restart; its commands end with it. */
export function settleMachines(context: PowerContext): void {
  for (const machine of context.state.machines) {
    if (machine.power !== 'rebooting' || machine.bootsAtMs !== undefined) continue;
    killCommands(context, machine.id);
    startLater(context, machine, restartSeconds);
  }
}

/** The machine is off at once, and what ran there is gone. It comes back after so many seconds, where told. */
export function losePower(context: PowerContext, machine: WindowsMachine, backAfterSeconds: number | undefined): void {
  killCommands(context, machine.id);
  machine.power = backAfterSeconds === undefined ? 'off' : 'rebooting';
  if (backAfterSeconds !== undefined) startLater(context, machine, backAfterSeconds);
}

/** Does a fault to a machine now; `times` counts installations. */
export function afflict(context: PowerContext, machine: WindowsMachine, then: MachineFault, times: number): void {
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
export function relieve({ state }: PowerContext): void {
  for (const machine of state.machines) {
    delete machine.offline;
    machine.installer = { busyTimes: 0, rebootTimes: 0 };
  }
}

function startLater(context: PowerContext, machine: WindowsMachine, seconds: number): void {
  machine.bootsAtMs = context.host.clock.nowMs() + (seconds * 1000) / context.host.speed;
  scheduleStart(context, machine);
}

function scheduleStart({ host, state, save }: PowerContext, machine: WindowsMachine): void {
  const { bootsAtMs } = machine;
  if (bootsAtMs === undefined) return;
  host.scheduler.at(bootsAtMs, () => {
    if (machine.bootsAtMs !== bootsAtMs || !state.machines.includes(machine)) return;
    finishStart(machine, host.clock.nowMs());
    save();
  });
}

function scheduleNetwork({ host, save }: PowerContext, machine: WindowsMachine): void {
  const untilMs = machine.offline?.untilMs;
  if (untilMs === undefined) return;
  host.scheduler.at(untilMs, () => {
    if (machine.offline?.untilMs !== untilMs) return;
    delete machine.offline;
    save();
  });
}
