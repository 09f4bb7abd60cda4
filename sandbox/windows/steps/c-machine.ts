import { orderRestart } from '../machine/power.ts';
import type { StepOutcome, StepEmulator } from '../world/records.ts';
import { noParameters } from './w-parameters.ts';
import { isOlder } from './w2-installed-versions.ts';
import { bindStep, changed, fine, refused, seen, type BoundCall } from './connector-step.ts';

type Call = BoundCall<typeof noParameters>;

/** Where apply notes the start before the one that it asks for. */
const restartNote = 'restart-asked';

export const c1: StepEmulator = {
  perform: bindStep({ parameters: noParameters, modes: { probe: introduce } }),
  seconds: { probe: 5, apply: 5, verify: 5 },
};

export const c2: StepEmulator = {
  perform: bindStep({
    parameters: noParameters,
    modes: { probe: isNotPending, apply: restart, verify: hasStartedSince },
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
  if (major < 4 || major > 5)
    return `PowerShell ${powerShellVersion} answers. The steps need Windows PowerShell, 4.0 or 5.1.`;
  if (isOlder(osVersion, '6.3'))
    return `Windows ${osVersion} is too old. The steps need Windows Server 2012 R2 (6.3) or newer.`;
  if (installation === 'Nano Server') return 'This is Nano Server, which has neither the roles nor the cmdlets.';
  return undefined;
}

function isNotPending(call: Call): StepOutcome {
  const facts = { lastBootUtc: lastBoot(call) };
  return call.machine.isRestartPending ? refused('NotDone', '', facts) : fine(facts);
}

function restart(call: Call): StepOutcome {
  const lastBootUtc = lastBoot(call);
  call.machine.notes[restartNote] = [lastBootUtc];
  orderRestart(call.machine);
  return changed({ lastBootUtc });
}

function hasStartedSince(call: Call): StepOutcome {
  const [before] = call.machine.notes[restartNote] ?? [];
  const lastBootUtc = lastBoot(call);
  const isSo = before !== undefined && before !== lastBootUtc;
  return seen(call.mode, isSo, 'The machine has not started again yet.', { lastBootUtc });
}

/** Whole seconds, as Windows writes its times. */
function lastBoot({ machine }: Call): string {
  return `${new Date(machine.lastBootMs).toISOString().slice(0, 19)}Z`;
}
