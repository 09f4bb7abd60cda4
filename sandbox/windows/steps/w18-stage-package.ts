import { z } from 'zod';
import { download, isDoubtful } from '../connector/downloads.ts';
import type { AzurePackPart } from '../connector/part.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { folder, sha256 } from './w-parameters.ts';

const parameters = z.strictObject({ uri: z.url({ protocol: /^https$/ }), sha256, folder });
/** Programs and scripts in a package, all signed alike. */
const signableFiles = 12;
type Call = BoundCall<typeof parameters>;

export const w18: StepEmulator = {
  perform: bindStep({
    parameters,
    modes: { probe: isStaged, apply: stage, verify: isStaged, undo: unstage },
  }),
  seconds: { probe: 5, apply: 90, verify: 5, undo: 10 },
  needsElevation: true,
};

function isStaged({ machine, parameters, mode }: Call): StepOutcome {
  const staged = ourPackage(machine.azurePack, parameters.folder);
  const facts = staged === undefined ? {} : { sha256: staged.sha256 };
  return seen(mode, staged?.sha256 === parameters.sha256, `${parameters.folder} does not hold this package.`, facts);
}

function stage(call: Call): StepOutcome {
  const { machine, parameters } = call;
  const { staged, keptAside } = machine.azurePack;
  const { folder, sha256 } = parameters;
  if (ourPackage(machine.azurePack, folder)?.sha256 === sha256) return fine({ sha256 });
  const foreign = staged[folder]?.isByHand === true ? staged[folder] : undefined;
  if (foreign !== undefined && keptAside[folder] !== undefined) {
    return refused('Precondition', `Somebody unpacked a package in ${folder}, and one from before is kept already.`);
  }
  const got = download(call, parameters.uri, sha256);
  if (got.outcome === 'failed') return got.answer;
  if (got.offered.kind !== 'connector') {
    return refused('Precondition', 'setup\\scripts is not in the package: it is not the WAP connector.');
  }
  const { signature, version } = got.offered;
  const counts = {
    signed: signature === 'Valid' ? signableFiles : 0,
    notSigned: signature === 'NotSigned' ? signableFiles : 0,
  };
  if (isDoubtful(signature)) {
    return refused('Precondition', `Files of the package have signatures that are not accepted here: ${signature}.`, {
      ...counts,
      doubtful: signableFiles,
    });
  }
  if (foreign !== undefined) keptAside[folder] = foreign;
  staged[folder] = { sha256, version, isByHand: false };
  return changed({ sha256, ...counts });
}

/** The folder goes with all that is in it, unless it is somebody else's; theirs from before comes back. */
function unstage({ machine, parameters }: Call): StepOutcome {
  const { azurePack, files } = machine;
  const isCutOff =
    azurePack.staged[parameters.folder] === undefined && azurePack.keptAside[parameters.folder] !== undefined;
  if (!isCutOff && ourPackage(azurePack, parameters.folder) === undefined) return fine();
  const inside = `${parameters.folder}\\`.toLowerCase();
  azurePack.staged = without(azurePack.staged, (folder) => folder === parameters.folder);
  const kept = azurePack.keptAside[parameters.folder];
  if (kept !== undefined) azurePack.staged[parameters.folder] = kept;
  azurePack.keptAside = without(azurePack.keptAside, (folder) => folder === parameters.folder);
  machine.files = without(files, (path) => path.toLowerCase().startsWith(inside));
  return changed();
}

function ourPackage({ staged }: AzurePackPart, folder: string): AzurePackPart['staged'][string] | undefined {
  return staged[folder]?.isByHand === false ? staged[folder] : undefined;
}

function without<T>(record: Readonly<Record<string, T>>, isOut: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !isOut(name)));
}
