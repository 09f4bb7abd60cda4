/**
 * The SSH runner against an SSH server of Node's own: the promises of every runner, and what can go wrong on this way.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import * as fc from 'fast-check';
import ssh2 from 'ssh2';
import type { Machine, SshSettings } from '../../../src/domain/machine.ts';
import type { RemoteRunner } from '../../../src/ports/remote-runner.ts';
import { createSshRunner } from '../../../src/remote/ssh-runner.ts';
import { createSetAsideSecrets } from '../../../src/services/requests/set-aside-secrets.ts';
import { anSshKey } from '../../support/builders/an-ssh-key.ts';
import { aCommand, benchSecrets, describeRunnerContract, secretText } from '../../support/remote/runner-contract.ts';
import { sshKeyName, type SshMachine, startSshMachine } from '../../support/remote/ssh-machine.ts';
import { createMemorySecrets, type MemorySecrets } from '../../support/remote/stub-secrets.ts';

interface SshBench {
  readonly ssh: SshMachine;
  readonly secrets: MemorySecrets;
  readonly runner: RemoteRunner;
  readonly clock: { ms: number };
}

async function createSshBench(): Promise<SshBench> {
  const ssh = await startSshMachine();
  const secrets = createMemorySecrets({ ...benchSecrets, [sshKeyName]: ssh.privateKey });
  const clock = { ms: 0 };
  const runner = createSshRunner({
    secrets: createSetAsideSecrets(secrets),
    now: () => new Date(clock.ms),
    connectTimeoutMs: 2000,
    execTimeoutMs: 1000,
  });
  return { ssh, secrets, runner, clock };
}

async function until(isSo: () => boolean): Promise<void> {
  // Says only that it hangs.
  const endMs = Date.now() + 90_000;
  while (!isSo()) {
    if (Date.now() > endMs) throw new Error('it did not come to be so in 90 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('src/remote/ssh-runner', () => {
  describe('as every runner', () => {
    describeRunnerContract(async () => {
      const { ssh, runner } = await createSshBench();
      return {
        runner,
        machine: ssh.machine,
        tellsExitCode: true,
        runs: (id) => Promise.resolve(ssh.commands.runs(id)),
        end: (id, end) => {
          ssh.commands.end(id, end);
          return Promise.resolve();
        },
        loseAnswerToStart: () => {
          ssh.failNext('drop before answer');
        },
        inTheOpen: () =>
          ssh.commandLines
            .map((line) => line + Buffer.from(line.split(' ').at(-1) ?? '', 'base64').toString('utf16le'))
            .join('\n'),
        isLeft: (id) => Promise.resolve(ssh.commands.find(id) !== undefined),
        close: () => ssh.close(),
      };
    });
  });

  describe('over SSH', () => {
    let bench: SshBench;
    beforeEach(async () => {
      bench = await createSshBench();
    });
    afterEach(async () => {
      await bench.ssh.close();
    });

    const on = (settings: Partial<SshSettings>): Machine => {
      const { machine } = bench.ssh;
      if (machine.ssh === undefined) throw new Error('not an SSH machine');
      return { ...machine, ssh: { ...machine.ssh, ...settings } };
    };

    it('gives the machine the script, the invocation, the secrets and the account as they are', async () => {
      const command = aCommand(bench.ssh.machine, { runAs: 'run-as-sql-admin' });

      await bench.runner.start(command);

      expect(bench.ssh.commands.find(command.id)?.given).toEqual({
        id: command.id,
        script: command.script,
        invocation: command.invocation,
        timeoutSeconds: 300,
        secrets: {
          sharedKey: secretText,
          cloudAdmin: { username: 'AZURESTACK\\CloudAdmin', password: `P${secretText}` },
        },
        runAs: { username: 'contoso\\sql', password: `R${secretText}` },
      });
    });

    it('gives the machine any secret byte for byte', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), async (value) => {
          await bench.secrets.set('l2tp-key-shared', value);
          const command = aCommand(bench.ssh.machine, {
            secrets: { key: { name: 'l2tp-key-shared', use: 'l2tpKey' } },
          });

          await bench.runner.start(command);

          expect(bench.ssh.commands.find(command.id)?.given.secrets['key']).toBe(value);
        }),
        { numRuns: 25 },
      );
    });

    it('closes its connections', async () => {
      const { handle } = (await bench.runner.start(aCommand(bench.ssh.machine))) as { handle: string };
      await bench.runner.poll(bench.ssh.machine, handle);

      await until(() => bench.ssh.openConnections() === 0);
      expect(bench.ssh.openConnections()).toBe(0);
    });

    it('refuses a host with another key and sends it nothing', async () => {
      const pinned = `SHA256:${'A'.repeat(43)}`;
      const machine = on({ hostKey: pinned });

      const started = await bench.runner.start(aCommand(machine));

      expect(started).toMatchObject({ outcome: 'refused', code: 'authFailed' });
      const shown = bench.ssh.machine.ssh?.hostKey ?? '';
      expect(started).toMatchObject({ message: expect.stringContaining(`${shown} (ssh-ed25519)`) as string });
      expect(started).toMatchObject({ message: expect.stringContaining(pinned) as string });
      expect(bench.ssh.attempts).toEqual([]);
      expect(bench.ssh.commandLines).toEqual([]);
    });

    it('tries a key that is not let in once', async () => {
      await bench.secrets.set(sshKeyName, anSshKey().private);

      const started = await bench.runner.start(aCommand(bench.ssh.machine));

      expect(started).toMatchObject({ outcome: 'refused', code: 'authFailed' });
      expect(started).toMatchObject({ message: expect.stringContaining(sshKeyName) as string });
      expect(bench.ssh.attempts).toHaveLength(1);
    });

    it('asks Key Vault for the key once a minute', async () => {
      const { machine } = bench.ssh;
      const keysAsked = (): number => bench.secrets.asked.filter((name) => name === sshKeyName).length;

      await bench.runner.poll(machine, 'a');
      await bench.runner.poll(machine, 'a');
      expect(keysAsked()).toBe(1);
      bench.clock.ms = 60_000;
      await bench.runner.poll(machine, 'a');

      expect(keysAsked()).toBe(2);
    });

    it('reads a key anew that was not let in', async () => {
      const renewed = anSshKey();
      const { private: wrong } = anSshKey();
      await bench.secrets.set(sshKeyName, wrong);
      await bench.runner.poll(bench.ssh.machine, 'a');

      bench.ssh.allow(renewed.public);
      await bench.secrets.set(sshKeyName, renewed.private);

      expect(await bench.runner.poll(bench.ssh.machine, 'a')).toMatchObject({ code: 'toolFailed' });
    });

    it.each([
      ['text that is no key', 'hello'],
      ['a public key', anSshKey().public],
      [
        'a key with a passphrase',
        ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'secret', cipher: 'aes256-ctr', rounds: 1 }).private,
      ],
      ['nothing', undefined],
    ])('asks for a better secret than %s before it connects', async (_what, value) => {
      if (value === undefined) await bench.secrets.remove(sshKeyName);
      else await bench.secrets.set(sshKeyName, value);

      const started = await bench.runner.start(aCommand(bench.ssh.machine));

      expect(started).toMatchObject({ outcome: 'refused', code: 'precondition' });
      expect(started).toMatchObject({ message: expect.stringContaining(sshKeyName) as string });
      expect(bench.ssh.openConnections()).toBe(0);
    });

    it.each(['plain words', '{"username":"a"}', '{"username":"a","password":""}', '[]', 'null'])(
      'asks for a better account than %s before it connects',
      async (value) => {
        await bench.secrets.set('account-cloud-admin', value);

        const started = await bench.runner.start(aCommand(bench.ssh.machine));

        expect(started).toMatchObject({
          code: 'precondition',
          message: expect.stringContaining('account-cloud-admin') as string,
        });
        expect(bench.ssh.commandLines).toEqual([]);
      },
    );

    it('finds a machine unreachable that refuses connections', async () => {
      const machine = on({ port: await aFreePort() });

      const polled = await bench.runner.poll(machine, 'a');

      expect(polled).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('ECONNREFUSED') as string,
      });
    });

    it('finds a machine unreachable whose name nobody knows', async () => {
      const polled = await bench.runner.poll(on({ host: 'no-such-machine.invalid' }), 'a');

      expect(polled).toMatchObject({ code: 'unreachable' });
    });

    it.each([
      ['says nothing', ''],
      ['speaks something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ])('finds a machine unreachable that %s', async (_what, greeting) => {
      const silent = createServer((socket) => {
        socket.on('error', () => undefined);
        if (greeting === '') socket.resume();
        else socket.end(greeting);
      });
      const machine = on({ port: await listen(silent) });
      const runner = createSshRunner({
        secrets: createSetAsideSecrets(bench.secrets),
        now: () => new Date(0),
        connectTimeoutMs: 300,
      });

      const polled = await runner.poll(machine, 'a');
      silent.close();

      expect(polled).toMatchObject({ outcome: 'refused', code: 'unreachable' });
    });

    it('finds a machine unreachable that does not answer a command line', async () => {
      bench.ssh.failNext('hang');

      expect(await bench.runner.poll(bench.ssh.machine, 'a')).toMatchObject({ code: 'unreachable' });
      await until(() => bench.ssh.openConnections() === 0);
    });

    it('starts a command once that broke off before it was read', async () => {
      const command = aCommand(bench.ssh.machine);
      bench.ssh.failNext('drop before input');

      const broken = await bench.runner.start(command);
      const again = await bench.runner.start(command);

      expect(broken).toMatchObject({ outcome: 'refused', code: 'unreachable' });
      expect(again.outcome).toBe('started');
      expect(bench.ssh.commands.runs(command.id)).toBe(1);
    });

    it('gives a machine up that writes without an end', async () => {
      bench.ssh.failNext('endless output');

      expect(await bench.runner.poll(bench.ssh.machine, 'a')).toMatchObject({ code: 'toolFailed' });
      await until(() => bench.ssh.openConnections() === 0);
    });

    it('says that an account runs no command lines', async () => {
      bench.ssh.failNext('no command lines');

      expect(await bench.runner.poll(bench.ssh.machine, 'a')).toMatchObject({ code: 'precondition' });
    });

    it('answers what keeps a command from being removed', async () => {
      const machine = on({ port: await aFreePort() });

      expect(await bench.runner.cleanup(machine, 'a')).toMatchObject({ outcome: 'refused', code: 'unreachable' });
      expect(await bench.runner.cancel(machine, 'a')).toMatchObject({ outcome: 'refused', code: 'unreachable' });
    });
  });
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function aFreePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}
