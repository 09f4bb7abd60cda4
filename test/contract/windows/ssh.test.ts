/** The SSH front with the server that needs Node alone; Debian's sshd meets the same suite in the witness tests. */
import { keepsToSshContract } from '../../support/windows/ssh-front-contract.ts';

describe('sandbox/windows/transports/ssh2-server', () => {
  keepsToSshContract('off', 'ssh2');
});
