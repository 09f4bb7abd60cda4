import { execFile } from 'node:child_process';

/** How a command ended. `code` is null when it could not be started or was killed. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Commands of the network set-up answer in milliseconds; one that hangs must not hang the emulator. */
const commandTimeoutMs = 15_000;

/** Runs a command to its end, without a shell. Never rejects: the caller decides what a failure means. */
export function tryCommand(file: string, args: readonly string[], input = ''): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { timeout: commandTimeoutMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
    });
    // A command that does not read its input ends before it is written.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Runs a command and returns its standard output; throws with its standard error when it does not end with 0. */
export async function runCommand(file: string, args: readonly string[], input = ''): Promise<string> {
  const end = await tryCommand(file, args, input);
  if (end.code !== 0) throw new Error(`${file} ${args.join(' ')}: ${end.stderr.trim()}`);
  return end.stdout;
}
