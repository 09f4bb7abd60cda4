/**
 * One process of the real PowerShell (7, on this machine) for a whole suite, with the modules that stand for Windows:
 * one request after the other over its standard input, because it has one console. What it is asked stands in
 * powershell/server.ps1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { SecretValue, WorldParts } from '../../../sandbox/windows/world/records.ts';
import { dotnetPrograms } from '../../../tools/dotnet/programs.ts';

const modules = resolve(__dirname, '../../../sandbox/windows/modules');
const server = resolve(__dirname, 'powershell', 'server.ps1');

const ranSchema = z.object({
  output: z.string(),
  exitCode: z.number(),
  streams: z.array(z.string()),
  calls: z.array(z.string()),
  world: z.unknown(),
});
/**
 * What a script left: its answer on the console, its other words, and the cmdlets that it called to change something.
 */
export type Ran = z.infer<typeof ranSchema>;

export interface ScriptRun {
  /** The folder of the world: a drive C: for each machine, and `packages` that can be downloaded, by their hash. */
  readonly root: string;
  readonly world: WorldParts;
  /** The id of the machine that the script runs on. */
  readonly machine: string;
  readonly script: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** What somebody types, by the name of the secret that is asked for. */
  readonly typed?: Readonly<Record<string, SecretValue | undefined>>;
  readonly runAs?: string | undefined;
  /** How many calls of a cmdlet until one throws. */
  readonly failing?: Readonly<Record<string, number>>;
  /** Connections are real ones, and not those of the world. */
  readonly hasNetwork?: boolean;
  /** Whether an administrator started it as one; so it is where nothing is said. */
  readonly isElevated?: boolean;
}

export interface PowerShellProcess {
  readonly folder: string;
  run(asked: ScriptRun): Promise<Ran>;
  /** What the real parser has against the texts, by name, line and words. */
  parse(texts: Readonly<Record<string, string>>): Promise<readonly string[]>;
  end(): Promise<void>;
}

export async function startPowerShellProcess(): Promise<PowerShellProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-powershell-'));
  const child = spawn('dotnet', [dotnetPrograms.pwsh, '-NoProfile', '-NonInteractive', '-File', server, modules], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      TMPDIR: folder,
      ProgramFiles: 'C:/Program Files',
      // Whom its TLS trusts: nobody, until a test writes roots there.
      SSL_CERT_FILE: join(folder, 'roots.pem'),
      SSL_CERT_DIR: join(folder, 'no-roots'),
      POWERSHELL_TELEMETRY_OPTOUT: '1',
      POWERSHELL_UPDATECHECK: 'Off',
      DOTNET_CLI_TELEMETRY_OPTOUT: '1',
      NO_COLOR: '1',
    },
  });
  const hasEnded = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const line: IteratorResult<string, undefined> = await lines.next();
    if (line.done === true) throw new Error('PowerShell has ended.');
    return JSON.parse(line.value);
  };
  let last = read();
  const ask = (request: object): Promise<unknown> => {
    last = last.then(() => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return read();
    });
    return last;
  };
  await last;
  return {
    folder,
    run: async ({ parameters = {}, typed = {}, runAs, failing = {}, hasNetwork = false, ...asked }: ScriptRun) =>
      ranSchema.parse(
        await ask({
          do: 'run',
          isElevated: true,
          ...asked,
          parameters,
          typed,
          runAs: runAs ?? null,
          failing,
          hasNetwork,
        }),
      ),
    parse: async (texts) => z.object({ errors: z.array(z.string()) }).parse(await ask({ do: 'parse', texts })).errors,
    end: async () => {
      child.stdin.end();
      await hasEnded;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
