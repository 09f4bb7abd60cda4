import { randomUUID } from 'node:crypto';
import type { ServiceResponse } from '../../platform/https-service.ts';
import { type ArmCall, type ArmContext, param } from '../arm-call.ts';
import { ArmRefusal, refuseAtGateway } from '../arm-refusal.ts';
import type { StoredOperation, StoredRunCommand } from '../arm-state.ts';
import { usualMs } from '../durations.ts';
import type { JsonObject } from '../json-object.ts';
import { propertiesOf } from '../json-object.ts';
import { listPage } from '../list-pages.ts';
import { acceptedAnswer, putAnswer, startOperation, supersede } from '../operations.ts';
import { type CalledMachine, requireMachine } from './machines.ts';
import { type ReadRunCommand, readRunCommand } from './run-command-body.ts';
import { setState } from './run-command-operations.ts';
import { refreshView } from './run-command-view.ts';

const retrySeconds = 10;
/** Of all states together, on one machine. */
const commandsMax = 25;
/** The first agent that can run commands. */
const agentMin = [1, 33] as const;

/** PUT: a new run each time. One that is there is stopped, whether it runs or not. */
export async function putRunCommand(context: ArmContext, call: ArmCall): Promise<ServiceResponse> {
  const called = requireMachine(context, call);
  const name = readName(call);
  checkAgent(called);
  const read = readRunCommand(call, called.machine);
  const id = `${called.id}/runCommands/${name}`;
  const existing = context.state.runCommands[id.toLowerCase()];
  if (existing === undefined) checkRoom(context, called);
  const running = existing === undefined ? undefined : runningOperation(context, existing);
  if (running?.name === 'DeleteRunCommandOperation') throw refuseWhileDeleting(name);
  if (existing !== undefined && called.machine.isConnected) {
    await context.machines.remove(called.machine, existing.runId);
  }
  const command = toStored(context, { id, name, called, read, existing });
  context.state.runCommands[id.toLowerCase()] = command;
  const operation = startOperation(context, call, {
    name: 'PutRunCommandOperation',
    location: read.location,
    targetId: command.id,
    takesMs: usualMs.runCommandDelivery,
  });
  command.operationId = operation.id;
  if (running !== undefined) supersede(context, running, operation);
  context.save();
  const accepted = { created: existing === undefined, body: command.body, retryAfterSeconds: retrySeconds };
  const answer = putAnswer(context, call, operation, accepted);
  const { location } = acceptedAnswer(context, call, operation).headers ?? {};
  return { ...answer, headers: { ...answer.headers, ...(location === undefined ? {} : { location }) } };
}

