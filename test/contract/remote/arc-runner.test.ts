/** The Arc runner against run commands in memory: the promises of every runner, and what can go wrong on this way. */
import type { ArmAnswer } from '../../../src/ports/arm.ts';
import type { RemoteRunner } from '../../../src/ports/remote-runner.ts';
import { createArcRunner } from '../../../src/remote/arc-runner.ts';
import { createSetAsideSecrets } from '../../../src/services/requests/set-aside-secrets.ts';
import { aCommand, benchSecrets, describeRunnerContract, secretText } from '../../support/remote/runner-contract.ts';
import { createStubArc, notFound, type StubArc, tailOf, unavailable } from '../../support/remote/stub-arc.ts';
import { createMemorySecrets, type MemorySecrets } from '../../support/remote/stub-secrets.ts';

interface ArcBench {
  readonly arc: StubArc;
  readonly secrets: MemorySecrets;
  readonly runner: RemoteRunner;
  readonly clock: { iso: string };
}

function createArcBench(): ArcBench {
  const arc = createStubArc();
  const secrets = createMemorySecrets(benchSecrets);
  const clock = { iso: '2026-11-20T10:00:05Z' };
  const runner = createArcRunner({
    arm: arc.arm,
    outputs: arc.outputs,
    secrets: createSetAsideSecrets(secrets),
    now: () => new Date(clock.iso),
  });
  return { arc, secrets, runner, clock };
}

function refused(status: number, code: string, message: string): ArmAnswer<never> {
  return { outcome: 'refused', status, code, message, aboutBody: status === 400 };
}

