import type { ArmContext } from '../arm-call.ts';
import type { RunCommandView, StoredRunCommand } from '../arm-state.ts';
import { asText, type JsonObject, propertiesOf } from '../json-object.ts';
import type { HybridMachine, RunState } from './hybrid-machines.ts';

/** An instance view holds the end of each stream and no more. */
const streamMaxBytes = 4096;

/** How Azure shows a script that ended with its machine is not known. */
const lostText = 'The script ended without an exit code.';
const lostCode = -1;

/** Looks at runs that are under way, each by one reader at a time: two would write its blobs twice. */
const looking = new Map<string, Promise<void>>();

/** Brings a command's view to what its machine says now; a machine that is not connected says nothing. */
export async function refreshView(
  context: ArmContext,
  machine: HybridMachine,
  command: StoredRunCommand,
): Promise<void> {
  const { view, runId } = command;
  if (view?.executionState !== 'Running' || !machine.isConnected) return;
  const running = looking.get(runId) ?? look(context, machine, command, view);
  looking.set(runId, running);
  try {
    await running;
  } finally {
    looking.delete(runId);
  }
}

async function look(
  context: ArmContext,
  machine: HybridMachine,
  command: StoredRunCommand,
  view: RunCommandView,
): Promise<void> {
  const state = await context.machines.poll(machine, command.runId);
  if (state.state === 'running') return;
  if (state.state === 'absent') {
    Object.assign(view, { executionState: 'Unknown', executionMessage: 'The machine does not know this command.' });
  } else {
    const problems = await writeStreams(context, propertiesOf(command.body), state);
    Object.assign(view, toEndedView(state, problems));
  }
  context.save();
}

function toEndedView(
  state: Extract<RunState, { state: 'ended' }>,
  problems: readonly string[],
): Omit<RunCommandView, 'startTime'> {
  const executionState = state.exitCode === 0 ? 'Succeeded' : 'Failed';
  return {
    executionState: state.hasTimedOut ? 'TimedOut' : executionState,
    executionMessage: [...(state.exitCode === undefined ? [lostText] : []), ...problems].join(' '),
    exitCode: state.exitCode ?? lostCode,
    endTime: new Date(state.endedAtMs).toISOString(),
    output: tail(state.output),
    error: tail(state.error),
  };
}

/**
 * Writes the streams to the blobs that the command named; answers what went wrong, which does not change the outcome.
 */
async function writeStreams(
  context: ArmContext,
  properties: JsonObject,
  { output, error }: { readonly output: string; readonly error: string },
): Promise<string[]> {
  const problems: string[] = [];
  for (const [stream, text] of [
    ['output', output],
    ['error', error],
  ] as const) {
    const url = asText(properties[`${stream}BlobUri`]);
    if (url === undefined) continue;
    const byIdentity = properties[`${stream}BlobManagedIdentity`] !== undefined;
    try {
      await context.machines.writeBlob({ url, text, byIdentity });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      problems.push(`The ${stream} blob could not be written: ${reason}`);
    }
  }
  return problems;
}

/** A character that the cut goes through is not kept whole. */
function tail(text: string): string {
  return Buffer.from(text).subarray(-streamMaxBytes).toString('utf8');
}
