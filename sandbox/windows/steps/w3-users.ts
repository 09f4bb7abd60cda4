import { z } from 'zod';
import { directoryHas, signInToDomain } from '../connector/accounts.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, credentialSchema, fine } from './connector-step.ts';

const parameters = z.strictObject({ userPrincipalNames: z.array(z.email()).max(200) });
const secrets = z.strictObject({ credential: credentialSchema });
type Call = BoundCall<typeof parameters, typeof secrets>;

export const w3: StepEmulator = {
  perform: bindStep({ parameters, secrets, modes: { probe: lookForUsers } }),
  seconds: { probe: 6, apply: 6, verify: 6 },
};

function lookForUsers(call: Call): StepOutcome {
  // Without a name nobody is asked, and the password is not tried.
  if (call.parameters.userPrincipalNames.length === 0) return fine({ missing: [] });
  const signIn = signInToDomain(call.world, call.secrets.credential);
  if (signIn.outcome === 'refused') return signIn.answer;
  const { world, machine, parameters: asked } = call;
  return fine({ missing: asked.userPrincipalNames.filter((name) => !directoryHas(world, machine, name)) });
}
