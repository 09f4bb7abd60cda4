/**
 * The SSH runner with its real scripts against the simulated machines over SSH; Debian's sshd meets the same in the
 * witness tests.
 */
import { describeRunnerContract } from '../../support/remote/runner-contract.ts';
import { createSshFrontBench } from '../../support/remote/ssh-front-bench.ts';

describe('src/remote/ssh-runner on sandbox/windows/routes', () => {
  describeRunnerContract(() => createSshFrontBench('off'));
});