export async function getRunCommand(context: ArmContext, call: ArmCall): Promise<ServiceResponse> {
  const { machine, id } = requireMachine(context, call);
  const name = readName(call);
  const command = context.state.runCommands[`${id}/runCommands/${name}`.toLowerCase()];
  if (command === undefined) {
    throw refuseAtGateway(
      404,
      'ResourceNotFound',
      `The Resource 'Microsoft.HybridCompute/machines/${machine.name}/runCommands/${name}' under resource group '${param(call, 'resourceGroupName')}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
    );
  }
  await refreshView(context, machine, command);
  return { status: 200, body: withView(command) };
}

/** LIST: without what the scripts did unless it is asked for. */
export async function listRunCommands(context: ArmContext, call: ArmCall): Promise<ServiceResponse> {
  const { machine, id } = requireMachine(context, call);
  const isExpanded = call.url.searchParams.get('$expand') === 'instanceView';
  const commands = commandsOf(context, id);
  if (isExpanded) for (const command of commands) await refreshView(context, machine, command);
  return listPage(
    context,
    call,
    commands.map((command) => (isExpanded ? withView(command) : command.body)),
  );
}

export function deleteRunCommand(context: ArmContext, call: ArmCall): ServiceResponse {
  const { id } = requireMachine(context, call);
  const command = context.state.runCommands[`${id}/runCommands/${readName(call)}`.toLowerCase()];
  if (command === undefined) return { status: 204 };
  const running = runningOperation(context, command);
  if (running?.name === 'DeleteRunCommandOperation') return acceptedAnswer(context, call, running);
  command.askedAtMs = context.host.clock.nowMs();
  setState(command, 'Deleting');
  const operation = startOperation(context, call, {
    name: 'DeleteRunCommandOperation',
    location: String(command.body['location']),
    targetId: command.id,
    takesMs: usualMs.runCommandDelete,
  });
  if (running !== undefined) supersede(context, running, operation);
  command.operationId = operation.id;
  context.save();
  return acceptedAnswer(context, call, operation);
}

function toStored(
  context: ArmContext,
  wanted: {
    readonly id: string;
    readonly name: string;
    readonly called: CalledMachine;
    readonly read: ReadRunCommand;
    readonly existing: StoredRunCommand | undefined;
  },
): StoredRunCommand {
  const { read, existing } = wanted;
  const id = existing?.id ?? wanted.id;
  const name = existing?.name ?? wanted.name;
  const provisioningState = existing === undefined ? 'Creating' : 'Updating';
  return {
    id,
    name,
    machineId: wanted.called.id,
    body: {
      id,
      name,
      type: 'Microsoft.HybridCompute/machines/runcommands',
      location: read.location,
      ...(read.tags === undefined ? {} : { tags: read.tags }),
      properties: { ...read.properties, provisioningState },
    },
    runId: randomUUID(),
    askedAtMs: context.host.clock.nowMs(),
    operationId: '',
    protectedValues: read.protectedValues,
  };
}

/** Before the script began there is a view too: of a state that nobody knows (Azure/azure-cli issue 32262). */
function withView(command: StoredRunCommand): JsonObject {
  const instanceView = command.view ?? { executionState: 'Unknown', exitCode: 0 };
  return { ...command.body, properties: { ...propertiesOf(command.body), instanceView } };
}

function commandsOf(context: ArmContext, machineId: string): StoredRunCommand[] {
  return Object.values(context.state.runCommands).filter(
    (command) => command.machineId.toLowerCase() === machineId.toLowerCase(),
  );
}

function runningOperation(context: ArmContext, command: StoredRunCommand): StoredOperation | undefined {
  const operation = context.state.operations[command.operationId];
  return operation?.status === 'InProgress' ? operation : undefined;
}

function readName(call: ArmCall): string {
  const name = param(call, 'runCommandName');
  if (/^[a-zA-Z0-9-_.]+$/.test(name)) return name;
  const message = `The run command name '${name}' is invalid: it has to match [a-zA-Z0-9-_\\.]+.`;
  throw new ArmRefusal(400, 'InvalidResourceName', message, { fromProvider: false });
}

function checkAgent({ machine }: CalledMachine): void {
  const [major = 0, minor = 0] = machine.agentVersion.split('.').map(Number);
  if (major > agentMin[0] || (major === agentMin[0] && minor >= agentMin[1])) return;
  const message = `The agent of machine '${machine.name}' is version ${machine.agentVersion}; run commands need ${agentMin.join('.')} or later.`;
  throw new ArmRefusal(400, 'AgentVersionNotSupported', message, { fromProvider: false });
}

function checkRoom(context: ArmContext, { id, machine }: CalledMachine): void {
  if (commandsOf(context, id).length < commandsMax) return;
  const message = `Machine '${machine.name}' has ${commandsMax} run commands, which is the most that it can have. Delete one first.`;
  throw new ArmRefusal(409, 'OperationNotAllowed', message, { fromProvider: false });
}

function refuseWhileDeleting(name: string): ArmRefusal {
  return new ArmRefusal(409, 'Conflict', `The run command '${name}' is being deleted.`, { fromProvider: false });
}
