/**
 * The Arc runner with real requests against the emulator for Resource Manager: the promises of every runner, and what
 * Azure takes its time for. The clock jumps to where Azure has delivered or deleted a command.
 */
import type { ArmRequestsOptions } from '../../../src/azure/arm-requests.ts';
import { createArmRest } from '../../../src/azure/arm-rest.ts';
import type { CommandOutputs } from '../../../src/ports/command-outputs.ts';
import type { RemoteCommand, RemoteRunner } from '../../../src/ports/remote-runner.ts';
import { createArcRunner } from '../../../src/remote/arc-runner.ts';
import { createSetAsideSecrets } from '../../../src/services/requests/set-aside-secrets.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { aCommand, benchSecrets, describeRunnerContract, secretText } from '../../support/remote/runner-contract.ts';
import { createMemorySecrets } from '../../support/remote/stub-secrets.ts';
import { createRecordingMachines, type RecordingMachines } from '../../support/windows/recording-machines.ts';

const audience = 'https://management.azure.com/';
const minuteMs = 60_000;

interface ArcStack {
  readonly machines: RecordingMachines;
  readonly stack: ArmStack;
  readonly runner: RemoteRunner;
  readonly machine: { readonly id: string; readonly role: 'host'; readonly arc: { readonly resourceId: string } };
  readonly faults: { loseAnswerToPut: boolean };
  readonly rest: ArmRequestsOptions;
}

async function startArcStack(): Promise<ArcStack> {
  const machines = createRecordingMachines();
  const stack = await startArmStack({ machines });
  const restOptions = {
    endpoint: stack.arm.url.replace(/\/$/, ''),
    credential: {
      getToken: () =>
        Promise.resolve({ token: stack.test.tokenFor(audience), expiresOnTimestamp: Date.now() + minuteMs }),
    },
    log: createRecordingLog().log,
    now: () => stack.test.host.clock.now(),
    clientOptions: { tlsOptions: { ca: stack.test.ca } },
  };
  const rest = createArmRest(restOptions);
  const faults = { loseAnswerToPut: false };
  const runner = createArcRunner({
    arm: {
      ...rest,
      put: async (...args) => {
        const answer = await rest.put(...args);
        if (!faults.loseAnswerToPut) return answer;
        faults.loseAnswerToPut = false;
        throw new Error('Azure could not be reached: ECONNRESET');
      },
    },
    outputs: outputsOf(machines),
    secrets: createSetAsideSecrets(createMemorySecrets(benchSecrets)),
    now: () => stack.test.host.clock.now(),
  });
  const resourceId = `/subscriptions/${stack.subscriptionId}/resourceGroups/onprem/providers/Microsoft.HybridCompute/machines/HOST1`;
  return {
    machines,
    stack,
    runner,
    machine: { id: 'host', role: 'host', arc: { resourceId } },
    faults,
    rest: restOptions,
  };
}

/** The blobs that the machine has written; removal is theirs too. */
function outputsOf({ blobs }: RecordingMachines): CommandOutputs {
  const urlOf = (name: string): string => `https://storage.test/run-commands/${name}`;
  return {
    urlOf,
    readEnd: (name, bytesMax) => {
      const blob = blobs.find(({ url }) => url === urlOf(name));
      return Promise.resolve(blob === undefined ? undefined : Buffer.from(blob.text, 'utf8').subarray(-bytesMax));
    },
    remove: (name) => {
      const at = blobs.findIndex(({ url }) => url === urlOf(name));
      if (at >= 0) blobs.splice(at, 1);
      return Promise.resolve();
    },
  };
}

