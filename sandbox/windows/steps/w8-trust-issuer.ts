import { z } from 'zod';
import { thumbprintOf } from '../connector/data-file.ts';
import { addToStore, isInStore, removeFromStore } from '../connector/machine.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { store, thumbprint } from './w-parameters.ts';

const parameters = z.strictObject({ thumbprint, store, certificate: z.base64().max(8192) });
type Call = BoundCall<typeof parameters>;

export const w8: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: isTrusted, apply: trust, verify: isTrusted, undo: forget } }),
  seconds: { probe: 5, apply: 10, verify: 5, undo: 10 },
  needsElevation: true,
};

function isTrusted({ machine, parameters, mode }: Call): StepOutcome {
  const { thumbprint, store } = parameters;
  return seen(mode, isInStore(machine, store, thumbprint), `${thumbprint} is not in the store ${store}.`);
}

function trust({ machine, parameters }: Call): StepOutcome {
  const { thumbprint, store, certificate } = parameters;
  if (isInStore(machine, store, thumbprint)) return fine();
  if (thumbprintOf(certificate) !== thumbprint) {
    return refused('Precondition', 'The certificate is not the one that the thumbprint names.');
  }
  addToStore(machine, store, certificate);
  machine.azurePack.notes.issuersAdded.push(`${store} ${thumbprint}`);
  return changed();
}

/** Only what apply added: what was trusted before stays so. */
function forget({ machine, parameters }: Call): StepOutcome {
  const { notes } = machine.azurePack;
  const note = `${parameters.store} ${parameters.thumbprint}`;
  if (!notes.issuersAdded.includes(note)) return fine();
  notes.issuersAdded = notes.issuersAdded.filter((each) => each !== note);
  return removeFromStore(machine, parameters.store, parameters.thumbprint) ? changed() : fine();
}
