/** The SSH front of the simulated machines with Debian's own SSH server behind it. */
import { spawnSync } from 'node:child_process';
import { findSshd } from '../../sandbox/windows/doors/sshd-program.ts';
import { keepsToSshContract } from '../support/windows/ssh-front-contract.ts';

describe('sandbox/windows/doors/sshd-server', () => {
  it('runs OpenSSH', () => {
    const { stderr } = spawnSync(findSshd() ?? '', ['-V'], { encoding: 'utf8' });

    expect(stderr).toMatch(/OpenSSH/);
  });

  keepsToSshContract('required', 'sshd');
});
