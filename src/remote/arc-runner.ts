import type { Credential } from '../domain/credential.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Machine } from '../domain/machine.ts';
import type { ArmAnswer } from '../ports/arm.ts';
import type { ArmRest } from '../ports/arm-rest.ts';
import type { CommandOutputs } from '../ports/command-outputs.ts';
import type {
  RemoteCommand,
  RemotePoll,
  RemoteRefusal,
  RemoteRemoval,
  RemoteRunner,
  RemoteStart,
} from '../ports/remote-runner.ts';
import type { Secrets } from '../ports/secrets.ts';
import { busyBy, judgeConnection, refusedBy, undeliveredBy } from './arc-faults.ts';
import { errorName, outputName, parseHandle, toHandle } from './arc-names.ts';
import { isOver, readEnd, readState, type RunCommandState } from './arc-run-command.ts';
import { isRefused, refused } from './refusal.ts';
import { readRunAs } from './resolve-secrets.ts';

export interface ArcRunnerOptions {
  readonly arm: ArmRest;
  readonly secrets: Secrets;
  readonly outputs: CommandOutputs;
  readonly now: () => Date;
}

/** The stable version that has run commands of connected machines. */
const apiVersion = '2025-01-13';
const stoppingSeconds = 10;

/**
 * Runs scripts by Azure Arc's Run Command: one resource per command, deleted once its result is stored, because a
 * machine holds 25 of them. A second PUT would stop the command that runs, so a command that is there is never put
 * again.
 */
export function createArcRunner({ arm, secrets, outputs, now }: ArcRunnerOptions): RemoteRunner {
  async function put(command: RemoteCommand, location: string): Promise<RemoteStart> {
    const runAs = command.runAs === undefined ? undefined : await readRunAs(command.runAs, secrets);
    if (runAs !== undefined && isRefused(runAs)) return runAs;
    const body = runCommandBody(command, location, runAs, outputs);
    const answer = await arm.put(runCommandId(command.machine, command.id), apiVersion, body);
    if (answer.outcome === 'done') return { outcome: 'started', handle: toHandle(command.id, answer.operationUrl) };
    return busyBy(answer) ?? refusedBy(command.machine.id, withoutPassword(answer, runAs));
  }

  /**
   * The second witness where a command that was started is said not to be there: Azure's caches lag, and what runs must
   * not be begun again beside itself. Without an answer that can be read it may be there.
   */
  async function isListed(machine: Machine, id: string): Promise<boolean> {
    const list = await arm.list(`${resourceIdOf(machine)}/runCommands`, apiVersion);
    if (list.outcome === 'missing') return list.of !== 'resource';
    const suffix = `/${id}`.toLowerCase();
    return list.outcome !== 'done' || list.value.some((listed) => listed.toLowerCase().endsWith(suffix));
  }

  async function start(command: RemoteCommand): Promise<RemoteStart> {
    const { machine, id } = command;
    const existing = await arm.get(runCommandId(machine, id), apiVersion);
    if (existing.outcome === 'done') return attachTo(existing.value, id);
    if (existing.outcome !== 'missing' || existing.of !== 'resource') {
      return busyBy(existing) ?? refusedBy(machine.id, existing);
    }
    const connected = await arm.get(resourceIdOf(machine), apiVersion);
    if (connected.outcome !== 'done') return busyBy(connected) ?? refusedBy(machine.id, connected);
    return judgeConnection(machine.id, connected.value) ?? put(command, asText(connected.value['location']));
  }

  async function poll(machine: Machine, handle: string): Promise<RemotePoll> {
    const { id, operationUrl } = parseHandle(handle);
    const answer = await arm.get(runCommandId(machine, id), apiVersion);
    if (answer.outcome === 'missing' && answer.of === 'resource') {
      return (await isListed(machine, id)) ? { outcome: 'running' } : notThere(machine);
    }
    if (answer.outcome === 'busy') return { outcome: 'running' };
    if (answer.outcome !== 'done') return refusedBy(machine.id, answer);
    const seen = readState(answer.value);
    switch (seen.state) {
      case 'running':
        return { outcome: 'running' };
      case 'ended':
        return readEnd({ machine: machine.id, id, view: seen.view, exitCode: seen.exitCode, outputs, now: now() });
      case 'undelivered':
        return explain(machine, seen, operationUrl);
      case 'timedOut':
        return refused('timedOut', `The command on ${machine.id} took longer than its time and was ended there.`);
      case 'canceled':
        return refused('toolFailed', `The command on ${machine.id} was stopped.`);
      case 'deleting':
        return notThere(machine);
    }
  }

  /** Azure's words are on the resource, on the operation that delivered it, or to be told from the machine's state. */
  async function explain(
    machine: Machine,
    { words }: Extract<RunCommandState, { state: 'undelivered' }>,
    operationUrl: string | undefined,
  ): Promise<RemoteRefusal> {
    if (words !== '') return undeliveredBy(machine.id, words);
    const error = operationUrl === undefined ? undefined : await arm.readOperationError(operationUrl);
    if (error !== undefined) return undeliveredBy(machine.id, `${error.code}: ${error.message}`);
    const connected = await arm.get(resourceIdOf(machine), apiVersion);
    const away = connected.outcome === 'done' ? judgeConnection(machine.id, connected.value) : undefined;
    return away ?? undeliveredBy(machine.id, '');
  }

  async function remove(machine: Machine, id: string): Promise<RemoteRemoval> {
    const answer = await arm.remove(runCommandId(machine, id), apiVersion);
    if (answer.outcome === 'done' || answer.outcome === 'missing') return { outcome: 'done' };
    return busyBy(answer) ?? refusedBy(machine.id, answer);
  }

  /** DELETE stops a command, but not at once: as long as it may run, the machine is not free for the next. */
  async function removeStopped(machine: Machine, id: string): Promise<RemoteRemoval> {
    const before = await arm.get(runCommandId(machine, id), apiVersion);
    const removed = await remove(machine, id);
    if (removed.outcome !== 'done' || (before.outcome === 'done' && isOver(before.value))) return removed;
    const after = await arm.get(runCommandId(machine, id), apiVersion);
    if (after.outcome === 'missing' && !(await isListed(machine, id))) return removed;
    const reason = `The command on ${machine.id} is still being stopped.`;
    return { outcome: 'busy', reason, retryAfterSeconds: stoppingSeconds };
  }

  return {
    start,
    poll,
    cancel: (machine, handle) => remove(machine, parseHandle(handle).id),
    cleanup: async (machine, handle) => {
      const { id } = parseHandle(handle);
      const removed = await removeStopped(machine, id);
      if (removed.outcome !== 'done') return removed;
      await outputs.remove(outputName(id));
      await outputs.remove(errorName(id));
      return removed;
    },
  };
}

