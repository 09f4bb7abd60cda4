import { z } from 'zod';
import { openSession } from '../world/hop.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, credentialSchema, fine, refused } from './connector-step.ts';

const parameters = z.strictObject({
  computerName: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/),
});
const secrets = z.strictObject({ credential: credentialSchema });
type Call = BoundCall<typeof parameters, typeof secrets>;

/** Where apply notes what it put into TrustedHosts. */
const note = 'trusted-hosts';

export const p1: StepEmulator = {
  perform: bindStep({ parameters, secrets, modes: { probe: look, apply: trust, verify: openIt, undo: distrust } }),
  seconds: { probe: 5, apply: 10, verify: 5, undo: 3 },
  needsElevation: true,
};

function look(call: Call): StepOutcome {
  return isTrusted(call) ? openIt(call) : refused('NotDone', 'This machine does not have the address in TrustedHosts.');
}

/** TrustedHosts is there before the session is tried: a wrong password leaves it there. */
function trust(call: Call): StepOutcome {
  const { machine, parameters } = call;
  if (isTrusted(call)) return openIt(call);
  machine.winRm.trustedHosts.push(parameters.computerName);
  machine.notes[note] = [...noted(call), parameters.computerName];
  const opened = openIt(call);
  return { ...opened, changed: true };
}

function openIt(call: Call): StepOutcome {
  const { world, machine, parameters, secrets } = call;
  const session = openSession(world, machine, parameters.computerName, secrets.credential);
  return session.outcome === 'refused'
    ? session.answer
    : fine({ hostName: session.machine.computerName.toUpperCase() });
}

function distrust(call: Call): StepOutcome {
  const { machine, parameters } = call;
  if (!noted(call).includes(parameters.computerName)) return fine();
  machine.winRm.trustedHosts = machine.winRm.trustedHosts.filter((host) => host !== parameters.computerName);
  machine.notes[note] = noted(call).filter((host) => host !== parameters.computerName);
  return changed();
}

function isTrusted({ machine, parameters }: Call): boolean {
  const wanted = parameters.computerName.toLowerCase();
  return machine.winRm.trustedHosts.some((host) => host === '*' || host.toLowerCase() === wanted);
}

function noted({ machine }: Call): readonly string[] {
  return machine.notes[note] ?? [];
}
