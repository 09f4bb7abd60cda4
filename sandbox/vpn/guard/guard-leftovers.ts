import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { StackRecord } from '../stack-record.ts';

/**
 * Has what the record names removed when this process ends without having done so itself, be it by `kill -9`: a shell
 * waits, in a session of its own, for the end of a pipe that only this process holds. Answers how to call it off.
 */
export function guardLeftovers({ prefix, folder }: StackRecord): () => void {
  const program = resolve(import.meta.dirname, 'main.ts');
  const script = 'read -r _; exec "$@"';
  const guard = spawn('sh', ['-c', script, 'sh', process.execPath, program, prefix, folder], {
    detached: true,
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a guard the next start removes what is left, as ever.
  guard.on('error', () => undefined);
  guard.unref();
  return () => {
    guard.kill('SIGKILL');
  };
}
