import { z } from 'zod';
import { personalCertificate } from '../connector-machine.ts';
import { connectorSitesOf, connectorSiteNames } from '../connector-sites.ts';
import type { StepOutcome, StepStandIn } from '../model.ts';
import { folder, thumbprint } from './w-parameters.ts';
import { bindStep, changed, fine, refused, seen, type BoundCall } from './w-step.ts';

const parameters = z.strictObject({ folder, thumbprint });
type Call = BoundCall<typeof parameters>;

export const w21: StepStandIn = {
  perform: bindStep({ parameters, modes: { probe: isBound, apply: bind, verify: isBound, undo: bindFormer } }),
  seconds: { probe: 5, apply: 30, verify: 5, undo: 30 },
  needsElevation: true,
};

function isBound({ machine, parameters, mode }: Call): StepOutcome {
  const bound = connectorSitesOf(machine.azurePack).filter((site) => site.thumbprint === parameters.thumbprint);
  const isAll = bound.length === connectorSiteNames.length;
  return seen(mode, isAll, `Not all three sites have the certificate ${parameters.thumbprint}.`);
}

function bind({ machine, parameters }: Call): StepOutcome {
  const { azurePack } = machine;
  const sites = connectorSitesOf(azurePack);
  if (azurePack.staged[parameters.folder] === undefined || sites.length < connectorSiteNames.length)
    return refused('Precondition', 'The connector is not installed from this folder.');
  const held = personalCertificate(machine, parameters.thumbprint);
  if (held?.hasPrivateKey !== true)
    return refused('Precondition', `${parameters.thumbprint} is not in LocalMachine\\My with its private key.`);
  if (sites.every((site) => site.thumbprint === parameters.thumbprint))
    return fine({ thumbprint: parameters.thumbprint });
  azurePack.notes.thumbprintBefore ??= sites[0]?.thumbprint ?? '';
  for (const site of sites) site.thumbprint = parameters.thumbprint;
  return changed({ thumbprint: parameters.thumbprint });
}

function bindFormer({ machine }: Call): StepOutcome {
  const { notes } = machine.azurePack;
  const before = notes.thumbprintBefore;
  if (before === undefined) return fine();
  for (const site of connectorSitesOf(machine.azurePack)) {
    if (before === '') delete site.thumbprint;
    else site.thumbprint = before;
  }
  delete notes.thumbprintBefore;
  return changed(before === '' ? {} : { thumbprint: before });
}
