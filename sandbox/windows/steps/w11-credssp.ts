import { z } from 'zod';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, seen } from './connector-step.ts';

const parameters = z.strictObject({ computerName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/) });
type Call = BoundCall<typeof parameters>;

export const w11: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: isAllowed, apply: allow, verify: isAllowed, undo: forbid } }),
  seconds: { probe: 4, apply: 5, verify: 4, undo: 5 },
  needsElevation: true,
};

function isAllowed({ machine, parameters, mode }: Call): StepOutcome {
  const name = parameters.computerName.toLowerCase();
  return seen(mode, machine.winRm.credSspDelegates.includes(name), `Credentials may not be delegated to ${name}.`);
}

function allow({ machine, parameters }: Call): StepOutcome {
  const delegates = machine.winRm.credSspDelegates;
  const name = parameters.computerName.toLowerCase();
  if (delegates.includes(name)) return fine();
  machine.notes['W11'] ??= [...delegates];
  delegates.push(name);
  return changed();
}

/** The list from before comes back, whatever was allowed meanwhile. */
function forbid({ machine }: Call): StepOutcome {
  const { notes, winRm } = machine;
  const before = notes['W11'];
  if (before === undefined) return fine();
  winRm.credSspDelegates = [...before];
  delete notes['W11'];
  return changed();
}
