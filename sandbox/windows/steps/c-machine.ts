import { orderRestart } from '../machine-power.ts';
import type { StepOutcome, StepStandIn } from '../model.ts';
import { noParameters } from './w-parameters.ts';
import { bindStep, changed, fine, refused, seen, type BoundCall } from './w-step.ts';

type Call = BoundCall<typeof noParameters>;

/** Where apply notes the start before the one that it asks for. */
const restartNote = 'restart-asked';

export const c1: StepStandIn = {
  perform: bindStep({ parameters: noParameters, modes: { probe: introduce } }),
  seconds: { probe: 5, apply: 5, verify: 5 },
};

export const c2: StepStandIn = {
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
  return fine({ hostName: computerName.toUpperCase(), osVersion, powerShellVersion, isElevated, utcNow });
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
