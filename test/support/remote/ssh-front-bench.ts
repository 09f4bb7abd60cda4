/**
 * The SSH runner and the simulated machines' SSH front: Debian's sshd where it is asked for, or the server of Node
 * alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CommandWorld, PollOutcome } from '../../../sandbox/windows/transports/command-world.ts';
import { type SshdChoice, startSshFront } from '../../../sandbox/windows/transports/ssh-front.ts';
import type { Machine } from '../../../src/domain/machine.ts';
import { createSshRunner } from '../../../src/remote/ssh-runner.ts';
import { createSetAsideSecrets } from '../../../src/services/requests/set-aside-secrets.ts';
import { benchSecrets, type RunnerBench } from './runner-contract.ts';
import { createStubCommands, type StubCommands } from './stub-commands.ts';
import { createMemorySecrets } from './stub-secrets.ts';

const shim = resolve(__dirname, '..', '..', '..', 'sandbox', 'windows', 'transports', 'powershell-shim.ts');

export async function createSshFrontBench(sshd: SshdChoice): Promise<RunnerBench> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-runner-'));
  const commands = createStubCommands();
  const world = createWorld(commands);
  const front = await startSshFront({ world, checkScript: () => [], directory, shim, sshd });
  const { host, hostKey, username, ports } = front.reach();
  const ssh = { host, port: ports['host'] ?? 0, username, hostKey, keySecret: 'ssh-key-machine' };
  const machine: Machine = { id: 'host', role: 'host', ssh };
  const secrets = createMemorySecrets({ ...benchSecrets, 'ssh-key-machine': front.privateKey });
  return {
    runner: createSshRunner({ secrets: createSetAsideSecrets(secrets), now: () => new Date() }),
    machine,
    tellsExitCode: true,
    runs: (id) => Promise.resolve(commands.runs(id)),
    end: (id, end) => {
      commands.end(id, end);
      return Promise.resolve();
    },
    loseAnswerToStart: () => {
      front.faults.add('host', 'dropAfter', 1);
    },
    inTheOpen: () => '',
    isLeft: (id) => Promise.resolve(commands.find(id) !== undefined),
    close: async () => {
      await front.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function createWorld(commands: StubCommands): CommandWorld {
  return {
    sshMachines: () => ['host'],
    authorizedKeys: () => [],
    reach: () => 'answers',
    start: (_machine, { runAs, ...command }) =>
      Promise.resolve({ outcome: commands.start({ ...command, runAs }) ? 'started' : 'attached' }),
    poll: (_machine, id) => Promise.resolve(pollOf(commands, id)),
    cancel: (_machine, id) => {
      const command = commands.find(id);
      if (command !== undefined) command.end ??= { exitCode: 1, output: '', error: '' };
      return Promise.resolve();
    },
    cleanup: (_machine, id) => {
      commands.remove(id);
      return Promise.resolve();
    },
  };
}

function pollOf(commands: StubCommands, id: string): PollOutcome {
  const command = commands.find(id);
  if (command === undefined) return { state: 'absent' };
  return command.end === undefined ? { state: 'running' } : { state: 'ended', ...command.end };
}
