/**
 * One world twice: the real PowerShell runs a step's script over the one through the real launcher, the simulation
 * performs the step on the other. Each goes on from the state that it made itself, so a difference in a state shows in
 * an answer later at the latest.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allEmulators } from '../../../sandbox/windows/steps/all-steps.ts';
import { commandEnd } from '../../../sandbox/windows/world/answers.ts';
import {
  type SecretValue,
  type WorldDefinition,
  worldDefinitionSchema,
  type WorldParts,
} from '../../../sandbox/windows/world/records.ts';
import type { StepMode } from '../../../src/contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../../src/contracts/on-premises/step-table.ts';
import { secretUses } from '../../../src/domain/secret-uses.ts';
import { composeCommand } from '../../../src/onprem/compose-command.ts';
import { readAnswer } from '../../../src/onprem/read-answer.ts';
import type { PackageArchive } from './connector-package.ts';
import { readDrives, writeDrives } from './machine-drives.ts';
import { type PowerShellProcess, startPowerShellProcess } from './powershell-process.ts';

/** What is asked of both sides. */
export interface Asked {
  readonly stepId: string;
  readonly mode: StepMode;
  readonly machine: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** By the step's own names of its secrets. */
  readonly secrets: Readonly<Record<string, SecretValue>>;
  /** The account that the step runs as; SYSTEM where nobody is named. */
  readonly runAs?: string | undefined;
}

/** What one side says, as the application reads it, and the world as that side left it. */
export interface Side {
  readonly ok: boolean;
  readonly changed: boolean;
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
  readonly world: WorldParts;
}

export interface BothSides {
  run(asked: Asked): Promise<{ readonly script: Side; readonly simulation: Side }>;
  /** Changes the world of either side in the same way. */
  change(how: (world: WorldParts) => void): void;
}

export interface WorldServer {
  /** A world of its own on both sides. */
  begin(definition: WorldDefinition, packages?: readonly PackageArchive[]): BothSides;
  /** What a few lines say on an empty machine, one text a line. */
  say(lines: string): Promise<readonly string[]>;
  end(): Promise<void>;
}

/** One process of the real PowerShell for all worlds of a suite. */
export async function startWorldServer(): Promise<WorldServer> {
  const powershell = await startPowerShellProcess();
  const { folder } = powershell;
  let count = 0;
  return {
    begin: (definition, packages = []) => {
      count += 1;
      const root = join(folder, `world-${count}`);
      mkdirSync(join(root, 'packages'), { recursive: true });
      for (const { sha256, bytes } of packages) writeFileSync(join(root, 'packages', sha256), bytes);
      return bothSides(root, definition, powershell);
    },
    say: async (lines) => {
      const script = join(folder, 'lines.ps1');
      writeFileSync(script, lines);
      const machine = { id: 'none', role: 'client', computerName: 'NONE' } as const;
      const world = worldDefinitionSchema.parse({ machines: [machine] });
      return (await powershell.run({ root: folder, world, machine: machine.id, script })).streams;
    },
    end: () => powershell.end(),
  };
}

function bothSides(root: string, definition: WorldDefinition, powershell: PowerShellProcess): BothSides {
  let scripted = worldDefinitionSchema.parse(structuredClone(definition));
  const simulated = structuredClone(scripted);
  return {
    run: async (asked) => {
      const { stepId, machine, runAs } = asked;
      const names = secretNames(asked);
      const { script, invocation } = composeCommand({
        ...asked,
        secrets: Object.fromEntries(Object.entries(names).map(([key, { name }]) => [key, name])),
        transport: 'manual',
        vaultUrl: '',
      });
      const file = join(root, `${stepId}.ps1`);
      writeDrives(root, scripted);
      writeFileSync(file, script);
      const ran = await powershell.run({
        root,
        world: scripted,
        machine,
        script: file,
        parameters: { Invocation: invocation },
        typed: Object.fromEntries(Object.values(names).map(({ name, value }) => [name, value])),
        runAs,
      });
      scripted = readDrives(root, worldDefinitionSchema.parse(ran.world));
      const said = [...ran.streams, ran.output].join('\n');
      return {
        script: { ...read(asked, ran, said), world: structuredClone(scripted) },
        simulation: { ...perform(simulated, asked, script), world: structuredClone(simulated) },
      };
    },
    change: (how) => {
      how(scripted);
      how(simulated);
    },
  };
}

function secretNames({ stepId, secrets }: Asked): Record<string, { name: string; value: SecretValue | undefined }> {
  return Object.fromEntries(
    Object.entries(findRemoteStep(stepId)?.secrets ?? {}).map(([key, use]) => [
      key,
      { name: `${secretUses[use].prefix}witness-${key.toLowerCase()}`, value: secrets[key] },
    ]),
  );
}

function perform(world: WorldParts, { stepId, mode, machine: id, parameters, secrets, runAs }: Asked, script: string) {
  const machine = world.machines.find((each) => each.id === id);
  const emulator = allEmulators[stepId];
  if (machine === undefined || emulator === undefined) throw new Error(`There is no ${id}, or no step ${stepId}.`);
  const nowMs = Date.now();
  const { domains, network, connector } = world;
  const outcome = emulator.perform({
    step: stepId,
    mode,
    parameters,
    secrets,
    machine,
    world: { domains, network, connector, machines: () => world.machines },
    isElevated: true,
    script,
    begunMs: nowMs,
    nowMs,
    ...(runAs === undefined ? {} : { runAs }),
  });
  const { exitCode, output } = commandEnd({ step: stepId, mode }, outcome);
  return read({ stepId, mode }, { exitCode, output }, output);
}

function read(
  { stepId, mode }: Pick<Asked, 'stepId' | 'mode'>,
  { exitCode, output }: { readonly exitCode: number; readonly output: string },
  said: string,
): Omit<Side, 'world'> {
  const answer = readAnswer({ output, exitCode, stepId, mode });
  if ('unreadable' in answer) throw new Error(`${stepId} ${mode}: ${answer.unreadable}\n${said}`);
  const { ok, changed, code, facts } = answer;
  return { ok, changed, code, facts, exitCode };
}
