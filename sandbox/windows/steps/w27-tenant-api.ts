import { z } from 'zod';
import { endInstallation, takeInstaller } from '../connector/machine.ts';
import { siteNamed, siteStates, tenantApiSiteName, withoutWebServer, withWebServer } from '../connector/sites.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { folder, noParameters } from './w-parameters.ts';
import { isOlder } from './w2-installed-versions.ts';

const parameters = z.strictObject({ folder });
type Call = BoundCall<typeof parameters>;

export const w27: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: isUpdated, apply: update, verify: isUpdated, undo: goBack } }),
  seconds: { probe: 6, apply: 300, verify: 6, undo: 300 },
  needsElevation: true,
};

export const w28: StepEmulator = {
  perform: bindStep({ parameters: noParameters, modes: { probe: withWebServer(checkHealth) } }),
  seconds: { probe: 65, apply: 65, verify: 65 },
};

/** New enough for the package; once that is gone, what apply noted counts. */
function isUpdated({ machine, parameters, mode }: Call): StepOutcome {
  const { azurePack } = machine;
  const { tenantApi, staged } = azurePack;
  if (tenantApi === undefined) return noTenantApi(machine);
  const facts = { version: tenantApi.version };
  const packaged = staged[parameters.folder]?.version;
  const isNew = packaged === undefined ? tenantApi.versionBefore !== undefined : !isOlder(tenantApi.version, packaged);
  if (!isNew) return seen(mode, false, `The Tenant API is still at version ${tenantApi.version}.`, facts);
  const isRunning = siteNamed(azurePack, tenantApiSiteName)?.state === 'Started';
  return seen(mode, mode === 'probe' || isRunning, 'The site of the Tenant API does not run.', facts);
}

function update({ machine, parameters }: Call): StepOutcome {
  const { tenantApi, staged } = machine.azurePack;
  if (tenantApi === undefined) return noTenantApi(machine);
  const version = staged[parameters.folder]?.version;
  if (version === undefined) return refused('Precondition', 'The package is not staged.');
  if (!isOlder(tenantApi.version, version)) {
    return refused('ToolFailed', 'Update-TenantAPI.ps1 ended with 0 and left no newer Tenant API.');
  }
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
  const { azurePack } = machine;
  const sites = siteStates(azurePack, [tenantApiSiteName]);
  if (sites.some(({ state }) => state !== 'Started')) {
    return refused('VerifyFailed', 'The site of the Tenant API does not run.', { sites });
  }
  const facts = { sites, errors: azurePack.tenantApi?.eventLogErrors ?? 0 };
  return facts.errors === 0
    ? fine(facts)
    : refused('VerifyFailed', 'The event log has errors of the Tenant API.', facts);
}

function noTenantApi({ azurePack }: Call['machine']): StepOutcome {
  return withoutWebServer(azurePack) ?? refused('Precondition', 'The Tenant API is not installed on this machine.');
}
