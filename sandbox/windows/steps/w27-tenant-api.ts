import { z } from 'zod';
import { endInstallation, takeInstaller } from '../connector-machine.ts';
import { tenantApiSiteName } from '../connector-sites.ts';
import type { StepOutcome, StepStandIn } from '../model.ts';
import { folder, noParameters } from './w-parameters.ts';
import { bindStep, changed, fine, refused, seen, type BoundCall } from './w-step.ts';

const parameters = z.strictObject({ folder });
type Call = BoundCall<typeof parameters>;

export const w27: StepStandIn = {
  perform: bindStep({ parameters, modes: { probe: isUpdated, apply: update, verify: isUpdated, undo: goBack } }),
  seconds: { probe: 6, apply: 300, verify: 6, undo: 300 },
  needsElevation: true,
};

export const w28: StepStandIn = {
  perform: bindStep({ parameters: noParameters, modes: { probe: checkHealth } }),
  seconds: { probe: 65, apply: 65, verify: 65 },
};

function isUpdated({ machine, parameters, mode }: Call): StepOutcome {
  const { tenantApi, staged } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi();
  const wanted = staged[parameters.folder]?.version;
  return seen(mode, tenantApi.version === wanted, 'The Tenant API has another version than the package.', {
    version: tenantApi.version,
  });
}

function update({ machine, parameters }: Call): StepOutcome {
  const { tenantApi, staged } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi();
  const version = staged[parameters.folder]?.version;
  if (version === undefined) return refused('Precondition', 'ScriptNotFound: the package is not staged.');
  if (tenantApi.version === version) return fine({ version });
  const busy = takeInstaller(machine);
  if (busy !== undefined) return busy;
  tenantApi.versionBefore ??= tenantApi.version;
  tenantApi.version = version;
  return endInstallation(machine, { version });
}

function goBack({ machine }: Call): StepOutcome {
  const { tenantApi } = machine.azurePack;
  if (tenantApi?.versionBefore === undefined) return fine();
  const busy = takeInstaller(machine);
  if (busy !== undefined) return busy;
  tenantApi.version = tenantApi.versionBefore;
  delete tenantApi.versionBefore;
  return changed({ version: tenantApi.version });
}

function checkHealth({ machine }: BoundCall<typeof noParameters>): StepOutcome {
  const { tenantApi, sites } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi();
  const found = sites.filter(({ name }) => name === tenantApiSiteName).map(({ name, state }) => ({ name, state }));
  const errors = tenantApi.eventLogErrors;
  const isWell = errors === 0 && found.length > 0 && found.every(({ state }) => state === 'Started');
  const facts = { sites: found, errors };
  return isWell ? fine(facts) : refused('VerifyFailed', 'The Tenant API is not well.', facts);
}

function noTenantApi(): StepOutcome {
  return refused('Precondition', 'The Tenant API is not installed on this machine.');
}
