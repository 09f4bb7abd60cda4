import { z } from 'zod';
import { addProduct, endInstallation, hasProduct, removeProduct, takeInstaller } from '../connector/machine.ts';
import {
  addConnectorSites,
  connectorSiteNames,
  connectorSitesOf,
  removeConnectorSites,
  siteStates,
  withoutWebServer,
} from '../connector/sites.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { folder, noParameters } from './w-parameters.ts';

const parameters = z.strictObject({ folder });
type Call = BoundCall<typeof parameters>;

/** The real names are in no public text: a script finds them as the difference that the installation makes. */
const products = connectorSiteNames.map((site) => ({
  site,
  name: `Windows Azure Pack ${site.slice(8)} for Azure Stack`,
}));
const version = '3.32.8196.16';

export const w19: StepEmulator = {
  perform: bindStep({
    parameters,
    modes: { probe: isInstalled, apply: install, verify: isInstalled, undo: uninstall },
  }),
  interrupt: bindStep({ parameters, modes: { apply: installFirst, undo: uninstall } }),
  seconds: { probe: 6, apply: 300, verify: 6, undo: 120 },
  needsElevation: true,
};

export const w20: StepEmulator = {
  perform: bindStep({ parameters: noParameters, modes: { probe: checkSites } }),
  seconds: { probe: 5, apply: 5, verify: 5 },
};

/** The sites decide; of the products those are told that apply added. */
function isInstalled({ machine, mode }: Call): StepOutcome {
  const noServer = withoutWebServer(machine.azurePack);
  if (noServer !== undefined) return noServer;
  const isWhole = connectorSitesOf(machine.azurePack).length === connectorSiteNames.length;
  return seen(mode, isWhole, 'The connector is not installed.', { products: addedNames(machine) });
}

/** The package's installer runs whatever is there. */
function install(call: Call): StepOutcome {
  const refusal = whyNot(call);
  if (refusal !== undefined) return refusal;
  add(call.machine, products);
  return endInstallation(call.machine, { products: addedNames(call.machine) });
}

/** A machine that dies meanwhile has one of the three. */
function installFirst(call: Call): StepOutcome {
  const refusal = whyNot(call);
  if (refusal !== undefined) return refusal;
  add(call.machine, products.slice(0, 1));
  return changed();
}

function whyNot({ machine, parameters }: Call): StepOutcome | undefined {
  const noServer = withoutWebServer(machine.azurePack);
  if (noServer !== undefined) return noServer;
  if (machine.azurePack.urlRewrite.version === undefined) {
    return refused('Precondition', 'URL Rewrite is not installed.');
  }
  if (machine.azurePack.staged[parameters.folder] === undefined) {
    return refused('Precondition', `${parameters.folder}\\setup\\scripts\\Install-Connector.ps1 was not found.`);
  }
  return takeInstaller(machine);
}

function add(machine: Call['machine'], wanted: typeof products): void {
  const missing = wanted.filter(({ name }) => !hasProduct(machine, name));
  for (const { name } of missing) {
    addProduct(machine, name, version);
    machine.azurePack.notes.productsAdded.push(name);
  }
  addConnectorSites(
    machine.azurePack,
    missing.map(({ site }) => site),
  );
}

/** Only what apply added; whether Windows Installer is free is looked at first. */
function uninstall({ machine }: Call): StepOutcome {
  const busy = takeInstaller(machine);
  if (busy !== undefined) return busy;
  const { notes } = machine.azurePack;
  const ours = products.filter(({ name }) => notes.productsAdded.includes(name) && hasProduct(machine, name));
  for (const { name } of ours) removeProduct(machine, name);
  removeConnectorSites(
    machine.azurePack,
    ours.map(({ site }) => site),
  );
  notes.productsAdded = [];
  return ours.length === 0 ? fine() : endInstallation(machine, {});
}

function addedNames(machine: Call['machine']): string[] {
  const { productsAdded } = machine.azurePack.notes;
  return products.map(({ name }) => name).filter((name) => productsAdded.includes(name) && hasProduct(machine, name));
}

function checkSites({ machine }: BoundCall<typeof noParameters>): StepOutcome {
  const noServer = withoutWebServer(machine.azurePack);
  if (noServer !== undefined) return noServer;
  const sites = siteStates(machine.azurePack, connectorSiteNames);
  const isWhole = sites.every(({ state }) => state === 'Started');
  return isWhole ? fine({ sites }) : refused('VerifyFailed', 'Not all three sites are there and started.', { sites });
}
