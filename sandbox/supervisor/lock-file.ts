import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './stack-error.ts';

/**
 * Takes the folder for this process; a second stack in it would write over the first one's state. Answers the release.
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'lock');
  removeStaleLock(file, directory);
  writeLock(file, directory);
  return () => {
    rmSync(file, { force: true });
  };
}

function writeLock(file: string, directory: string): void {
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
  } catch {
    throw taken(directory, 'another process');
  }
}

function removeStaleLock(file: string, directory: string): void {
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  if (isStack(pid)) throw taken(directory, `process ${pid}`);
  rmSync(file, { force: true });
}

/** A process id is given anew in time: where the system tells what the process runs, that is looked at too. */
function isStack(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || /\bstart\.(ts|mjs)\b/.test(readFileSync(commandLine, 'utf8'));
}

function taken(directory: string, owner: string): StackError {
  return new StackError(
    `${directory} is in use by a running stack (${owner}): stop it, or choose another --state folder.`,
  );
}
