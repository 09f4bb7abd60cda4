import { orderRestart } from '../machine/power.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { noParameters } from './w-parameters.ts';
import { isOlder } from './w2-installed-versions.ts';

type Call = BoundCall<typeof noParameters>;

const hourMs = 3_600_000;
/** Where apply notes the start before the one that it asks for, and when it did. */
const restartNote = 'restart-asked';

export const c1: StepEmulator = {
  perform: bindStep({ parameters: noParameters, modes: { probe: introduce } }),
  seconds: { probe: 5, apply: 5, verify: 5 },
};

export const c2: StepEmulator = {
  perform: bindStep({
    parameters: noParameters,
    modes: { probe: needsNoRestart, apply: restart, verify: needsNoRestart },
  }),
  seconds: { probe: 3, apply: 3, verify: 3 },
  needsElevation: true,
};

function introduce({ machine, isElevated, nowMs }: Call): StepOutcome {
  const { computerName, osVersion, powerShellVersion } = machine;
  const utcNow = new Date(nowMs).toISOString();
  const facts = { hostName: computerName.toUpperCase(), osVersion, powerShellVersion, isElevated, utcNow };
  const obstacle = findObstacle(machine);
  return obstacle === undefined ? fine(facts) : refused('Precondition', obstacle, facts);
}

/** What is too old for the steps, or lacks what they need. */
function findObstacle({ osVersion, powerShellVersion, installation }: Call['machine']): string | undefined {
  const major = Number.parseInt(powerShellVersion, 10);
  if (major < 4 || major > 5) {
    return `PowerShell ${powerShellVersion} answers. The steps need Windows PowerShell, 4.0 or 5.1.`;
  }
  if (isOlder(osVersion, '6.3')) {
    return `Windows ${osVersion} is too old. The steps need Windows Server 2012 R2 (6.3) or newer.`;
  }
  if (installation === 'Nano Server') return 'This is Nano Server, which has neither the roles nor the cmdlets.';
  return undefined;
}

function restart(call: Call): StepOutcome {
  const lastBootUtc = lastBoot(call);
  if (hasRestarted(call)) return changed({ lastBootUtc });
  call.machine.notes[restartNote] = [lastBootUtc, new Date(call.nowMs).toISOString()];
  orderRestart(call.machine);
  return changed({ lastBootUtc });
}

function needsNoRestart(call: Call): StepOutcome {
  const isSo = !call.machine.isRestartPending || (call.mode === 'verify' && hasRestarted(call));
  return seen(call.mode, isSo, 'The machine waits for a restart.', { lastBootUtc: lastBoot(call) });
}

/** Whether a restart that was asked for within the last hour has happened. */
function hasRestarted(call: Call): boolean {
  const [before, askedAt = ''] = call.machine.notes[restartNote] ?? [];
  return before !== undefined && before !== lastBoot(call) && Date.parse(askedAt) > call.nowMs - hourMs;
}

/** Whole seconds, as Windows writes its times. */
function lastBoot({ machine }: Call): string {
  return `${new Date(machine.lastBootMs).toISOString().slice(0, 19)}Z`;
}
