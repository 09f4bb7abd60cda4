import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Machine } from '../domain/machine.ts';
import type { ArmAnswer } from '../ports/arm.ts';
import type { ArmRest } from '../ports/arm-rest.ts';
import type { CommandOutputs } from '../ports/command-outputs.ts';
import type { RemoteCommand, RemoteFailure, RemoteRunner, RemoteStart } from '../ports/remote-runner.ts';
import type { Secrets } from '../ports/secrets.ts';
import { busyBy, refusedBy } from './arc-faults.ts';
import { errorName, outputName } from './arc-names.ts';
import { readRunCommand } from './arc-run-command.ts';
import { failed, isFailed } from './failure.ts';
import { readCredential, type Credential } from './resolve-secrets.ts';

export interface ArcRunnerOptions {
  readonly arm: ArmRest;
  readonly secrets: Secrets;
  readonly outputs: CommandOutputs;
  readonly now: () => Date;
}

/** The stable version that has run commands of connected machines (facts/onprem.md 3a). */
const apiVersion = '2025-01-13';

/**
 * Runs scripts by Azure Arc's Run Command: one resource per command, deleted once its result is stored, because a machine holds
 * 25 of them. A second PUT would stop the command that runs, so a command that is there is never put again.
 */
export function createArcRunner({ arm, secrets, outputs, now }: ArcRunnerOptions): RemoteRunner {
  async function put(command: RemoteCommand, location: string): Promise<RemoteStart> {
    const runAs = command.runAs === undefined ? undefined : await readCredential(command.runAs, secrets);
    if (runAs !== undefined && isFailed(runAs)) return runAs;
    const body = runCommandBody(command, location, runAs, outputs);
    const answer = await arm.put(runCommandId(command.machine, command.id), apiVersion, body);
    if (answer.outcome === 'done') return { outcome: 'started', handle: command.id };
    return busyBy(answer) ?? refusedBy(command.machine.id, withoutPassword(answer, runAs));
  }

  async function start(command: RemoteCommand): Promise<RemoteStart> {
    const { machine, id } = command;
    const existing = await arm.get(runCommandId(machine, id), apiVersion);
    if (existing.outcome === 'done') return attachTo(existing.value, id);
    if (existing.outcome !== 'missing') return busyBy(existing) ?? refusedBy(machine.id, existing);
    const connected = await arm.get(resourceIdOf(machine), apiVersion);
    if (connected.outcome !== 'done') return busyBy(connected) ?? refusedBy(machine.id, connected);
    return judgeConnection(machine, connected.value) ?? put(command, asText(connected.value['location']));
  }

  async function remove(machine: Machine, handle: string): Promise<void> {
    const answer = await arm.remove(runCommandId(machine, handle), apiVersion);
    if (answer.outcome === 'done' || answer.outcome === 'missing') return;
    throw new Error(`The command on ${machine.id} was not deleted: ${answer.code}.`);
  }

  return {
    start,
    poll: async (machine, handle) => {
      const answer = await arm.get(runCommandId(machine, handle), apiVersion);
      if (answer.outcome === 'missing') {
        return failed('ToolFailed', `The command is not on the machine ${machine.id}: it was removed, or never began.`);
      }
      if (answer.outcome === 'refused') return refusedBy(machine.id, answer);
      if (answer.outcome === 'busy') return { outcome: 'running' };
      return readRunCommand({ machine: machine.id, handle, resource: answer.value, outputs, now: now() });
    },
    cancel: remove,
    cleanup: async (machine, handle) => {
      await remove(machine, handle);
      await outputs.remove(outputName(handle));
      await outputs.remove(errorName(handle));
    },
  };
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

/** Azure takes commands for machines that it has lost, and then nothing happens. */
function judgeConnection(machine: Machine, resource: JsonObject): RemoteFailure | undefined {
  const status = asText(asObject(resource['properties'])['status']);
  if (status === 'Disconnected') {
    return failed('Unreachable', `Azure Arc has lost ${machine.id}: its agent has not been heard of lately.`);
  }
  if (status === 'Expired') {
    return failed('Precondition', `Azure Arc has given ${machine.id} up: connect its agent again (azcmagent connect).`);
  }
  return undefined;
}

/** Azure's words may repeat what they refuse. */
function withoutPassword<T extends ArmAnswer<never>>(answer: T, runAs: Credential | undefined): T {
  if (runAs === undefined || !('message' in answer) || !answer.message.includes(runAs.password)) return answer;
  return { ...answer, message: 'Azure refused the account that the command is to run as.' };
}

function runCommandId(machine: Machine, id: string): string {
  return `${resourceIdOf(machine)}/runCommands/${id}`;
}

function resourceIdOf(machine: Machine): string {
  if (machine.arc === undefined) throw new Error(`Machine ${machine.id} is not reached by Azure Arc.`);
  return machine.arc.resourceId;
}
