import { createHash } from 'node:crypto';
import { z } from 'zod';
import { deleteFile, readBytes, writeBytes } from '../connector/machine.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { fileName, folder, sha256 } from './w-parameters.ts';

const parameters = z.strictObject({ folder, fileName, sha256 });
const secrets = z.strictObject({ content: z.base64() });
type Call = BoundCall<typeof parameters, typeof secrets>;

export const w26: StepEmulator = {
  perform: bindStep({ parameters, secrets, modes: { probe: isThere, apply: copy, verify: isThere, undo: remove } }),
  seconds: { probe: 4, apply: 5, verify: 4, undo: 4 },
  needsElevation: true,
};

/** Where the step leaves the data file of a cloud. */
export function dataFilePath(parameters: { readonly folder: string; readonly fileName: string }): string {
  return `${parameters.folder}\\${parameters.fileName}`;
}

function isThere({ machine, parameters, mode }: Call): StepOutcome {
  const bytes = readBytes(machine, dataFilePath(parameters));
  const hash = bytes === undefined ? undefined : hashOf(bytes);
  return seen(mode, hash === parameters.sha256, `${parameters.fileName} is not there as it should be.`, {
    ...(hash === undefined ? {} : { sha256: hash }),
  });
}

/** Whole or not at all: the file appears under its name when it is right. */
function copy({ machine, parameters, secrets }: Call): StepOutcome {
  if (machine.azurePack.staged[parameters.folder] === undefined) {
    return refused('Precondition', `The package is not staged in ${parameters.folder}.`);
  }
  const bytes = Buffer.from(secrets.content, 'base64');
  if (hashOf(bytes) !== parameters.sha256) {
    return refused('Precondition', 'The data file has another SHA-256 than the one given.');
  }
  const there = readBytes(machine, dataFilePath(parameters));
  if (there?.equals(bytes) === true) return fine({ sha256: parameters.sha256 });
  writeBytes(machine, dataFilePath(parameters), bytes);
  return changed({ sha256: parameters.sha256 });
}

/** A file of that name with other bytes is not the one that apply wrote. */
function remove({ machine, parameters }: Call): StepOutcome {
  const bytes = readBytes(machine, dataFilePath(parameters));
  if (bytes === undefined || hashOf(bytes) !== parameters.sha256) return fine();
  return deleteFile(machine, dataFilePath(parameters)) ? changed() : fine();
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
