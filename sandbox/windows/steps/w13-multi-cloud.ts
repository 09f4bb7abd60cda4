import { z } from 'zod';
import { openPrivilegedEndpoint } from '../connector/endpoint.ts';
import {
  dataFilesOf,
  disableMultiCloud,
  enableLater,
  enableMultiCloud,
  noteEndpointRun,
  settleEndpoint,
} from '../connector/multi-cloud.ts';
import { openShare } from '../connector/share.ts';
import type { TranscriptVariant } from '../connector/state.ts';
import { lingeringSeconds, transcriptLines } from '../connector/transcript.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, brokenOff, changed, credentialSchema, fine, seen } from './connector-step.ts';
import { authentication, share } from './w-parameters.ts';

const cloudName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const parameters = z.strictObject({
  computerName: z.string(),
  authentication,
  azureStackCloudName: cloudName,
  clouds: z
    .array(z.strictObject({ name: cloudName, endpoint: z.url({ protocol: /^https$/ }) }))
    .min(1)
    .max(50),
  share,
  since: z.iso.datetime().optional(),
});
const secrets = z.strictObject({ credential: credentialSchema, shareCredential: credentialSchema });
type Call = BoundCall<typeof parameters, typeof secrets>;

/** Minutes that the endpoint goes on after its session broke. */
const goesOnMs = 4 * 60_000;
const statusLinesMax = 10;

export const w13: StepEmulator = {
  perform: bindStep({
    parameters,
    secrets,
    modes: { probe: hasFiles, apply: enable, verify: hasFiles, undo: disable },
  }),
  seconds: { probe: 10, apply: 900, verify: 10, undo: 300 },
  interrupt: bindStep({ parameters, secrets, modes: { apply: leaveRunning } }),
  extraSeconds: ({ mode }, script) => (mode === 'apply' ? lingeringSeconds(script) : 0),
};

/** For every endpoint a file that names it, written after `since`. */
function hasFiles(call: Call): StepOutcome {
  settleEndpoint(call.world, call.nowMs);
  const opened = openShare(call, call.parameters.share, call.secrets.shareCredential);
  if (opened.outcome === 'refused') return opened.answer;
  const missing = call.parameters.clouds.filter(
    ({ endpoint }) => dataFilesOf(opened.files, endpoint, call.parameters.since).length === 0,
  );
  const names = missing.map(({ name }) => name);
  return seen(call.mode, missing.length === 0, `No data file for ${names.join(', ')}.`, { missing: names });
}

function enable(call: Call): StepOutcome {
  const { world, nowMs, parameters } = call;
  const opened = openPrivilegedEndpoint(call, { ...parameters, credential: call.secrets.credential });
  if (opened.outcome === 'refused') return opened.answer;
  if (!opened.hasAzurePackCommand) return withoutCommand();
  settleEndpoint(world, nowMs);
  noteRun(call);
  const variant = world.connector.privilegedEndpoint.nextTranscripts.shift() ?? 'success';
  const wanted = { azureStackCloudName: parameters.azureStackCloudName, clouds: parameters.clouds };
  if (variant === 'success' || variant === 'unknownWords') enableMultiCloud(world, wanted, nowMs);
  if (variant === 'brokenBeforeSuccess') enableLater(world, wanted, nowMs + goesOnMs);
  return told(variant);
}

/** The endpoint goes on although nobody listens any more. */
function leaveRunning(call: Call): StepOutcome {
  const { world, nowMs, parameters } = call;
  const opened = openPrivilegedEndpoint(call, { ...parameters, credential: call.secrets.credential });
  if (opened.outcome === 'refused' || !opened.hasAzurePackCommand) return fine();
  noteRun(call);
  enableLater(world, parameters, nowMs + goesOnMs);
  return changed();
}

function noteRun({ world, begunMs, nowMs }: Call): void {
  noteEndpointRun(world, { begunMs, endedMs: nowMs });
}

/** The job has begun by then. */
function withoutCommand(): StepOutcome {
  const message = "The term 'Add-AzurePackConnector' is not recognized as the name of a cmdlet.";
  return brokenOff('ToolFailed', message, { statusLines: [] });
}

function told(variant: TranscriptVariant): StepOutcome {
  const verbose = transcriptLines(variant);
  return { ...judged(variant, { statusLines: verbose.slice(-statusLinesMax) }), verbose };
}

function judged(variant: TranscriptVariant, facts: object): StepOutcome {
  switch (variant) {
    case 'success':
    case 'unknownWords':
      return changed(facts);
    case 'error':
      return brokenOff('ToolFailed', 'The privileged endpoint reports an error.', facts);
    case 'silent':
    case 'brokenBeforeSuccess':
      return brokenOff('TimedOut', 'The session ended before Success was reported.', facts);
  }
}

function disable(call: Call): StepOutcome {
  const opened = openPrivilegedEndpoint(call, { ...call.parameters, credential: call.secrets.credential });
  if (opened.outcome === 'refused') return opened.answer;
  if (!opened.hasAzurePackCommand) return withoutCommand();
  settleEndpoint(call.world, call.nowMs);
  noteRun(call);
  disableMultiCloud(call.world);
  return changed({ statusLines: [] });
}
