/** The SSH front of the simulated machines with Debian's own SSH server behind it. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { findSshd } from '../../sandbox/windows/doors/sshd-program.ts';
import { startStack, waitUntil, waitUntilGone } from '../support/stack.ts';
import { keepsToSshContract } from '../support/windows/ssh-front-contract.ts';

describe('sandbox/windows/doors/sshd-server', () => {
  it('runs OpenSSH', () => {
    const { stderr } = spawnSync(findSshd() ?? '', ['-V'], { encoding: 'utf8' });

    expect(stderr).toMatch(/OpenSSH/);
  });

  keepsToSshContract('required', 'sshd');
});

describe('sandbox/windows/doors in a stack', () => {
  it('leaves no process of sshd behind, however the stack ends', async () => {
    const app = resolve(__dirname, '..', 'support', 'fixtures', 'idle-app');
    const stack = await startStack({ app, with: ['windows'], sshd: 'required' });
    await stack.control('PUT', '/windows/world', {
      machines: [{ id: 'host1', role: 'host', computerName: 'HOST1', ssh: {} }],
    });
    const body = (await stack.control('GET', '/windows')).body as { ssh: { ports: { host1: number } } };
    const line = connect(body.ssh.ports.host1, '127.0.0.1');
    await once(line, 'data');
    expect(sshdOf(stack.directory)).not.toEqual([]);

    process.kill(stack.supervisor.pid ?? 0, 'SIGKILL');

    await waitUntil(() => sshdOf(stack.directory).length === 0, 20_000);
    await waitUntilGone(Object.values(stack.info.processes));
    line.destroy();
    await stack.stop();
  });
});

/** Processes whose configuration is in this folder. */
function sshdOf(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    const file = join('/proc', pid, 'cmdline');
    try {
      return /^\d+$/.test(pid) && readFileSync(file, 'utf8').includes(join(directory, 'state', 'ssh'));
    } catch {
      return false;
    }
  });
}
