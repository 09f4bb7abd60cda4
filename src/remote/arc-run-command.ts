import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { CommandOutputs } from '../ports/command-outputs.ts';
import type { RemotePoll } from '../ports/remote-runner.ts';
import { failed } from './failure.ts';
import { errorName, outputName } from './arc-names.ts';

export interface SeenRunCommand {
  readonly machine: string;
  readonly handle: string;
  readonly resource: JsonObject;
  readonly outputs: CommandOutputs;
  readonly now: Date;
}

const outputMaxBytes = 1024 * 1024;
/** Resource Manager shows no more than the end of each stream. */
const tailBytes = 4096;
/** Blobs are written by the machine: they may come a little after the result. */
const blobGraceMs = 60_000;

/** What a run command resource says of its script: words that are not known mean that it runs. */
export async function readRunCommand(seen: SeenRunCommand): Promise<RemotePoll> {
  const properties = asObject(seen.resource['properties']);
  const view = asObject(properties['instanceView']);
  const state = asText(view['executionState']);
  const exitCode = typeof view['exitCode'] === 'number' ? view['exitCode'] : undefined;
  if (state === 'TimedOut') {
    return failed('TimedOut', `The command on ${seen.machine} took longer than its time and was ended there.`);
  }
  if (state === 'Canceled') return failed('ToolFailed', `The command on ${seen.machine} was stopped.`);
  if (state === 'Succeeded' || (state === 'Failed' && exitCode !== undefined)) return readEnd(seen, view, exitCode);
  if (state === 'Failed' || asText(properties['provisioningState']) === 'Failed') {
    return failed(faultOf(view), `Azure Arc did not run the command on ${seen.machine}: ${wordsOf(view)}`);
  }
  return { outcome: 'running' };
}

async function readEnd(seen: SeenRunCommand, view: JsonObject, exitCode: number | undefined): Promise<RemotePoll> {
  const tail = asText(view['output']);
  const full = await readText(seen.outputs, outputName(seen.handle));
  const isFullThere = full?.trimEnd().endsWith(tail.trimEnd().slice(-256)) === true;
  if (isFullThere || holdsLastLine(tail)) {
    const error = (await readText(seen.outputs, errorName(seen.handle))) ?? asText(view['error']);
    return { outcome: 'ended', exitCode, output: isFullThere ? full : tail, error };
  }
  if (seen.now.getTime() - endOf(view, seen.now) < blobGraceMs) return { outcome: 'running' };
  if (tail === '') return { outcome: 'ended', exitCode, output: full ?? '', error: asText(view['error']) };
  return failed(
    'Precondition',
    `The answer of ${seen.machine} is longer than Azure shows, and its output blob is not there: give the machine's identity ` +
      `the role Storage Blob Data Contributor on the container of command outputs.`,
  );
}

/** The machine's answer is its last line: a tail has all of it when it begins before that line. */
function holdsLastLine(tail: string): boolean {
  if (tail.trim() === '') return false;
  return Buffer.byteLength(tail, 'utf8') < tailBytes || tail.trimEnd().includes('\n');
}

/** An end without a time counts as long ago: a wait for its blob must not go on for ever. */
function endOf(view: JsonObject, now: Date): number {
  const endMs = Date.parse(asText(view['endTime']));
  return Number.isNaN(endMs) ? now.getTime() - blobGraceMs : endMs;
}

async function readText(outputs: CommandOutputs, name: string): Promise<string | undefined> {
  const bytes = await outputs.readEnd(name, outputMaxBytes);
  return bytes === undefined ? undefined : new TextDecoder('utf-8').decode(bytes);
}

/** The account that a command runs as is refused by Windows, and the extension repeats its words. */
function faultOf(view: JsonObject): 'AuthFailed' | 'Precondition' {
  return /user ?name or password|logon failure|log on failure|\b1326\b/i.test(wordsOf(view))
    ? 'AuthFailed'
    : 'Precondition';
}

function wordsOf(view: JsonObject): string {
  const statuses = Array.isArray(view['statuses']) ? (view['statuses'] as readonly JsonValue[]) : [];
  const words = [asText(view['executionMessage']), ...statuses.map((status) => asText(asObject(status)['message']))];
  return (
    [...new Set(words)]
      .filter((text) => text !== '')
      .join(' ')
      .slice(0, 1000) || 'Azure gives no reason.'
  );
}
