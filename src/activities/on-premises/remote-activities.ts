import type * as references from '../../contracts/on-premises/remote-commands.ts';
import type { CommandFault, RemoteCommandInput } from '../../contracts/on-premises/remote-commands.ts';
import { findRemoteStep } from '../../contracts/on-premises/step-table.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import { AppError } from '../../domain/app-error.ts';
import { cutText } from '../../domain/cut-text.ts';
import type { Machine, Transport } from '../../domain/machine.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import { redactSecrets } from '../../domain/redact-secrets.ts';
import { composeCommand } from '../../onprem/compose-command.ts';
import { readAnswer } from '../../onprem/read-answer.ts';
import type { Log } from '../../ports/log.ts';
import type { RemoteRunner } from '../../ports/remote-runner.ts';
import type { KeepSecretFacts } from '../../services/on-premises/keep-secret-facts.ts';
import type { MachineRoute, Machines } from '../../services/on-premises/machines.ts';
import type { ManualCommandRows } from '../../services/on-premises/manual-commands.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { Claims } from '../../stores/claims.ts';

export interface RemoteActivitiesOptions {
  readonly machines: Pick<Machines, 'route'>;
  readonly runners: { of(machine: Machine): RemoteRunner };
  readonly claims: Claims;
  readonly operations: Operations;
  readonly manualCommands: Pick<ManualCommandRows, 'expect'>;
  readonly keepSecretFacts: KeepSecretFacts;
  readonly vaultUrl: string;
  readonly log: Log;
  readonly now: () => Date;
}

type RemoteActivities = ActivitiesOf<
  Pick<typeof references, 'startCommand' | 'pollCommand' | 'cleanUpCommand' | 'abandonStep'>
>;

/** Seconds until a machine that another command has is looked at again. */
const busySeconds = 5;
/** Enough of a script's standard error to know it by. */
const saidLengthMax = 300;
const neverBegan: ReadonlySet<ProblemCode> = new Set(['authFailed', 'precondition']);

