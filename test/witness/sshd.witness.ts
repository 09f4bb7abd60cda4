/** The SSH front of the simulated machines with Debian's own SSH server behind it. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { findSshd } from '../../sandbox/windows/transports/sshd-program.ts';
import { startStack, waitUntilGone } from '../support/stack.ts';
import { keepsToSshContract } from '../support/windows/ssh-front-contract.ts';

describe('sandbox/windows/transports/sshd-server', () => {
  it('runs OpenSSH', () => {
    const { stderr } = spawnSync(findSshd() ?? '', ['-V'], { encoding: 'utf8' });

    expect(stderr).toMatch(/OpenSSH/);
  });

  keepsToSshContract('required', 'sshd');
});

describe('sandbox/windows/routes in a stack', () => {
  it('leaves no process of sshd behind, however the stack ends', async () => {
    const app = resolve(__dirname, '..', 'support', 'fixtures', 'idle-app');
    const stack = await startStack({ app, with: ['windows'], sshd: 'required' });
    try {
      const { ports = {} } = stack.info.windows?.ssh ?? {};
      const [port = 0] = Object.values(ports);
      const line = connect(port, '127.0.0.1');
      line.on('error', () => undefined);
      await once(line, 'data');
      const servers = sshdBelow(stack.info.processes['cloud'] ?? 0);
      expect(servers).not.toEqual([]);

      process.kill(stack.supervisor.pid ?? 0, 'SIGKILL');

      await waitUntilGone([...servers, ...Object.values(stack.info.processes)]);
      line.destroy();
    } finally {
      await stack.stop();
    }
  });
});

/** Processes of sshd below this one: they write their own names over their arguments, so their parents tell. */
function sshdBelow(ancestor: number): number[] {
  const processes = readdirSync('/proc').flatMap((pid) => (/^\d+$/.test(pid) ? readStatus(pid) : []));
  const below = new Set([ancestor]);
  // Children may be listed before their parents: as many rounds as the tree is deep.
  for (let size = 0; size < below.size;) {
    size = below.size;
    for (const { pid, parent } of processes) if (below.has(parent)) below.add(pid);
  }
  return processes.filter(({ pid, name }) => name === 'sshd' && below.has(pid)).map(({ pid }) => pid);
}

function readStatus(pid: string): { readonly pid: number; readonly parent: number; readonly name: string }[] {
  try {
    const status = readFileSync(join('/proc', pid, 'status'), 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    return [{ pid: Number(pid), parent: Number(field('PPid')), name: field('Name') }];
  } catch {
    // It ended between the listing and the look.
    return [];
  }
}