describe('src/remote/arc-runner with src/azure/arm-rest', () => {
  describe('as every runner', () => {
    describeRunnerContract(async () => {
      const { stack, runner, machines, machine, faults } = await startArcStack();
      const invocations = new Map<string, string>();
      const runsOf = (id: string): readonly string[] =>
        machines.started
          .filter(({ parameters }) => parameters['Invocation'] === invocations.get(id))
          .map((run) => run.id);
      async function passing<T>(work: Promise<T>): Promise<T> {
        return work.finally(() => stack.test.advance(minuteMs));
      }
      return {
        machine,
        runner: {
          start: (command) => {
            invocations.set(command.id, command.invocation);
            return passing(runner.start(command));
          },
          poll: (on, handle) => runner.poll(on, handle),
          cancel: (on, handle) => passing(runner.cancel(on, handle)),
          cleanup: (on, handle) => passing(runner.cleanup(on, handle)),
        },
        tellsExitCode: true,
        runs: (id) => Promise.resolve(runsOf(id).length),
        end: (id, { exitCode = 0, output = '', error = '' }) => {
          const endedAtMs = stack.test.host.clock.nowMs();
          const ended = { state: 'ended', exitCode, output, error, endedAtMs, hasTimedOut: false } as const;
          machines.runs.set(runsOf(id).at(-1) ?? '', ended);
          return Promise.resolve();
        },
        loseAnswerToStart: () => {
          faults.loseAnswerToPut = true;
        },
        // A PUT's body holds the account's password: on its way to Azure, and never shown again.
        inTheOpen: () =>
          JSON.stringify(
            stack.test.exchanges.map(({ liveRequest, liveResponse }) => [liveRequest.url, liveResponse.body]),
          ),
        isLeft: async (id) => {
          const shown = await stack.send('GET', `${machine.arc.resourceId}/runCommands/${id}?api-version=2025-01-13`);
          return shown.status !== 404 || machines.blobs.length > 0;
        },
        close: () => stack.close(),
      };
    });
  });

  describe('against Azure’s answers', () => {
    let arc: ArcStack;
    beforeEach(async () => {
      arc = await startArcStack();
    });
    afterEach(async () => {
      await arc.stack.close();
    });

    async function deliver(given: Partial<RemoteCommand> = {}): Promise<string> {
      const started = await arc.runner.start(aCommand(arc.machine, given));
      if (started.outcome !== 'started') throw new Error(`not started: ${JSON.stringify(started)}`);
      await arc.stack.test.advance(minuteMs);
      return started.handle;
    }

    it('gives the machine the script, the invocation and the account as they are', async () => {
      const command = aCommand(arc.machine, { runAs: 'run-as-sql-admin' });

      await arc.runner.start(command);
      await arc.stack.test.advance(minuteMs);

      expect(arc.machines.started).toMatchObject([
        {
          script: command.script,
          parameters: { Invocation: command.invocation },
          runAs: { username: 'contoso\\sql', password: `R${secretText}` },
          timeoutSeconds: 300,
        },
      ]);
    });

    it('says in Azure’s words that the owner blocks run commands', async () => {
      arc.machines.machine = { ...arc.machines.machine, blocksRunCommands: true };

      const handle = await deliver();

      expect(await arc.runner.poll(arc.machine, handle)).toMatchObject({
        code: 'precondition',
        message: expect.stringContaining('blocklist') as string,
      });
    });

    it('says that the machine refuses the account', async () => {
      arc.machines.refusal = 'The user name or password is incorrect.';

      const handle = await deliver({ runAs: 'run-as-sql-admin' });

      expect(await arc.runner.poll(arc.machine, handle)).toMatchObject({ code: 'authFailed' });
    });

    it('says that the agent is too old', async () => {
      arc.machines.machine = { ...arc.machines.machine, agentVersion: '1.32.1' };

      expect(await arc.runner.start(aCommand(arc.machine))).toMatchObject({
        code: 'precondition',
        message: expect.stringContaining('1.32.1') as string,
      });
    });

    it('is busy while the machine has 25 commands', async () => {
      for (let n = 0; n < 25; n += 1) await arc.runner.start(aCommand(arc.machine));

      expect(await arc.runner.start(aCommand(arc.machine))).toMatchObject({ outcome: 'busy' });
    });

    it('finds a machine unreachable that Arc has lost, or does not know', async () => {
      const { machine } = arc;
      const unknown = { ...machine, arc: { resourceId: machine.arc.resourceId.replace('HOST1', 'HOST2') } };
      expect(await arc.runner.start(aCommand(unknown))).toMatchObject({ code: 'precondition' });

      arc.machines.machine = { ...arc.machines.machine, isConnected: false };

      expect(await arc.runner.start(aCommand(machine))).toMatchObject({ code: 'unreachable' });
    });

    it('says that a command took too long', async () => {
      const handle = await deliver();
      const [run] = arc.machines.started;
      const endedAtMs = arc.stack.test.host.clock.nowMs();
      const ended = { state: 'ended', exitCode: 1, output: '', error: '', endedAtMs, hasTimedOut: true } as const;
      arc.machines.runs.set(run?.id ?? '', ended);

      expect(await arc.runner.poll(arc.machine, handle)).toMatchObject({ code: 'timedOut' });
    });

    it('does not count a running command as cleaned up before Azure has stopped it', async () => {
      const handle = await deliver();

      expect(await arc.runner.cleanup(arc.machine, handle)).toMatchObject({
        outcome: 'busy',
        reason: expect.stringContaining('still being stopped') as string,
      });
      await arc.stack.test.advance(minuteMs);
      expect(await arc.runner.cleanup(arc.machine, handle)).toEqual({ outcome: 'done' });

      expect(arc.machines.removed).toHaveLength(1);
    });

    it('calls the way unreachable on 5xx answers and broken connections, without what was sent', async () => {
      const command = aCommand(arc.machine, { runAs: 'run-as-sql-admin' });
      const fault = { service: 'arm', path: '/runCommands/', method: 'PUT', times: 1 };
      arc.stack.test.host.faults.add({ ...fault, then: { status: 500, code: 'Oops' } });
      const nobody = createArmRest({ ...arc.rest, endpoint: 'https://127.0.0.1:1' });

      const started = await arc.runner.start(command);
      const unanswered = await nobody.put('/runCommands/a', '2025-01-13', { runAsPassword: secretText });

      expect(started).toMatchObject({ code: 'unreachable', message: expect.stringContaining('Oops') as string });
      expect(unanswered).toMatchObject({
        outcome: 'unavailable',
        status: 0,
        message: expect.stringContaining('ECONNREFUSED') as string,
      });
      expect(JSON.stringify([started, unanswered])).not.toContain('Clear-Disk');
    });

    it('is busy as long as Azure says', async () => {
      arc.stack.test.host.faults.add({
        service: 'arm',
        path: '/runCommands/',
        times: 1,
        then: { status: 429, code: 'TooManyRequests', retryAfter: 13 },
      });

      expect(await arc.runner.start(aCommand(arc.machine))).toMatchObject({ outcome: 'busy', retryAfterSeconds: 13 });
    });
  });
});
