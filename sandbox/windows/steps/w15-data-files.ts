import { createHash } from 'node:crypto';
import { z } from 'zod';
import { encodeDataFile } from '../connector/data-file.ts';
import { settleEndpoint } from '../connector/multi-cloud.ts';
import { openShare } from '../connector/share.ts';
import type { SharedFile } from '../connector/state.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, credentialSchema, fine, refused } from './connector-step.ts';
import { fileName, sha256, share } from './w-parameters.ts';

/** What crosses in one answer: a data file has a few thousand bytes. */
const collectedBytesMax = 18_000;

const secrets = z.strictObject({ shareCredential: credentialSchema });
const listed = z.strictObject({ share });
const collected = z.strictObject({ share, fileName, sha256 });

export const w15: StepEmulator = {
  perform: bindStep({ parameters: listed, secrets, modes: { probe: list } }),
  seconds: { probe: 6, apply: 6, verify: 6 },
};

export const w16: StepEmulator = {
  perform: bindStep({ parameters: collected, secrets, modes: { probe: collect } }),
  seconds: { probe: 6, apply: 6, verify: 6 },
};

function list(call: BoundCall<typeof listed, typeof secrets>): StepOutcome {
  settleEndpoint(call.world, call.nowMs);
  const opened = openShare(call, call.parameters.share, call.secrets.shareCredential);
  if (opened.outcome === 'refused') return opened.answer;
  return fine({
    files: opened.files.toSorted(byName).map((file) => ({
      name: file.name,
      sizeBytes: encodeDataFile(file).length,
      sha256: hashOf(file),
      writtenAt: file.writtenAt,
    })),
  });
}

function collect(call: BoundCall<typeof collected, typeof secrets>): StepOutcome {
  settleEndpoint(call.world, call.nowMs);
  const opened = openShare(call, call.parameters.share, call.secrets.shareCredential);
  if (opened.outcome === 'refused') return opened.answer;
  const file = opened.files.find(({ name }) => name === call.parameters.fileName);
  if (file === undefined) return refused('Precondition', `${call.parameters.fileName} is not in the share.`);
  const bytes = encodeDataFile(file);
  if (bytes.length > collectedBytesMax) {
    return refused('Precondition', `${file.name} has ${bytes.length} bytes: no data file is that large.`);
  }
  if (hashOf(file) !== call.parameters.sha256) {
    return refused('Precondition', `${file.name} is not the file that was listed.`);
  }
  return fine({ content: bytes.toString('base64'), sha256: hashOf(file), sizeBytes: bytes.length });
}

function byName(one: SharedFile, other: SharedFile): number {
  return one.name.localeCompare(other.name);
}

function hashOf(file: SharedFile): string {
  return createHash('sha256').update(encodeDataFile(file)).digest('hex');
}
