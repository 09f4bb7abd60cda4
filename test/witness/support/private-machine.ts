import { spawnSync } from 'node:child_process';

export interface ProgramRun {
  readonly code: number | null;
  /** Standard output and error, in the order in which they were written. */
  readonly output: string;
}

/**
 * Runs a bash script as root of a machine within this one: processes and network of its own, nothing in /run, and the
 * folders that the kits' scripts write to empty and in memory. When it ends, whatever it left behind ends too.
 */
export function runInPrivateMachine(script: string, input = ''): ProgramRun {
  const own = ['/run', '/etc/swanctl', '/usr/local/share/ca-certificates'];
  const mounts = own.map((folder) => `mkdir -p ${folder} && mount -t tmpfs tmpfs ${folder}`);
  const preamble = ['exec 2>&1', 'set -eu', ...mounts, 'ip link set lo up'].join('\n');
  const spaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const { status, stdout } = spawnSync('unshare', [...spaces, 'bash', '-c', `${preamble}\n${script}`], {
    encoding: 'utf8',
    input,
    timeout: 120_000,
  });
  return { code: status, output: stdout };
}
