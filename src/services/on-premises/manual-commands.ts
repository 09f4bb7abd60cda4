import { z } from 'zod';
import { type StepAnswer, toScriptLine } from '../../contracts/on-premises/remote-step.ts';
import { stepModes } from '../../contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../contracts/on-premises/step-table.ts';
import { AppError } from '../../domain/app-error.ts';
import { commandLineMax } from '../../domain/command-line.ts';
import { composedScripts, scriptWithInvocation } from '../../onprem/composed-scripts.ts';
import { readAnswer } from '../../onprem/read-answer.ts';
import type { ManualCommands } from '../../ports/manual-commands.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Tables } from '../../ports/tables.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { createStore } from '../../stores/store.ts';
import type { KeepSecretFacts } from './keep-secret-facts.ts';

const manualCommandSchema = z.object({
  id: z.string(),
  machineId: z.string(),
  step: z.string(),
  mode: z.enum(stepModes),
  invocation: z.string(),
  scriptSha256: z.string(),
  runAs: z.string().optional(),
  since: z.iso.datetime(),
  state: z.enum(['open', 'answered', 'closed']),
  output: z.string().optional(),
  answeredBy: z.string().optional(),
  expects: z
    .object({
      secretFacts: z.record(z.string(), z.string()),
      instanceId: z.string(),
      eventName: z.string(),
    })
    .optional(),
});
type ManualCommandRecord = z.infer<typeof manualCommandSchema>;

/** What somebody has to do on a machine. */
export interface ShownCommand {
  readonly id: string;
  readonly machineId: string;
  readonly step: string;
  readonly title: string;
  readonly mode: string;
  readonly since: string;
  readonly scriptSha256: string;
  readonly runAsSecret?: string;
  /**
   * To be typed where the script was saved as command.ps1. What cmd.exe would not take whole is in the script instead.
   */
  readonly commandLine: string;
}

/** Commands that people run, as the routes show them. */
export interface ManualCommandRows extends ManualCommands {
  /** Where the answer goes: which facts into Key Vault, and who is told. */
  expect(machineId: string, id: string, expects: NonNullable<ManualCommandRecord['expects']>): Promise<void>;
  listOpen(machineId: string): Promise<readonly ShownCommand[]>;
  /** The script's text. Throws ERR_NOT_FOUND for a command that is not open. */
  script(machineId: string, id: string): Promise<string>;
  /**
   * Takes the last line that the script wrote. Throws ERR_REQUEST_INVALID for a line that is no answer of this command.
   */
  answer(
    machineId: string,
    id: string,
    answer: { readonly text: string; readonly by: string },
    orchestrations: Orchestrations,
  ): Promise<StepAnswer>;
}

export function createManualCommands(options: {
  readonly tables: Tables;
  readonly keepSecretFacts: KeepSecretFacts;
}): ManualCommandRows {
  const store = createStore(options.tables, {
    table: 'ManualCommands',
    schema: manualCommandSchema,
    keys: ({ machineId, id }) => ({ partitionKey: machineId, rowKey: id }),
  });

  async function find(machineId: string, id: string): Promise<ManualCommandRecord> {
    const record = (await store.get({ partitionKey: machineId, rowKey: id }))?.record;
    if (record === undefined || record.state === 'closed') {
      throw new AppError('ERR_NOT_FOUND', `Machine ${machineId} has no command ${id} to be run.`);
    }
    return record;
  }

  return {
    open: async (command) => {
      await store.insert({ ...command, mode: z.enum(stepModes).parse(command.mode), state: 'open' });
    },
    expect: async (machineId, id, expects) => {
      await store.update({ partitionKey: machineId, rowKey: id }, (record) => ({ ...record, expects }));
    },
    read: async (machineId, id) => {
      const record = (await store.get({ partitionKey: machineId, rowKey: id }))?.record;
      if (record === undefined) return undefined;
      return record.state === 'answered' ? { state: 'answered', output: record.output ?? '' } : { state: record.state };
    },
    close: async (machineId, id) => {
      await store.update({ partitionKey: machineId, rowKey: id }, ({ output: _output, ...record }) => ({
        ...record,
        state: 'closed',
      }));
    },
    listOpen: async (machineId) =>
      (await store.list(machineId))
        .map(({ record }) => record)
        .filter(({ state }) => state === 'open')
        .map(toShown),
    script: async (machineId, id) => fileOf(await find(machineId, id)).script,
    answer: async (machineId, id, { text, by }, orchestrations) => {
      const { step: stepId, mode, expects, state } = await find(machineId, id);
      const answer = readAnswer({ output: text, exitCode: undefined, stepId, mode });
      if ('unreadable' in answer) throw unreadable(answer.unreadable);
      // An answer that comes again is told again; what the first one put into Key Vault stays.
      const kept = await options.keepSecretFacts(answer, state === 'open' ? expects?.secretFacts : undefined);
      if (state === 'open') {
        await store.update({ partitionKey: machineId, rowKey: id }, (record) =>
          record.state === 'open'
            ? { ...record, state: 'answered', output: toScriptLine(kept), answeredBy: by }
            : undefined,
        );
      }
      if (expects !== undefined) await orchestrations.raise(expects.instanceId, expects.eventName);
      return kept;
    },
  };
}

function toShown(record: ManualCommandRecord): ShownCommand {
  const { id, machineId, step, mode, since, runAs } = record;
  const { commandLine, scriptSha256 } = fileOf(record);
  return {
    id,
    machineId,
    step,
    title: findRemoteStep(step)?.title ?? step,
    mode,
    since,
    scriptSha256,
    ...(runAs === undefined ? {} : { runAsSecret: runAs }),
    commandLine,
  };
}

interface CommandFile {
  readonly commandLine: string;
  readonly script: string;
  readonly scriptSha256: string;
}

/**
 * What a person saves and types. The script is the same for every request, unless what is asked is too long for a line.
 */
function fileOf({ step, invocation, scriptSha256 }: ManualCommandRecord): CommandFile {
  const script = composedScripts.get(step) ?? '';
  const bare = 'powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\command.ps1';
  const commandLine = `${bare} -Invocation ${invocation}`;
  if (commandLine.length <= commandLineMax) return { commandLine, script, scriptSha256 };
  const whole = scriptWithInvocation(script, invocation);
  return { commandLine: bare, script: whole, scriptSha256: sha256Hex(whole) };
}

function unreadable(reason: string): AppError {
  const message = `This is not the answer of the command: ${reason}.`;
  const fix = 'Send the last line that the script wrote, as it is.';
  return new AppError('ERR_REQUEST_INVALID', message, {
    problems: [{ path: '/answer', code: 'notAnAnswer', message, fix }],
  });
}
