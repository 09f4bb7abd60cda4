import { z } from 'zod';
import { personalCertificate } from '../connector/machine.ts';
import type { Site } from '../connector/part.ts';
import { connectorSiteNames, connectorSitesOf, withWebServer } from '../connector/sites.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, brokenOff, changed, fine, refused, seen } from './connector-step.ts';
import { folder, thumbprint } from './w-parameters.ts';

const parameters = z.strictObject({ folder, thumbprint });
type Call = BoundCall<typeof parameters>;

export const w21: StepEmulator = {
  perform: bindStep({
    parameters,
    modes: {
      probe: withWebServer(isBound),
      apply: withWebServer(bind),
      verify: withWebServer(isBound),
      undo: withWebServer(bindFormer),
    },
  }),
  seconds: { probe: 5, apply: 30, verify: 5, undo: 30 },
  needsElevation: true,
};

function isBound({ machine, parameters, mode }: Call): StepOutcome {
  const bound = connectorSitesOf(machine.azurePack).map((site) => site.thumbprint);
  const isAll = bound.filter((one) => one === parameters.thumbprint).length === connectorSiteNames.length;
  const [thumbprint, ...others] = new Set(bound.filter((one) => one !== undefined));
  const facts = thumbprint === undefined || others.length > 0 ? {} : { thumbprint };
  return seen(mode, isAll, `Not all three sites have the certificate ${parameters.thumbprint}.`, facts);
}

function bind(call: Call): StepOutcome {
  const { machine, parameters } = call;
  const sites = connectorSitesOf(machine.azurePack);
  const { thumbprint } = parameters;
  if (isEverywhere(sites, thumbprint)) return fine({ thumbprint });
  const refusal = whyNot(call, thumbprint);
  if (refusal !== undefined) return refusal;
  machine.azurePack.notes.thumbprintBefore ??= sites[0]?.thumbprint ?? '';
  if (sites.length < connectorSiteNames.length) {
    return brokenOff('ToolFailed', 'Configure-Certificates.ps1 ended with 1: a site is not there.');
  }
  for (const site of sites) site.thumbprint = thumbprint;
  return changed({ thumbprint });
}

/** Where nothing was bound before, nothing is done: the sites go when the connector is uninstalled. */
function bindFormer(call: Call): StepOutcome {
  const { machine } = call;
  const { notes } = machine.azurePack;
  const before = notes.thumbprintBefore;
  if (before === undefined) return fine();
  if (before === '') {
    // The note goes: it would stand for the state before a later binding.
    delete notes.thumbprintBefore;
    return fine();
  }
  const sites = connectorSitesOf(machine.azurePack);
  const isThere = isEverywhere(sites, before);
  const refusal = isThere ? undefined : whyNot(call, before);
  if (refusal !== undefined) return refusal;
  for (const site of sites) site.thumbprint = before;
  delete notes.thumbprintBefore;
  return { ...fine({ thumbprint: before }), changed: !isThere };
}

function isEverywhere(sites: readonly Site[], thumbprint: string): boolean {
  return sites.length === connectorSiteNames.length && sites.every((site) => site.thumbprint === thumbprint);
}

function whyNot({ machine, parameters }: Call, thumbprint: string): StepOutcome | undefined {
  if (personalCertificate(machine, thumbprint)?.hasPrivateKey !== true) {
    return refused('Precondition', `${thumbprint} is not in LocalMachine\\My with its private key.`);
  }
  if (machine.azurePack.staged[parameters.folder] === undefined) {
    return refused('Precondition', 'The staged package has no setup\\scripts\\Configure-Certificates.ps1.');
  }
  return undefined;
}
