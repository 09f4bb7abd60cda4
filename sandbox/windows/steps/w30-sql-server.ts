import { z } from 'zod';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';

const parameters = z.strictObject({ isServerKnown: z.boolean() });
type Call = BoundCall<typeof parameters>;

/** Reads the server's name out of a file that holds a password: in the open only as long as that takes. */
export const w30: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: isDone, apply: readServer, verify: isProtected } }),
  interrupt: bindStep({ parameters, modes: { apply: leaveOpen } }),
  seconds: { probe: 6, apply: 15, verify: 6 },
  needsElevation: true,
};

function isDone({ machine, parameters }: Call): StepOutcome {
  const { tenantApi } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi();
  const facts = { isProtected: tenantApi.isWebConfigProtected };
  if (!tenantApi.isWebConfigProtected) return refused('NotDone', 'Web.config is not protected.', facts);
  return parameters.isServerKnown ? fine(facts) : refused('NotDone', 'The SQL server is not known.', facts);
}

function readServer({ machine, parameters }: Call): StepOutcome {
  const { tenantApi } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi();
  const { isServerKnown } = parameters;
  const isTouched = !isServerKnown || !tenantApi.isWebConfigProtected;
  tenantApi.isWebConfigProtected = true;
  const facts = { isProtected: true, ...(isServerKnown ? {} : { sqlServer: tenantApi.sqlServer }) };
  return { ...fine(facts), changed: isTouched };
}

function isProtected({ machine, mode }: Call): StepOutcome {
  const { tenantApi } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi();
  const facts = { isProtected: tenantApi.isWebConfigProtected };
  return seen(mode, tenantApi.isWebConfigProtected, 'Web.config is not protected.', facts);
}

/** A machine that dies between the two commands leaves the passwords in clear. */
function leaveOpen({ machine }: Call): StepOutcome {
  const { tenantApi } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi();
  tenantApi.isWebConfigProtected = false;
  return changed();
}

function noTenantApi(): StepOutcome {
  return refused('Precondition', 'The Tenant API is not installed on this machine.');
}
