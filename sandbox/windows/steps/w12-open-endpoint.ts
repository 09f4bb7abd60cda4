import { z } from 'zod';
import { openPrivilegedEndpoint } from '../connector/endpoint.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, credentialSchema, fine, refused } from './connector-step.ts';
import { authentication } from './w-parameters.ts';

const parameters = z.strictObject({ computerName: z.string(), authentication });
const secrets = z.strictObject({ credential: credentialSchema });
type Call = BoundCall<typeof parameters, typeof secrets>;

export const w12: StepEmulator = {
  perform: bindStep({ parameters, secrets, modes: { probe: tryEndpoint } }),
  seconds: { probe: 20, apply: 20, verify: 20 },
};

function tryEndpoint(call: Call): StepOutcome {
  const opened = openPrivilegedEndpoint(call, { ...call.parameters, credential: call.secrets.credential });
  if (opened.outcome === 'refused') return opened.answer;
  if (!opened.hasAzurePackCommand) {
    return refused('Precondition', 'This build of Azure Stack has no Add-AzurePackConnector.', { hasCommand: false });
  }
  return fine({ hasCommand: true });
}