/** The short acts on machines. A machine runs one command at a time: the claim on the one that is connected to says which. */
export function createRemoteActivities(options: RemoteActivitiesOptions): RemoteActivities {
  const { machines, runners, claims, operations, keepSecretFacts, now } = options;

  async function routeOf(machineId: string): Promise<MachineRoute> {
    const route = await machines.route(machineId);
    if (route === undefined) throw new Error(`Machine ${machineId} is no longer registered.`);
    return route;
  }

  /** Answers who has the machine, or undefined when this command has it now. */
  async function claim(connection: Machine, commandId: string): Promise<string | undefined> {
    const request = {
      resourceId: machineClaim(connection.id),
      operationId: commandId,
      instanceId: commandId,
      now: now(),
    };
    const answer = await claims.take(request);
    if (answer.outcome === 'taken') return undefined;
    const holder = answer.by.operationId;
    if (answer.by.isGivenUp !== true && !(await isOver(holder, commandId))) return holder;
    // Left by a procedure that ended, by an earlier attempt of this one, or given up: whatever it still does there ends first.
    const runner = runners.of(connection);
    await runner.cancel(connection, holder);
    await runner.cleanup(connection, holder);
    await claims.release(machineClaim(connection.id), holder);
    return claim(connection, commandId);
  }

  async function isOver(holder: string, commandId: string): Promise<boolean> {
    const [held, wanted] = [ownerOf(holder), ownerOf(commandId)];
    if (held === undefined) return true;
    if (held.operationId === wanted?.operationId) return held.attempt < wanted.attempt;
    const operation = await operations.get(held.operationId);
    return operation === undefined || isOperationEnd(operation.status);
  }

  return {
    startCommand: async (input) => {
      const { commandId, machineId, stepId } = input;
      const route = await machines.route(machineId);
      const step = findRemoteStep(stepId);
      if (route === undefined || step === undefined) {
        return fault('precondition', `Machine ${machineId} is not registered.`);
      }
      const { connection } = route;
      const composed = compose(input, route, options.vaultUrl);
      if ('fault' in composed) return composed;
      const taken = await takeOrFault(() => claim(connection, commandId));
      if (typeof taken === 'object') return taken;
      if (taken !== undefined) {
        return { outcome: 'busy', reason: `Machine ${connection.id} runs ${taken}.`, seconds: busySeconds };
      }
      const { timeoutSeconds, tries } = step;
      const runAs = input.runAs === undefined ? {} : { runAs: input.runAs };
      const started = await runners
        .of(connection)
        .start({ id: commandId, machine: connection, ...composed, ...runAs, timeoutSeconds });
      if (started.outcome === 'busy') {
        return { outcome: 'busy', reason: started.reason, seconds: started.retryAfterSeconds };
      }
      if (started.outcome === 'failed') {
        // After a fault on the way, of this try or an earlier one, it may have begun all the same: the claim stays until it is cleaned up.
        if (neverBegan.has(started.fault) && input.mayHaveBegun !== true) {
          await claims.release(machineClaim(connection.id), commandId);
        }
        return fault(started.fault, started.message);
      }
      const isManual = connection.manual === true;
      if (isManual) await askPerson(input, connection.id);
      return { outcome: 'started', handle: started.handle, timeoutSeconds, tries, isManual };
    },

    pollCommand: async ({ commandId, machineId, operationId, handle, stepId, mode, secretFacts, always }) => {
      const { connection } = await routeOf(machineId);
      const seen = await runners.of(connection).poll(connection, handle);
      if (seen.outcome === 'running') {
        // People may take days: one that nobody is to run any more is not waited for. Machines end by themselves.
        const isCanceled =
          connection.manual === true && always !== true && (await operations.isCancelRequested(operationId));
        return isCanceled ? fault('canceled', 'The operation was canceled.') : seen;
      }
      if (seen.outcome === 'failed') {
        if (seen.fault === 'timedOut') tellTimeout(operationId, machineId, stepId);
        return fault(seen.fault, seen.message);
      }
      const { output, exitCode, error } = seen;
      const answer = readAnswer({ output, exitCode, stepId, mode });
      if ('unreadable' in answer) {
        const said = error.trim() === '' ? '' : ` It wrote: ${cutText(redactSecrets(error).trim(), saidLengthMax)}`;
        return fault('toolFailed', `Command ${commandId} gave no answer: ${answer.unreadable}.${said}`);
      }
      if (answer.code === 'timedOut') tellTimeout(operationId, machineId, stepId);
      return { outcome: 'answered', answer: await keepSecretFacts(answer, secretFacts) };
    },

    cleanUpCommand: async ({ commandId, machineId, handle, hasAnswered }) => {
      const { connection } = await routeOf(machineId);
      const operationId = ownerOf(commandId)?.operationId;
      if (connection.manual === true && operationId !== undefined) await operations.closeWait(operationId, commandId);
      const runner = runners.of(connection);
      const isClean = await succeeds(async () => {
        if (!hasAnswered) await runner.cancel(connection, handle);
        await runner.cleanup(connection, handle);
      });
      if (isClean || hasAnswered) await claims.release(machineClaim(connection.id), commandId);
      else await claims.giveUp(machineClaim(connection.id), commandId);
      return { isClean };
    },

    abandonStep: async ({ key, machineId, operationId }) => {
      const { connection } = await routeOf(machineId);
      const commandId = (await claims.holder(machineClaim(connection.id)))?.operationId;
      if (commandId?.startsWith(`${key}-`) !== true) return { isClean: true };
      if (connection.manual === true) await operations.closeWait(operationId, commandId);
      const runner = runners.of(connection);
      const isClean = await succeeds(async () => {
        await runner.cancel(connection, commandId);
        await runner.cleanup(connection, commandId);
      });
      if (isClean) await claims.release(machineClaim(connection.id), commandId);
      else await claims.giveUp(machineClaim(connection.id), commandId);
      return { isClean };
    },
  };

  function tellTimeout(operationId: string, machineId: string, stepId: string): void {
    const target = `machines/${machineId}`;
    options.log({ event: 'command.timedOut', outcome: 'timedOut', operationId, target, kind: stepId });
  }

  async function askPerson(input: RemoteCommandInput, connectionId: string): Promise<void> {
    const { commandId, instanceId, eventName, secretFacts = {}, operationId, stepId, mode } = input;
    await options.manualCommands.expect(connectionId, commandId, { secretFacts, instanceId, eventName });
    const detail =
      `Run a script on ${connectionId} (${stepId}, ${mode}): GET /api/machines/${connectionId}/commands shows it, ` +
      'POST its last line to the command’s answer route.';
    await operations.openWait(operationId, commandId, { kind: 'manual', detail, instanceId, eventName });
  }
}

function compose(
  input: RemoteCommandInput,
  { machine, connection }: MachineRoute,
  vaultUrl: string,
): ReturnType<typeof composeCommand> | CommandFault {
  const { stepId, mode, parameters, secrets = {} } = input;
  const { via } = machine;
  const hop =
    via === undefined ? undefined : { computerName: via.computerName, credentialSecret: via.credentialSecret };
  try {
    return composeCommand({
      stepId,
      mode,
      parameters,
      secrets,
      via: hop,
      transport: transportOf(connection),
      vaultUrl,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const problems = error.problems.map(({ path }) => path).join(', ');
    return fault('precondition', problems === '' ? error.message : `${error.message} (${problems})`);
  }
}

function transportOf({ ssh, arc }: Machine): Transport {
  if (ssh !== undefined) return 'ssh';
  return arc === undefined ? 'manual' : 'arc';
}

/** A machine that cannot be reached to end what an earlier procedure left on it is as unreachable as any other. */
async function takeOrFault(take: () => Promise<string | undefined>): Promise<string | undefined | CommandFault> {
  try {
    return await take();
  } catch (error) {
    return fault('unreachable', cutText(redactSecrets(error instanceof Error ? error.message : String(error))));
  }
}

async function succeeds(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    // The caller tries again.
    return false;
  }
}

/** The operation and attempt that a command's id begins with. */
function ownerOf(commandId: string): { readonly operationId: string; readonly attempt: number } | undefined {
  const match = /^(op-[0-9a-f]{32})-(\d+)-/.exec(commandId);
  return match?.[1] === undefined ? undefined : { operationId: match[1], attempt: Number(match[2]) };
}

function machineClaim(machineId: string): string {
  return `machine:${machineId}`;
}

function fault(name: ProblemCode, message: string): CommandFault {
  return { outcome: 'failed', fault: name, message };
}
