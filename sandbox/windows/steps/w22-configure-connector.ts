import { z } from 'zod';
import { isResolved } from '../connector/network.ts';
import type { AzurePackPart } from '../connector/part.ts';
import { connectorSiteNames, connectorSitesOf, withWebServer } from '../connector/sites.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { folder, fqdn } from './w-parameters.ts';

const parameters = z.strictObject({
  folder,
  tenantPortalFqdn: fqdn,
  tenantApiFqdn: fqdn,
  azureStackPortalFqdn: fqdn,
});
type Call = BoundCall<typeof parameters>;

export const w22: StepEmulator = {
  perform: bindStep({
    parameters,
    modes: {
      probe: withWebServer(isConfigured),
      apply: withWebServer(configure),
      verify: withWebServer(isConfigured),
      undo: withWebServer(restore),
    },
  }),
  interrupt: bindStep({ parameters, modes: { apply: configureFirst } }),
  seconds: { probe: 5, apply: 30, verify: 5, undo: 30 },
  needsElevation: true,
};

function isConfigured({ machine, parameters, mode }: Call): StepOutcome {
  const isSo = isNoted(machine.azurePack, settingsOf(parameters));
  return seen(mode, isSo, 'The connector is not configured with these names, or its files have changed since.');
}

function configure(call: Call): StepOutcome {
  return write(call, connectorSiteNames.length);
}

/** A machine that dies meanwhile has one file of the three written. */
function configureFirst(call: Call): StepOutcome {
  return write(call, 1);
}

function write({ world, machine, parameters }: Call, count: number): StepOutcome {
  const { azurePack } = machine;
  const sites = connectorSitesOf(azurePack);
  const wanted = settingsOf(parameters);
  if (isNoted(azurePack, wanted)) return fine();
  if (azurePack.staged[parameters.folder] === undefined || sites.length < connectorSiteNames.length) {
    return refused('Precondition', 'The connector is not installed from this folder.');
  }
  const unresolved = Object.values(wanted).filter((name) => !isResolved(world, machine, name));
  if (unresolved.length > 0) {
    return refused('Precondition', `These names do not resolve on this machine: ${unresolved.join(', ')}`);
  }
  azurePack.notes.settingsBefore ??= Object.fromEntries(sites.map(({ name, settings }) => [name, settings]));
  for (const site of sites.slice(0, count)) site.settings = { ...wanted };
  azurePack.notes.settingsNoted = count === sites.length ? noteOf(azurePack, wanted) : '';
  return changed();
}

function restore({ machine }: Call): StepOutcome {
  const { notes } = machine.azurePack;
  const before = notes.settingsBefore;
  if (before === undefined) return fine();
  for (const site of connectorSitesOf(machine.azurePack)) site.settings = before[site.name] ?? {};
  delete notes.settingsBefore;
  delete notes.settingsNoted;
  return changed();
}

function settingsOf({ tenantPortalFqdn, tenantApiFqdn, azureStackPortalFqdn }: Call['parameters']) {
  return { tenantPortalFqdn, tenantApiFqdn, azureStackPortalFqdn };
}

/**
 * The files may be encrypted: what counts is that these names were written here, and that no file has changed since.
 */
function isNoted(part: AzurePackPart, wanted: Readonly<Record<string, string>>): boolean {
  const isWhole = connectorSitesOf(part).length === connectorSiteNames.length;
  return isWhole && part.notes.settingsNoted === noteOf(part, wanted);
}

function noteOf(part: AzurePackPart, wanted: Readonly<Record<string, string>>): string {
  return JSON.stringify([wanted, connectorSitesOf(part).map(({ settings }) => settings)]);
}
