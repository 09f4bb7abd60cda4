/** The SSH runner against Debian's own SSH server: what it promises does not hang on both ends being ssh2. */
import { describeRunnerContract } from '../support/remote/runner-contract.ts';
import { createSshFrontBench } from '../support/remote/ssh-front-bench.ts';

describe('src/remote/ssh-runner with OpenSSH', () => {
  describeRunnerContract(() => createSshFrontBench('required'));
});