function notThere(machine: Machine): RemoteRefusal {
  return refused('toolFailed', `The command is not on the machine ${machine.id}: it was removed, or never began.`);
}

function runCommandBody(
  command: RemoteCommand,
  location: string,
  runAs: Credential | undefined,
  outputs: CommandOutputs,
): JsonObject {
  return {
    location,
    properties: {
      source: { script: command.script },
      parameters: [{ name: 'Invocation', value: command.invocation }],
      // Without it the resource is not done, and its result not shown, before the script is.
      asyncExecution: true,
      timeoutInSeconds: command.timeoutSeconds,
      outputBlobUri: outputs.urlOf(outputName(command.id)),
      outputBlobManagedIdentity: {},
      errorBlobUri: outputs.urlOf(errorName(command.id)),
      errorBlobManagedIdentity: {},
      ...(runAs === undefined ? {} : { runAsUser: runAs.username, runAsPassword: runAs.password }),
    },
  };
}

function attachTo(resource: JsonObject, id: string): RemoteStart {
  const isGoing = asText(asObject(resource['properties'])['provisioningState']) === 'Deleting';
  return isGoing
    ? { outcome: 'busy', reason: 'An earlier command of the same name is being deleted.', retryAfterSeconds: 10 }
    : { outcome: 'started', handle: id };
}

/** Azure's words may repeat what they refuse. */
function withoutPassword<T extends ArmAnswer<never>>(answer: T, runAs: Credential | undefined): T {
  if (runAs === undefined || !('message' in answer) || !unspaced(answer.message).includes(unspaced(runAs.password))) {
    return answer;
  }
  return { ...answer, message: 'Azure refused the account that the command is to run as.' };
}

/** Azure's words come on one line. */
function unspaced(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

function runCommandId(machine: Machine, id: string): string {
  return `${resourceIdOf(machine)}/runCommands/${id}`;
}

function resourceIdOf(machine: Machine): string {
  if (machine.arc === undefined) throw new Error(`Machine ${machine.id} is not reached by Azure Arc.`);
  return machine.arc.resourceId;
}
