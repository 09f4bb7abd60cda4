import type { ArmContext, OperationDefinition } from '../arm-call.ts';
import { ArmRefusal } from '../arm-refusal.ts';
import type { StoredOperation, StoredRunCommand } from '../arm-state.ts';
import { stackMs, usualMs } from '../durations.ts';
import { asObject, asObjects, asText, propertiesOf } from '../json-object.ts';
import type { HybridMachine, MachineRun } from './hybrid-machines.ts';
import { parseMachineId } from './machine-id.ts';

const defaultTimeoutSeconds = 5400;
/** How long Azure waits for a machine that is away; how long it really does is not known. */
const patienceMs = 90 * 60 * 1000;

/** PUT ends when the script has begun (asyncExecution), or cannot begin. */
export const putRunCommandDefinition: OperationDefinition = {
  stillMs: waitForMachine,
  async succeed(context, operation) {
    const command = requireCommand(context, operation);
    const machine = machineOf(context, command);
    checkMachine(machine);
    const started = await context.machines.start(machine, toRun(command));
    delete command.protectedValues;
    if (started.outcome === 'refused') throw new ArmRefusal(409, 'ScriptNotStarted', started.message);
    setState(command, 'Succeeded');
    command.view = {
      startTime: context.host.clock.now().toISOString(),
      executionState: 'Running',
      executionMessage: '',
      exitCode: 0,
      output: '',
      error: '',
    };
    return command.body;
  },
  fail(context, operation) {
    const command = context.state.runCommands[operation.targetId.toLowerCase()];
    if (command?.operationId !== operation.id) return;
    delete command.protectedValues;
    setState(command, 'Failed');
  },
};

/** DELETE ends the run, wherever it is, and the resource. */
export const deleteRunCommandDefinition: OperationDefinition = {
  stillMs: waitForMachine,
  async succeed(context, operation) {
    const command = requireCommand(context, operation);
    const machine = findMachineOf(context, command);
    if (machine?.isConnected === true) await context.machines.remove(machine, command.runId);
    Reflect.deleteProperty(context.state.runCommands, command.id.toLowerCase());
  },
  fail(context, operation) {
    const command = context.state.runCommands[operation.targetId.toLowerCase()];
    if (command !== undefined) setState(command, 'Failed');
  },
};

export function setState(command: StoredRunCommand, provisioningState: string): void {
  command.body['properties'] = { ...propertiesOf(command.body), provisioningState };
}

/** The agent asks for work itself: while its machine is away, nothing happens. */
function waitForMachine(context: ArmContext, operation: StoredOperation): number | undefined {
  const command = context.state.runCommands[operation.targetId.toLowerCase()];
  if (command === undefined || findMachineOf(context, command)?.isConnected !== false) return undefined;
  const waitedMs = context.host.clock.nowMs() - command.askedAtMs;
  return waitedMs < stackMs(context.host, patienceMs) ? usualMs.machinePoll : undefined;
}

function checkMachine(machine: HybridMachine): void {
  if (!machine.isConnected) {
    const message = `The agent of machine '${machine.name}' did not take the command in time: the machine is disconnected.`;
    throw new ArmRefusal(408, 'MachineDisconnected', message);
  }
  if (machine.blocksRunCommands) {
    const message = `The extension microsoft.cplat.core/runcommandhandlerwindows is on the extensions blocklist of machine '${machine.name}' and cannot be used.`;
    throw new ArmRefusal(409, 'ExtensionBlocked', message);
  }
}

function toRun(command: StoredRunCommand): MachineRun {
  const properties = propertiesOf(command.body);
  const kept = command.protectedValues;
  const parameters = [...asObjects(properties['parameters']), ...(kept?.parameters ?? [])];
  const username = asText(properties['runAsUser']);
  const timeout = properties['timeoutInSeconds'];
  return {
    id: command.runId,
    script: asText(asObject(properties['source'])['script']) ?? '',
    parameters: Object.fromEntries(
      parameters.map(({ name, value }) => [asText(name) ?? '', asText(value) ?? ''] as const),
    ),
    ...(username === undefined ? {} : { runAs: { username, password: kept?.runAsPassword ?? '' } }),
    timeoutSeconds: typeof timeout === 'number' ? timeout : defaultTimeoutSeconds,
  };
}

function requireCommand(context: ArmContext, operation: StoredOperation): StoredRunCommand {
  const command = context.state.runCommands[operation.targetId.toLowerCase()];
  if (command !== undefined) return command;
  throw new ArmRefusal(404, 'ResourceNotFound', `The Resource '${operation.targetId}' was not found.`);
}

function machineOf(context: ArmContext, command: StoredRunCommand): HybridMachine {
  const machine = findMachineOf(context, command);
  if (machine !== undefined) return machine;
  throw new ArmRefusal(404, 'ResourceNotFound', `The Resource '${command.machineId}' was not found.`);
}

function findMachineOf(context: ArmContext, command: StoredRunCommand): HybridMachine | undefined {
  const { group, name } = parseMachineId(command.machineId);
  return context.machines.find(group, name);
}
