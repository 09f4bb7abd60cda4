import { createHash } from 'node:crypto';
import { z } from 'zod';
import { deleteFile, readBytes, writeBytes } from '../connector-machine.ts';
import type { StepOutcome, StepStandIn } from '../model.ts';
import { fileName, folder, sha256 } from './w-parameters.ts';
import { bindStep, changed, fine, refused, seen, type BoundCall } from './w-step.ts';

const parameters = z.strictObject({ folder, fileName, sha256 });
const secrets = z.strictObject({ content: z.base64() });
type Call = BoundCall<typeof parameters, typeof secrets>;

export const w26: StepStandIn = {
  perform: bindStep({ parameters, secrets, modes: { probe: isThere, apply: copy, verify: isThere, undo: remove } }),
  interrupt: bindStep({ parameters, secrets, modes: { apply: copyHalf } }),
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

function copy({ machine, parameters, secrets }: Call): StepOutcome {
  const bytes = Buffer.from(secrets.content, 'base64');
  if (hashOf(bytes) !== parameters.sha256) return refused('ToolFailed', 'The content is not what the hash says.');
  const there = readBytes(machine, dataFilePath(parameters));
  if (there?.equals(bytes) === true) return fine({ sha256: parameters.sha256 });
  writeBytes(machine, dataFilePath(parameters), bytes);
  return changed({ sha256: parameters.sha256 });
}

function copyHalf({ machine, parameters, secrets }: Call): StepOutcome {
  const bytes = Buffer.from(secrets.content, 'base64');
  writeBytes(machine, dataFilePath(parameters), bytes.subarray(0, bytes.length >> 1));
  return changed();
}

function remove({ machine, parameters }: Call): StepOutcome {
  return deleteFile(machine, dataFilePath(parameters)) ? changed() : fine();
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
