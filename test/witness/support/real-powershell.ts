/**
 * One process of the real PowerShell (7, on this machine) for a whole suite: it parses, and runs composed scripts on machines
 * that are a folder for drive C: and a table for the rest. What is stubbed stands in powershell/windows-stubs.ps1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { composeCommand } from '../../../src/onprem/compose-command.ts';
import type { StepMode } from '../../../src/contracts/on-premises/remote-step.ts';
import { readAnswer } from '../../../src/onprem/read-answer.ts';
import { dotnetPrograms } from '../../../tools/dotnet/programs.ts';

const supportFolder = resolve(__dirname, 'powershell');

const ranSchema = z.object({
  output: z.string(),
  exitCode: z.number(),
  streams: z.array(z.string()),
  calls: z.array(z.string()),
});

/** What a stub is told of the machine; all are described in windows-stubs.ps1. */
export type MachineFacts = Readonly<Record<string, unknown>>;

export interface StepRun {
  readonly ok: boolean;
  readonly changed: boolean;
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly exitCode: number;
  /** Everything that the script said, the answer included. */
  readonly said: string;
  /** Cmdlets that were called to change something, in order. */
  readonly calls: readonly string[];
}

/** A machine of its own: what one test leaves on it no other sees. */
export interface RealMachine {
  run(
    stepId: string,
    mode: StepMode,
    parameters: Readonly<Record<string, unknown>>,
    facts?: MachineFacts,
  ): Promise<StepRun>;
  /** Runs a script that lies on the machine; what it said, or throws what it threw. */
  runFile(path: string, parameters?: Readonly<Record<string, unknown>>, facts?: MachineFacts): Promise<string>;
  write(path: string, content: string | Uint8Array): void;
  /** Undefined where there is no such file. */
  read(path: string): string | undefined;
  remove(path: string): void;
  /** Names in a folder; none where there is no such folder. */
  list(path: string): readonly string[];
}

export interface RealPowerShell {
  /** What the real parser has against the texts, by name, line and words. */
  parse(texts: Readonly<Record<string, string>>): Promise<readonly string[]>;
  machine(facts?: MachineFacts): Promise<RealMachine>;
  /** Roots that its TLS trusts from now on, as PEM. Only before its first connection. */
  trust(pem: string): void;
  end(): Promise<void>;
}

export async function startPowerShell(): Promise<RealPowerShell> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-powershell-'));
  const stubs = join(supportFolder, 'windows-stubs.ps1');
  const child = spawn(
    'dotnet',
    [dotnetPrograms.pwsh, '-NoProfile', '-NonInteractive', '-File', join(supportFolder, 'server.ps1'), stubs],
    {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: `${supportFolder}:${process.env['PATH'] ?? ''}`,
        HOME: folder,
        // Whom its TLS trusts: nobody, until a test writes roots there.
        SSL_CERT_FILE: join(folder, 'roots.pem'),
        SSL_CERT_DIR: join(folder, 'no-roots'),
        TMPDIR: folder,
        ProgramFiles: 'C:/Program Files',
        ProgramData: 'C:/ProgramData',
        COMPUTERNAME: 'WITNESS',
        GATEHOUSE_WITNESS_PWSH: dotnetPrograms.pwsh,
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        POWERSHELL_UPDATECHECK: 'Off',
        DOTNET_CLI_TELEMETRY_OPTOUT: '1',
        NO_COLOR: '1',
      },
    },
  );
  const hasEnded = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const line: IteratorResult<string, undefined> = await lines.next();
    if (line.done === true) throw new Error('PowerShell has ended.');
    return JSON.parse(line.value);
  };
  // One request after the other: the process has one console.
  let last = read();
  const ask = (request: object): Promise<unknown> => {
    last = last.then(() => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return read();
    });
    return last;
  };
  await last;
  let count = 0;

  return {
    parse: async (texts) => z.object({ errors: z.array(z.string()) }).parse(await ask({ do: 'parse', texts })).errors,
    machine: async (facts = {}) => {
      count += 1;
      const root = join(folder, `machine-${count}`);
      await ask({ do: 'machine', root, facts });
      return machineAt(root, ask);
    },
    trust: (pem) => {
      writeFileSync(join(folder, 'roots.pem'), pem);
    },
    end: async () => {
      child.stdin.end();
      await hasEnded;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function machineAt(root: string, ask: (request: object) => Promise<unknown>): RealMachine {
  const place = (path: string): string => join(root, path.replace(/^C:\\/, '').replaceAll('\\', '/'));
  return {
    run: async (stepId, mode, parameters, facts = {}) => {
      // What a person types in answer to a prompt is the way in for secrets that needs neither Azure nor DPAPI.
      const secrets = stepId === 'W26' ? { content: 'gatehouse-data-file-witness' } : {};
      const command = { stepId, mode, parameters, secrets, transport: 'manual', vaultUrl: '' } as const;
      const { script, invocation } = composeCommand(command);
      const file = join(dirname(root), `${stepId}.ps1`);
      writeFileSync(file, script);
      const ran = ranSchema.parse(
        await ask({ do: 'run', script: file, parameters: { Invocation: invocation }, facts }),
      );
      const answer = readAnswer({ output: ran.output, exitCode: ran.exitCode, stepId, mode });
      const said = [...ran.streams, ran.output].join('\n');
      if ('unreadable' in answer) throw new Error(`${stepId} ${mode}: ${answer.unreadable}\n${said}`);
      const { ok, changed, code, message = '' } = answer;
      return { ok, changed, code, facts: answer.facts, message, exitCode: ran.exitCode, said, calls: ran.calls };
    },
    runFile: async (path, parameters = {}, facts = {}) => {
      const { exitCode, streams } = ranSchema.parse(await ask({ do: 'run', script: place(path), parameters, facts }));
      if (exitCode !== 0) throw new Error(streams.join('\n'));
      return streams.join('\n');
    },
    write: (path, content) => {
      mkdirSync(dirname(place(path)), { recursive: true });
      writeFileSync(place(path), content);
    },
    read: (path) => (existsSync(place(path)) ? readFileSync(place(path), 'utf8') : undefined),
    remove: (path) => {
      rmSync(place(path), { recursive: true, force: true });
    },
    list: (path) => (existsSync(place(path)) ? readdirSync(place(path)).sort() : []),
  };
}
