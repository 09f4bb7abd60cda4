import { z } from 'zod';
import { download, isDoubtful } from '../connector/downloads.ts';
import { endInstallation, takeInstaller } from '../connector/machine.ts';
import { withWebServer } from '../connector/sites.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, brokenOff, fine, refused, seen } from './connector-step.ts';
import { sha256 } from './w-parameters.ts';

const parameters = z.strictObject({
  installerUri: z.url({ protocol: /^https$/ }).optional(),
  installerSha256: sha256.optional(),
});
type Call = BoundCall<typeof parameters>;

export const w10: StepEmulator = {
  perform: bindStep({
    parameters,
    modes: {
      probe: withWebServer(isInstalled),
      apply: withWebServer(install),
      verify: withWebServer(isInstalled),
      undo: uninstall,
    },
  }),
  seconds: { probe: 5, apply: 60, verify: 5, undo: 30 },
  needsElevation: true,
};

function isInstalled({ machine, parameters, mode }: Call): StepOutcome {
  const { version } = machine.azurePack.urlRewrite;
  if (version === undefined && mode === 'probe' && parameters.installerUri === undefined) return noInstaller();
  return seen(mode, version !== undefined, 'URL Rewrite is not installed.', version === undefined ? {} : { version });
}

function install(call: Call): StepOutcome {
  const { machine, parameters } = call;
  const rewrite = machine.azurePack.urlRewrite;
  if (rewrite.version !== undefined) return fine({ version: rewrite.version });
  const { installerUri, installerSha256 } = parameters;
  if (installerUri === undefined || installerSha256 === undefined) return noInstaller();
  const got = download(call, installerUri, installerSha256);
  if (got.outcome === 'failed') return got.answer;
  const { signature, version } = got.offered;
  if (isDoubtful(signature)) {
    return refused('Precondition', `The installer's signature is not accepted here: ${signature}.`, { signature });
  }
  const busy = takeInstaller(machine);
  if (busy !== undefined) return { ...busy, facts: { signature } };
  if (got.offered.kind !== 'urlRewrite') return brokenOff('ToolFailed', 'msiexec ended with 1620.', { signature });
  rewrite.version = version;
  rewrite.isOurs = true;
  return endInstallation(machine, { version, signature });
}

/** What was there before stays. */
function uninstall({ machine }: Call): StepOutcome {
  const rewrite = machine.azurePack.urlRewrite;
  if (!rewrite.isOurs) return fine();
  const busy = takeInstaller(machine);
  if (busy !== undefined) return busy;
  delete rewrite.version;
  rewrite.isOurs = false;
  return endInstallation(machine, {});
}

function noInstaller(): StepOutcome {
  return refused('Precondition', 'URL Rewrite is not installed, and no installer with its SHA-256 is given.');
}
