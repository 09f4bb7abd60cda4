/** Builds the program that holds the real Durable Task extension, once for each state of its sources. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Installs the .NET SDK where it is missing. */
export const installSdkCommand =
  'curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0 --install-dir /usr/local/lib/dotnet && ' +
  'ln -sf /usr/local/lib/dotnet/dotnet /usr/local/bin/dotnet';

const sources = import.meta.dirname;
const programName = 'durable-extension.dll';
const outputMaxBytes = 16 * 1024 * 1024;

/**
 * The program's file, for `dotnet` to run. Built aside and renamed into place, under a name that tells of what: two
 * that build at once do not meet. Throws an error with the compiler's words, or with the line that installs the SDK.
 */
export async function buildExtension(distFolder: string, signal: AbortSignal): Promise<string> {
  const folder = join(distFolder, `durable-extension-${hashSources()}`);
  if (existsSync(folder)) return join(folder, programName);
  const scratch = join(distFolder, `durable-extension.${randomUUID()}`);
  mkdirSync(scratch, { recursive: true });
  try {
    await compile(scratch, signal);
    moveInto(join(scratch, 'out'), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return join(folder, programName);
}

async function compile(scratch: string, signal: AbortSignal): Promise<void> {
  const args = ['build', sources, '--configuration', 'Release', '--nologo', '--verbosity', 'quiet'];
  const places = ['--output', join(scratch, 'out'), `-p:BaseIntermediateOutputPath=${join(scratch, 'obj')}/`];
  // Servers of the compiler would outlive this process.
  const alone = ['--disable-build-servers', '-nodeReuse:false'];
  try {
    await run('dotnet', [...args, ...places, ...alone], { signal, maxBuffer: outputMaxBytes });
  } catch (error) {
    throw new Error(describeFailure(error), { cause: error });
  }
}

function describeFailure(error: unknown): string {
  const { code, stdout } = error as { readonly code?: unknown; readonly stdout?: string };
  return code === 'ENOENT'
    ? `The Durable Task extension needs the .NET SDK, 10 or newer: ${installSdkCommand}`
    : `The Durable Task extension does not build:\n${stdout === undefined || stdout === '' ? String(error) : stdout}`;
}

/** What somebody else has built meanwhile from the same sources does as well. */
function moveInto(built: string, folder: string): void {
  try {
    renameSync(built, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function hashSources(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(sources).sort()) {
    if (/\.(cs|csproj)$/.test(name)) hash.update(`${name}\0`).update(readFileSync(join(sources, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
