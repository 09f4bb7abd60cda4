import type { ChildProcess } from 'node:child_process';

const endDeadlineMs = 3_000;

/** SIGTERM, so that clients are told; SIGKILL when that takes too long. */
export async function endProcess(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endDeadlineMs);
  await ended;
  clearTimeout(timer);
}
