import { cutText } from '../domain/cut-text.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { CommandOutputs } from '../ports/command-outputs.ts';
import type { RemotePoll } from '../ports/remote-runner.ts';
import { errorName, outputName } from './arc-names.ts';
import { refused } from './refusal.ts';

/** What a run command resource says of its script. */
export type RunCommandState =
  /** Words that are not known mean this too. */
  | { readonly state: 'running' }
  | { readonly state: 'deleting' | 'timedOut' | 'canceled' }
  | { readonly state: 'ended'; readonly view: JsonObject; readonly exitCode: number | undefined }
  /** The script did not begin. The words are Azure's, or none: then the operation that delivered it has them. */
  | { readonly state: 'undelivered'; readonly words: string };

export interface EndedRunCommand {
  readonly machine: string;
  readonly id: string;
  readonly view: JsonObject;
  readonly exitCode: number | undefined;
  readonly outputs: CommandOutputs;
  readonly now: Date;
}

const outputMaxBytes = 1024 * 1024;
/** Resource Manager shows no more than the end of each stream. */
const tailBytes = 4096;
/** Blobs are written by the machine: they may come a little after the result. */
const blobGraceMs = 60_000;

export function readState(resource: JsonObject): RunCommandState {
  const properties = asObject(resource['properties']);
  const view = asObject(properties['instanceView']);
  const provisioning = asText(properties['provisioningState']);
  const exitCode = typeof view['exitCode'] === 'number' ? view['exitCode'] : undefined;
  if (provisioning === 'Deleting') return { state: 'deleting' };
  switch (asText(view['executionState'])) {
    case 'TimedOut':
      return { state: 'timedOut' };
    case 'Canceled':
      return { state: 'canceled' };
    case 'Succeeded':
      return { state: 'ended', view, exitCode };
    case 'Failed':
      return exitCode === undefined
        ? { state: 'undelivered', words: wordsOf(view) }
        : { state: 'ended', view, exitCode };
    default:
      return provisioning === 'Failed' ? { state: 'undelivered', words: wordsOf(view) } : { state: 'running' };
  }
}

/** Whether nothing of the command can run any more, be it deleted or not. */
export function isOver(resource: JsonObject): boolean {
  const properties = asObject(resource['properties']);
  const state = asText(asObject(properties['instanceView'])['executionState']);
  return (
    ['Succeeded', 'Failed', 'TimedOut', 'Canceled'].includes(state) ||
    asText(properties['provisioningState']) === 'Failed'
  );
}

/** What the script wrote: all of it from its blobs, or what Azure shows where that holds the whole answer. */
export async function readEnd(ended: EndedRunCommand): Promise<RemotePoll> {
  const { machine, id, view, exitCode, outputs, now } = ended;
  const tail = asText(view['output']);
  const full = await readText(outputs, outputName(id));
  const isFullThere = full?.trimEnd().endsWith(tail.trimEnd().slice(-256)) === true;
  if (isFullThere || holdsLastLine(tail)) {
    const error = (await readText(outputs, errorName(id))) ?? asText(view['error']);
    return { outcome: 'ended', exitCode, output: isFullThere ? full : tail, error };
  }
  if (now.getTime() - endMsOf(view) < blobGraceMs) return { outcome: 'running' };
  if (tail === '') return { outcome: 'ended', exitCode, output: full ?? '', error: asText(view['error']) };
  return refused(
    'precondition',
    `The answer of ${machine} is longer than Azure shows, and its output blob is not there: give the machine's identity the ` +
      `role Storage Blob Data Contributor on the container of command outputs. ${wordsOf(view)}`.trimEnd(),
  );
}

/** The machine's answer is its last line: a tail has all of it when it begins before that line. */
function holdsLastLine(tail: string): boolean {
  if (tail.trim() === '') return false;
  return Buffer.byteLength(tail, 'utf8') < tailBytes || tail.trimEnd().includes('\n');
}

/** An end without a time counts as long ago: a wait for its blob must not go on for ever. */
function endMsOf(view: JsonObject): number {
  const endMs = Date.parse(asText(view['endTime']));
  return Number.isNaN(endMs) ? 0 : endMs;
}

async function readText(outputs: CommandOutputs, name: string): Promise<string | undefined> {
  const bytes = await outputs.readEnd(name, outputMaxBytes);
  return bytes === undefined ? undefined : new TextDecoder('utf-8').decode(bytes);
}

function wordsOf(view: JsonObject): string {
  const statuses = Array.isArray(view['statuses']) ? (view['statuses'] as readonly JsonValue[]) : [];
  const words = [asText(view['executionMessage']), ...statuses.map((status) => asText(asObject(status)['message']))];
  return cutText([...new Set(words)].filter((text) => text !== '').join(' '));
}