describe('src/remote/arc-runner', () => {
  describe('as every runner', () => {
    describeRunnerContract(() => {
      const { arc, runner } = createArcBench();
      return Promise.resolve({
        runner,
        machine: arc.machine,
        tellsExitCode: true,
        runs: (id) => Promise.resolve(arc.commands.runs(id)),
        end: (id, end) => {
          arc.end(id, end);
          return Promise.resolve();
        },
        loseAnswerToStart: () => {
          arc.answerNext('PUT', 'lost');
        },
        inTheOpen: () => arc.resources() + arc.calls.join('\n'),
        isLeft: (id) => Promise.resolve(arc.commands.find(id) !== undefined || arc.blobs.size > 0),
        close: () => Promise.resolve(),
      });
    });
  });

  describe('by Run Command', () => {
    let bench: ArcBench;
    beforeEach(() => {
      bench = createArcBench();
    });

    async function startOne(): Promise<string> {
      const command = aCommand(bench.arc.machine);
      await bench.runner.start(command);
      return command.id;
    }
    const poll = (id: string): ReturnType<RemoteRunner['poll']> => bench.runner.poll(bench.arc.machine, id);

    it('puts a command that starts by itself, writes to blobs by the machine’s identity and ends in time', async () => {
      const id = await startOne();
      const [[, resource] = []] = JSON.parse(bench.arc.resources()) as [string, unknown][];

      expect(resource).toMatchObject({
        location: 'westeurope',
        properties: {
          asyncExecution: true,
          timeoutInSeconds: 300,
          outputBlobUri: `https://storage.test/run-commands/${id}-output.txt`,
          outputBlobManagedIdentity: {},
          errorBlobUri: `https://storage.test/run-commands/${id}-error.txt`,
          errorBlobManagedIdentity: {},
        },
      });
    });

    it('gives the machine the account as it is, and no other secret', async () => {
      const command = aCommand(bench.arc.machine, { runAs: 'run-as-sql-admin' });

      await bench.runner.start(command);

      const given = bench.arc.commands.find(command.id)?.given;
      expect(given?.runAs).toEqual({ username: 'contoso\\sql', password: `R${secretText}` });
      expect(bench.secrets.asked).toEqual(['run-as-sql-admin']);
    });

    it('puts nothing when the command is there, because a second PUT would stop it', async () => {
      const command = aCommand(bench.arc.machine);
      await bench.runner.start(command);
      await bench.runner.start(command);

      expect(bench.arc.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(1);
    });

    it('waits for an earlier command of the name that is being deleted', async () => {
      const command = aCommand(bench.arc.machine);
      await bench.runner.start(command);
      bench.arc.show(command.id, {}, 'Deleting');

      expect(await bench.runner.start(command)).toMatchObject({ outcome: 'busy' });
    });

    it.each([
      ['Disconnected', 'unreachable'],
      ['Expired', 'precondition'],
    ])('gives a machine no command that Azure calls %s', async (status, fault) => {
      bench.arc.status = status;

      expect(await bench.runner.start(aCommand(bench.arc.machine))).toMatchObject({ outcome: 'refused', code: fault });
      expect(bench.arc.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
    });

    it.each([
      [401, 'InvalidAuthenticationToken', 'authFailed'],
      [403, 'AuthorizationFailed', 'authFailed'],
      [400, 'InvalidParameter', 'precondition'],
    ])('says in Azure’s words why it refused with %i', async (status, code, fault) => {
      bench.arc.answerNext('PUT', refused(status, code, 'Azure says why.'));

      const started = await bench.runner.start(aCommand(bench.arc.machine));

      expect(started).toMatchObject({
        code: fault,
        message: expect.stringContaining(`${code}: Azure says why.`) as string,
      });
    });

    it('leaves Azure’s words out that repeat the password', async () => {
      bench.arc.answerNext('PUT', refused(400, 'InvalidParameter', `runAsPassword 'R${secretText}' is not valid.`));

      const started = await bench.runner.start(aCommand(bench.arc.machine, { runAs: 'run-as-sql-admin' }));

      expect(started).toMatchObject({ code: 'precondition' });
      expect(JSON.stringify(started)).not.toContain('Clear-Disk');
    });

    it('says which machine Azure does not know', async () => {
      bench.arc.answerNext('GET', notFound);
      bench.arc.answerNext('GET', notFound);

      expect(await bench.runner.start(aCommand(bench.arc.machine))).toMatchObject({ code: 'precondition' });
    });

    it('takes a command for running as long as the list shows it, or cannot be read', async () => {
      const id = await startOne();
      bench.arc.answerNext('GET', notFound);
      expect(await poll(id)).toEqual({ outcome: 'running' });

      bench.arc.answerNext('GET', notFound);
      bench.arc.answerNext('LIST', unavailable(502, 'Http502', 'Bad gateway'));
      expect(await poll(id)).toEqual({ outcome: 'running' });
    });

    it('gives no machine back on the word of one answer', async () => {
      const id = await startOne();
      for (let looks = 0; looks < 2; looks += 1) bench.arc.answerNext('GET', notFound);
      bench.arc.answerNext('DELETE', notFound);

      expect(await bench.runner.cleanup(bench.arc.machine, id)).toMatchObject({
        outcome: 'busy',
        reason: expect.stringContaining('still being stopped') as string,
      });
    });

    it.each([
      ['GET', unavailable(503, 'ServerBusy', 'Busy.')],
      ['PUT', unavailable(0, 'NoAnswer', 'ECONNRESET')],
      ['GET', { ...notFound, of: 'subscription', code: 'SubscriptionNotFound' } as ArmAnswer<never>],
    ] as const)('waits as for a machine that is away when %s brings nothing to go by', async (method, answer) => {
      bench.arc.answerNext(method, answer);

      expect(await bench.runner.start(aCommand(bench.arc.machine))).toMatchObject({ code: 'unreachable' });
    });

    it.each([
      ['throttled', { outcome: 'busy', code: 'TooManyRequests', message: 'Later.', retryAfterSeconds: 17 }, 17],
      ['in conflict', refused(409, 'Conflict', 'Another one.'), 30],
      ['full', refused(400, 'BadRequest', 'The maximum number of run commands, 25, is there.'), 60],
    ] as const)('is busy when Azure is %s', async (_what, answer, retryAfterSeconds) => {
      bench.arc.answerNext('PUT', answer);

      expect(await bench.runner.start(aCommand(bench.arc.machine))).toMatchObject({
        outcome: 'busy',
        retryAfterSeconds,
      });
    });

    it('goes on looking when a look is throttled', async () => {
      const id = await startOne();
      bench.arc.answerNext('GET', { outcome: 'busy', code: 'TooManyRequests', message: '', retryAfterSeconds: 9 });

      expect(await poll(id)).toEqual({ outcome: 'running' });
    });

    it.each(['Unknown', 'Pending', 'Running', 'SomethingNew', ''])(
      'takes execution state %p for running',
      async (executionState) => {
        const id = await startOne();
        bench.arc.show(id, { executionState });

        expect(await poll(id)).toEqual({ outcome: 'running' });
      },
    );

    it.each([
      ['TimedOut', 'timedOut'],
      ['Canceled', 'toolFailed'],
    ])('takes execution state %s for %s', async (executionState, fault) => {
      const id = await startOne();
      bench.arc.show(id, { executionState });

      expect(await poll(id)).toMatchObject({ outcome: 'refused', code: fault });
    });

    it.each([
      ['Run command is blocked by the extension blocklist.', 'precondition'],
      ['The user name or password is incorrect. (1326)', 'authFailed'],
    ])('says in Azure’s words what was not delivered: %s', async (executionMessage, fault) => {
      const id = await startOne();
      bench.arc.show(id, { executionState: 'Unknown', executionMessage }, 'Failed');

      expect(await poll(id)).toMatchObject({
        code: fault,
        message: expect.stringContaining(executionMessage) as string,
      });
    });

    it.each([
      ['ExtensionBlocked', 'The extension is on the blocklist.', 'precondition'],
      ['ScriptNotStarted', 'The user name or password is incorrect.', 'authFailed'],
      ['MachineDisconnected', 'The machine is disconnected.', 'unreachable'],
    ])('asks the operation why nothing was delivered: %s', async (code, message, fault) => {
      const command = aCommand(bench.arc.machine);
      const { handle } = (await bench.runner.start(command)) as { handle: string };
      bench.arc.show(command.id, { executionState: 'Unknown' }, 'Failed');
      bench.arc.operationError = { code, message };

      expect(await poll(handle)).toMatchObject({
        code: fault,
        message: expect.stringContaining(`${code}: ${message}`) as string,
      });
    });

    it('looks at the machine when nobody says why nothing was delivered', async () => {
      const id = await startOne();
      bench.arc.show(id, { executionState: 'Unknown' }, 'Failed');
      expect(await poll(id)).toMatchObject({ code: 'precondition' });

      bench.arc.status = 'Disconnected';
      expect(await poll(id)).toMatchObject({ code: 'unreachable' });
    });

    it('is not busy with a machine whose owner blocks run commands', async () => {
      bench.arc.answerNext('PUT', refused(409, 'ExtensionBlocked', 'It is on the extensions blocklist.'));

      expect(await bench.runner.start(aCommand(bench.arc.machine))).toMatchObject({ code: 'precondition' });
    });

    it('says the machine’s words of the statuses too', async () => {
      const id = await startOne();
      bench.arc.show(id, { statuses: [{ message: 'The agent is too old.' }] }, 'Failed');

      expect(await poll(id)).toMatchObject({ message: expect.stringContaining('The agent is too old.') as string });
    });

    it('is content with Azure’s 4 KB when they hold the whole last line', async () => {
      const id = await startOne();
      bench.arc.end(id, { output: `${'VERBOSE: line\r\n'.repeat(1000)}{"v":1}\r\n` });
      bench.arc.blobs.clear();

      expect(await poll(id)).toMatchObject({
        outcome: 'ended',
        output: expect.stringMatching(/\n\{"v":1\}\r\n$/) as string,
      });
    });

    it('waits a minute for the blob of a longer line, then says what the machine lacks', async () => {
      const id = await startOne();
      bench.arc.end(id, { output: `{"v":1,"text":"${'x'.repeat(5000)}"}\r\n` });
      bench.arc.blobs.clear();

      expect(await poll(id)).toEqual({ outcome: 'running' });
      bench.clock.iso = '2026-11-20T10:01:00Z';

      expect(await poll(id)).toMatchObject({
        code: 'precondition',
        message: expect.stringContaining('Storage Blob Data Contributor') as string,
      });
    });

    it('does not take a blob for whole that is still being written', async () => {
      const id = await startOne();
      const output = `${'VERBOSE: line\r\n'.repeat(1000)}{"v":1,"text":"${'x'.repeat(5000)}"}\r\n`;
      bench.arc.end(id, { output });
      bench.arc.blobs.set(`${id}-output.txt`, output.slice(0, 8000));

      expect(await poll(id)).toEqual({ outcome: 'running' });
      bench.arc.blobs.set(`${id}-output.txt`, output);

      expect(await poll(id)).toMatchObject({ outcome: 'ended', output });
    });

    it('ends a command that has written nothing', async () => {
      const id = await startOne();
      bench.arc.show(id, {
        executionState: 'Failed',
        exitCode: 1,
        output: tailOf(''),
        endTime: '2026-11-20T10:00:00Z',
      });

      expect(await poll(id)).toEqual({ outcome: 'running' });
      bench.clock.iso = '2026-11-20T10:02:00Z';

      expect(await poll(id)).toEqual({ outcome: 'ended', exitCode: 1, output: '', error: '' });
    });

    it.each([
      ['busy', undefined, 409, 'Conflict'],
      ['refused', 'authFailed', 403, 'AuthorizationFailed'],
    ])(
      'answers %s (%s) where Azure keeps a command from being deleted with %i',
      async (outcome, code, status, words) => {
        const id = await startOne();
        bench.arc.answerNext('DELETE', refused(status, words, 'Azure says why.'));

        const removal = await bench.runner.cleanup(bench.arc.machine, id);

        expect(removal).toMatchObject({ outcome, ...(code === undefined ? {} : { code }) });
        expect(JSON.stringify(removal)).toContain(words);
      },
    );
  });
});
