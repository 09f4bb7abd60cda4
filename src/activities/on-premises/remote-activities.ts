import type * as references from '../../contracts/on-premises/remote-commands.ts';
import type { RemoteCommandInput } from '../../contracts/on-premises/remote-commands.ts';
import { findRemoteStep } from '../../contracts/on-premises/step-table.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import { AppError } from '../../domain/app-error.ts';
import { cutText } from '../../domain/cut-text.ts';
import type { Refusal } from '../../domain/failure.ts';
import type { Machine, Transport } from '../../domain/machine.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import { redactSecrets } from '../../domain/redact-secrets.ts';
import { composeCommand } from '../../onprem/compose-command.ts';
import { readAnswer } from '../../onprem/read-answer.ts';
import type { Log } from '../../ports/log.ts';
import type { KeepSecretFacts } from '../../services/on-premises/keep-secret-facts.ts';
import type { MachineRoute, Machines } from '../../services/on-premises/machines.ts';
import type { ManualCommandRows } from '../../services/on-premises/manual-commands.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { EndedCommands } from '../../stores/ended-commands.ts';
import { createMachineTurns, type MachineTurnsOptions, ownerOf } from './machine-turns.ts';

export interface RemoteActivitiesOptions extends MachineTurnsOptions {
  readonly machines: Pick<Machines, 'route'>;
  readonly operations: Pick<Operations, 'get' | 'openWait' | 'closeWait' | 'isCancelRequested'>;
  readonly endedCommands: Pick<EndedCommands, 'add' | 'hasAny'>;
  readonly manualCommands: Pick<ManualCommandRows, 'expect'>;
  readonly keepSecretFacts: KeepSecretFacts;
  readonly vaultUrl: string;
  readonly log: Log;
}

type RemoteActivities = ActivitiesOf<
  Pick<typeof references, 'startCommand' | 'pollCommand' | 'cleanUpCommand' | 'abandonStep'>
>;

/** Enough of a script's standard error to know it by. */
const saidLengthMax = 300;
const neverBegan: ReadonlySet<ProblemCode> = new Set(['authFailed', 'precondition']);

/** The short acts on machines. */
export function createRemoteActivities(options: RemoteActivitiesOptions): RemoteActivities {
  const { machines, runners, operations, keepSecretFacts } = options;
  const turns = createMachineTurns(options);

  async function routeOf(machineId: string): Promise<MachineRoute> {
    const route = await machines.route(machineId);
    if (route === undefined) throw new Error(`Machine ${machineId} is no longer registered.`);
    return route;
  }

  return {
    startCommand: async (input) => {
      const { commandId, machineId, stepId } = input;
      const route = await machines.route(machineId);
      const step = findRemoteStep(stepId);
      if (route === undefined || step === undefined) {
        return refused('precondition', `Machine ${machineId} is not registered.`);
      }
      const { connection } = route;
      const composed = compose(input, route, options.vaultUrl);
      if ('outcome' in composed) return composed;
      if (await turns.isOver(input)) {
        // An earlier try of this start may have died with the machine in its hands.
        if ((await turns.holder(connection)) === commandId) await turns.end(connection, commandId, commandId, false);
        return overAlready(commandId);
      }
      const taken = await turns.take(connection, commandId);
      if (taken.outcome !== 'taken') return taken;
      const { timeoutSeconds, tries } = step;
      const runAs = input.runAs === undefined ? {} : { runAs: input.runAs };
      const started = await runners
        .of(connection)
        .start({ id: commandId, machine: connection, ...composed, ...runAs, timeoutSeconds });
      // It may have been given up while this start was under way: then nobody looks after what runs now, or may run.
      if (await turns.isOver(input)) {
        const handle = started.outcome === 'started' ? started.handle : commandId;
        await turns.end(connection, commandId, handle, false);
        return overAlready(commandId);
      }
      if (started.outcome === 'busy') {
        return { outcome: 'busy', reason: started.reason, seconds: started.retryAfterSeconds };
      }
      if (started.outcome === 'refused') {
        // After a fault on the way, of this try or an earlier one, it may have begun: the claim stays until it is
        // cleaned up.
        const hasBegun = !neverBegan.has(started.code) || input.mayHaveBegun === true;
        if (!hasBegun) await turns.release(connection, commandId);
        return started;
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
        return isCanceled ? refused('canceled', 'The operation was canceled.') : seen;
      }
      if (seen.outcome === 'refused') {
        if (seen.code === 'timedOut') tellTimeout(operationId, machineId, stepId);
        return seen;
      }
      const { output, exitCode, error } = seen;
      const answer = readAnswer({ output, exitCode, stepId, mode });
      if ('unreadable' in answer) {
        const said = error.trim() === '' ? '' : ` It wrote: ${cutText(redactSecrets(error).trim(), saidLengthMax)}`;
        return refused('toolFailed', `Command ${commandId} gave no answer: ${answer.unreadable}.${said}`);
      }
      if (answer.code === 'timedOut') tellTimeout(operationId, machineId, stepId);
      return { outcome: 'answered', answer: await keepSecretFacts(answer, secretFacts) };
    },

    cleanUpCommand: async ({ commandId, machineId, handle, hasAnswered }) => {
      const { connection } = await routeOf(machineId);
      const operationId = ownerOf(commandId)?.operationId;
      if (connection.manual === true && operationId !== undefined) await operations.closeWait(operationId, commandId);
      return turns.end(connection, commandId, handle, hasAnswered);
    },

    abandonStep: async ({ key, machineId, operationId }) => {
      await options.endedCommands.add(operationId, key);
      const { connection } = await routeOf(machineId);
      const commandId = await turns.holder(connection);
      if (commandId?.startsWith(`${key}-`) !== true) return { isClean: true };
      if (connection.manual === true) await operations.closeWait(operationId, commandId);
      return turns.end(connection, commandId, commandId, false);
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
): ReturnType<typeof composeCommand> | Refusal {
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
    return refused('precondition', problems === '' ? error.message : `${error.message} (${problems})`);
  }
}

function transportOf({ ssh, arc }: Machine): Transport {
  if (ssh !== undefined) return 'ssh';
  return arc === undefined ? 'manual' : 'arc';
}

function overAlready(commandId: string): Refusal {
  return refused('precondition', `Command ${commandId} is over: nothing of it begins any more.`);
}

function refused(code: ProblemCode, message: string): Refusal {
  return { outcome: 'refused', code, message };
}
