import { createRemoteActivities } from '../../../../src/activities/on-premises/remote-activities.ts';
import type { RemoteCommandInput } from '../../../../src/contracts/on-premises/remote-commands.ts';
import type { Machine } from '../../../../src/domain/machine.ts';
import type { RemotePoll, RemoteRemoval, RemoteRunner, RemoteStart } from '../../../../src/ports/remote-runner.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import type { MemoryTables } from '../../../support/memory-tables.ts';
import { aManualMachine, createOnPremisesServices } from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

const ssh: Machine = {
  id: 'host',
  role: 'host',
  ssh: {
    host: '10.0.0.1',
    port: 22,
    username: 'admin',
    hostKey: `SHA256:${'A'.repeat(43)}`,
    keySecret: 'ssh-key-host',
  },
};
const away: RemoteRemoval = { outcome: 'refused', code: 'unreachable', message: 'connect ETIMEDOUT' };
const first = anOperationId('first');
const second = anOperationId('second');

interface StubRunner {
  start: RemoteStart | undefined;
  poll: RemotePoll;
  /** What ending or removing a command leads to. */
  removal: RemoteRemoval;
  whenStarted?: () => Promise<unknown>;
  readonly calls: string[];
}

async function world(tables?: MemoryTables, machine: Machine = ssh) {
  const services = createOnPremisesServices(tables);
  const stub: StubRunner = { start: undefined, poll: { outcome: 'running' }, removal: { outcome: 'done' }, calls: [] };
  const remove = async (call: string): Promise<RemoteRemoval> => {
    await Promise.resolve();
    if (stub.removal.outcome === 'done') stub.calls.push(call);
    return stub.removal;
  };
  const runner: RemoteRunner = {
    start: async ({ id }) => {
      await Promise.resolve();
      stub.calls.push(`start ${id}`);
      await stub.whenStarted?.();
      return stub.start ?? { outcome: 'started', handle: id };
    },
    poll: () => Promise.resolve(stub.poll),
    cancel: (_machine, handle) => remove(`cancel ${handle}`),
    cleanup: (_machine, handle) => remove(`cleanup ${handle}`),
  };
  await services.machines.put(machine);
  const via = { machineId: machine.id, computerName: 'MAS-BGPNAT01', credentialSecret: 'account-nat-admin' };
  await services.machines.put({ id: 'nat', role: 'natvm', via });
  for (const id of [first, second]) {
    await services.operations.create({
      id,
      kind: 'openVpnAccess',
      target: 'poc',
      targetKey: 'poc',
      requestedBy: 'a',
      steps: [{ name: 's' }],
    });
  }
  const activities = createRemoteActivities({
    ...services,
    runners: { of: () => runner },
    vaultUrl: 'https://vault.test',
  });
  return { ...services, activities, stub };
}

function command(operationId: string, change: Partial<RemoteCommandInput> = {}, attempt = 1): RemoteCommandInput {
  return {
    operationId,
    commandId: `${operationId}-${attempt}-p8-1-probe-1`,
    machineId: 'nat',
    stepId: 'P8',
    mode: 'probe',
    parameters: {},
    instanceId: 'i',
    eventName: 'answered-probe-1',
    ...change,
  };
}

function running(input: RemoteCommandInput) {
  const { commandId, machineId, operationId, stepId, mode } = input;
  return { commandId, machineId, operationId, stepId, mode, handle: commandId };
}

function answer(change: object = {}): string {
  return JSON.stringify({ v: 1, step: 'P8', mode: 'probe', changed: false, ok: true, code: '', facts: {}, ...change });
}

describe('src/activities/on-premises/remote-activities startCommand', () => {
  it('starts on the machine that is connected to, and answers how the step is to be waited for', async () => {
    const { activities, stub, claims } = await world();
    const input = command(first);

    expect(await activities.startCommand(input)).toEqual({
      outcome: 'started',
      handle: input.commandId,
      timeoutSeconds: 60,
      tries: 2,
      isManual: false,
    });
    expect(stub.calls).toEqual([`start ${input.commandId}`]);
    expect(await claims.holder('machine:host')).toMatchObject({ operationId: input.commandId });
  });

  it('lets one command on a machine at a time, whoever it is reached as', async () => {
    const { activities, stub } = await world();
    const holder = command(first);
    await activities.startCommand(holder);

    const answers = await Promise.all([
      activities.startCommand(command(second)),
      activities.startCommand(command(second, { machineId: 'host', commandId: `${second}-1-p3-2-probe-1` })),
      activities.startCommand(command(first, { commandId: `${first}-1-p9-2-probe-1` })),
    ]);

    for (const busy of answers) {
      expect(busy).toMatchObject({ outcome: 'busy', seconds: 5 });
      expect((busy as { readonly reason: string }).reason).toContain(holder.commandId);
    }
    expect(stub.calls).toHaveLength(1);
  });

  it('gives the machine to one of several that ask at once', async () => {
    const { activities } = await world();
    const inputs = Array.from({ length: 8 }, (_, index) =>
      command(first, { commandId: `${first}-1-p8-${index}-probe-1` }),
    );

    const answers = await Promise.all(inputs.map((input) => activities.startCommand(input)));

    expect(answers.filter(({ outcome }) => outcome === 'started')).toHaveLength(1);
  });

  it('attaches when it is asked again', async () => {
    const { activities, stub } = await world();
    const input = command(first);

    expect(await activities.startCommand(input)).toEqual(await activities.startCommand(input));
    expect(new Set(stub.calls).size).toBe(1);
  });

  it('gives the machine to the next once a command is cleaned up', async () => {
    const { activities } = await world();
    const input = command(first);
    await activities.startCommand(input);

    expect(await activities.cleanUpCommand({ ...running(input), hasAnswered: true })).toEqual({ isClean: true });

    expect(await activities.startCommand(command(second))).toMatchObject({ outcome: 'started' });
  });

  it('gives the machine to the next though what a command that ended has left could not be cleaned, and says so', async () => {
    const { activities, claims, stub } = await world();
    const input = command(first);
    await activities.startCommand(input);
    stub.removal = away;

    expect(await activities.cleanUpCommand({ ...running(input), hasAnswered: true })).toEqual({ isClean: false });

    expect(await claims.holder('machine:host')).toBeUndefined();
  });

  it('gives nobody the machine on which a command without an answer may be at work, until that is ended', async () => {
    const { activities, stub } = await world();
    const lost = command(first);
    const left = { ...running(lost), hasAnswered: false };
    const nexts = [command(second), command(first, { commandId: `${first}-1-p9-2-probe-1` })];
    await activities.startCommand(lost);
    stub.removal = away;

    expect(await activities.cleanUpCommand(left)).toEqual({ isClean: false });
    for (const next of nexts) {
      expect(await activities.startCommand(next)).toMatchObject({ outcome: 'refused', code: 'unreachable' });
    }
    expect(stub.calls).toEqual([`start ${lost.commandId}`]);

    stub.removal = { outcome: 'done' };
    const [next = lost] = nexts;
    expect(await activities.startCommand(next)).toMatchObject({ outcome: 'started' });
    expect(stub.calls.slice(1)).toEqual([
      `cancel ${lost.commandId}`,
      `cleanup ${lost.commandId}`,
      `start ${next.commandId}`,
    ]);
    // Whoever gave it up takes nothing from the next.
    await activities.cleanUpCommand(left);
    expect(await activities.startCommand(command(first, { commandId: `${first}-1-p9-3-probe-1` }))).toMatchObject({
      outcome: 'busy',
    });
  });

  it('ends a command without an answer before it cleans up after it', async () => {
    const { activities, claims, stub } = await world();
    const lost = command(first);
    await activities.startCommand(lost);

    expect(await activities.cleanUpCommand({ ...running(lost), hasAnswered: false })).toEqual({ isClean: true });

    expect(stub.calls.slice(1)).toEqual([`cancel ${lost.commandId}`, `cleanup ${lost.commandId}`]);
    expect(await claims.holder('machine:host')).toBeUndefined();
  });

  it('ends first what an operation that is over has left there', async () => {
    const { activities, stub, operations } = await world();
    const left = command(first);
    await activities.startCommand(left);
    await operations.finish(first, { status: 'failed' });
    const next = command(second);

    expect(await activities.startCommand(next)).toMatchObject({ outcome: 'started' });

    expect(stub.calls).toEqual([
      `start ${left.commandId}`,
      `cancel ${left.commandId}`,
      `cleanup ${left.commandId}`,
      `start ${next.commandId}`,
    ]);
  });

  it('ends first what an earlier attempt of its own operation has left there', async () => {
    const { activities, stub } = await world();
    const left = command(first);
    await activities.startCommand(left);

    expect(await activities.startCommand(command(first, {}, 2))).toMatchObject({ outcome: 'started' });
    expect(stub.calls).toContain(`cancel ${left.commandId}`);
  });

  it('does not end what a later attempt runs, for a start that comes late', async () => {
    const { activities, stub } = await world();
    await activities.startCommand(command(first, {}, 2));

    expect(await activities.startCommand(command(first))).toMatchObject({ outcome: 'busy' });
    expect(stub.calls).toHaveLength(1);
  });

  it.each<RemoteRemoval & { readonly outcome: 'refused' }>([
    away,
    { outcome: 'refused', code: 'authFailed', message: 'It does not let admin in.' },
    { outcome: 'refused', code: 'toolFailed', message: 'It gave no answer that can be read.' },
  ])('says why nothing that was left can be ended: $code', async (removal) => {
    const { activities, stub, operations } = await world();
    await activities.startCommand(command(first));
    await operations.finish(first, { status: 'failed' });
    stub.removal = removal;

    expect(await activities.startCommand(command(second))).toEqual(removal);
  });

  it('has the next wait for a command that is still being stopped', async () => {
    const { activities, stub, operations } = await world();
    await activities.startCommand(command(first));
    await operations.finish(first, { status: 'failed' });
    stub.removal = { outcome: 'busy', reason: 'It is still being stopped.', retryAfterSeconds: 10 };

    expect(await activities.startCommand(command(second))).toEqual({
      outcome: 'busy',
      reason: 'It is still being stopped.',
      seconds: 10,
    });
  });

  it.each(['has answered', 'was given up'])(
    'begins a command that %s no second time, however late a start comes',
    async (how) => {
      const { activities, stub, claims } = await world();
      const input = command(first);
      await activities.startCommand(input);
      if (how === 'was given up') stub.removal = away;
      await activities.cleanUpCommand({ ...running(input), hasAnswered: how === 'has answered' });
      const before = [...stub.calls];
      const held = await claims.holder('machine:host');

      expect(await activities.startCommand(input)).toMatchObject({ outcome: 'refused', code: 'precondition' });

      expect(stub.calls).toEqual(before);
      expect(await claims.holder('machine:host')).toEqual(held);
    },
  );

  it.each<[string, RemoteStart | undefined]>([
    ['has started', undefined],
    ['may have started', { outcome: 'refused', code: 'unreachable', message: 'Reset.' }],
    ['is to start later', { outcome: 'busy', reason: 'Two at a time.', retryAfterSeconds: 5 }],
  ])('ends what it %s where the command was given up meanwhile', async (_what, start) => {
    const { activities, stub, claims } = await world();
    const input = command(first);
    stub.start = start;
    stub.whenStarted = () => activities.cleanUpCommand({ ...running(input), hasAnswered: true });

    expect(await activities.startCommand(input)).toMatchObject({ outcome: 'refused', code: 'precondition' });

    expect(stub.calls.slice(-2)).toEqual([`cancel ${input.commandId}`, `cleanup ${input.commandId}`]);
    expect(await claims.holder('machine:host')).toBeUndefined();
  });

  it('gives the machine to the next where a try of it died with the machine in its hands', async () => {
    const { activities, stub, claims, endedCommands } = await world();
    const input = command(first);
    stub.whenStarted = () => Promise.reject(new Error('The process died.'));
    await expect(activities.startCommand(input)).rejects.toThrow('died');
    await endedCommands.add(first, input.instanceId);

    expect(await activities.startCommand(input)).toMatchObject({ outcome: 'refused', code: 'precondition' });

    expect(stub.calls.slice(-2)).toEqual([`cancel ${input.commandId}`, `cleanup ${input.commandId}`]);
    expect(await claims.holder('machine:host')).toBeUndefined();
  });

  it('begins nothing of an operation that has ended, nor of an attempt before the one that is open', async () => {
    const { activities, stub, operations } = await world();
    await operations.finish(first, { status: 'failed' });
    await operations.finish(second, { status: 'failed' });
    await operations.nextAttempt(second, 1);

    for (const late of [command(first), command(second)]) {
      expect(await activities.startCommand(late)).toMatchObject({ outcome: 'refused', code: 'precondition' });
    }
    expect(stub.calls).toEqual([]);
  });

  it.each(['authFailed', 'precondition'] as const)(
    'gives the machine back where the start ends with %s',
    async (fault) => {
      const { activities, stub, claims } = await world();
      stub.start = { outcome: 'refused', code: fault, message: 'No.' };

      expect(await activities.startCommand(command(first))).toEqual({
        outcome: 'refused',
        code: fault,
        message: 'No.',
      });
      expect(await claims.holder('machine:host')).toBeUndefined();
    },
  );

  it('keeps the machine where the command may have begun all the same', async () => {
    const { activities, stub, claims } = await world();
    stub.start = { outcome: 'refused', code: 'unreachable', message: 'Reset.' };

    await activities.startCommand(command(first));

    expect(await claims.holder('machine:host')).toBeDefined();
  });

  it.each<[string, Partial<RemoteCommandInput>]>([
    ['a machine that is not registered', { machineId: 'none' }],
    ['a step that there is not', { stepId: 'P99' }],
    ['a mode that the step has not', { stepId: 'P2', mode: 'apply', parameters: { internalAddress: '10.0.0.1' } }],
    ['a parameter that the step has not', { parameters: { command: 'Remove-Item' } }],
    ['a parameter that is no address', { stepId: 'P2', parameters: { internalAddress: '10.0.0.1; Get-Secret' } }],
    ['a parameter that is missing', { stepId: 'P15', parameters: { userName: 'ann' } }],
  ])('refuses %s before anything leaves the application', async (_what, change) => {
    const { activities, stub, claims } = await world();

    expect(await activities.startCommand(command(first, change))).toMatchObject({
      outcome: 'refused',
      code: 'precondition',
    });
    expect(stub.calls).toEqual([]);
    expect(await claims.holder('machine:host')).toBeUndefined();
  });

  it('starts one command, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: (tables) => world(tables),
      work: ({ activities }) => activities.startCommand(command(first)),
      check: async ({ stub, claims }, _tables, place) => {
        expect([place, new Set(stub.calls).size]).toEqual([place, 1]);
        expect(await claims.holder('machine:host')).toMatchObject({ operationId: command(first).commandId });
      },
    });
  });
});

describe('src/activities/on-premises/remote-activities pollCommand', () => {
  it.each<readonly [string, RemotePoll]>([
    ['the way to the machine', { outcome: 'refused', code: 'timedOut', message: 'Too long.' }],
    ['the machine', { outcome: 'ended', exitCode: 1460, output: '', error: '' }],
  ])('logs a command that ran out of time as %s says it', async (_who, poll) => {
    const { activities, stub, told } = await world();
    stub.poll = poll;

    await activities.pollCommand(running(command(first, { stepId: 'W16' })));

    const target = 'machines/nat';
    expect(told).toEqual([{ event: 'command.timedOut', outcome: 'timedOut', operationId: first, target, kind: 'W16' }]);
  });

  it('answers what the machine says, and moves what is secret to Key Vault', async () => {
    const { activities, stub, secrets, tables } = await world();
    const content = Buffer.from('realm and certificate').toString('base64');
    const facts = { content, sha256: 'a'.repeat(64) };
    stub.poll = { outcome: 'ended', exitCode: 0, output: answer({ step: 'W16', facts }), error: '' };

    const seen = await activities.pollCommand({
      ...running(command(first, { stepId: 'W16' })),
      secretFacts: { content: 'gatehouse-data-file-kept' },
    });

    expect(seen).toMatchObject({ outcome: 'answered', answer: { facts: { sha256: facts.sha256 } } });
    expect(JSON.stringify(seen)).not.toContain(content);
    expect((await secrets.get('gatehouse-data-file-kept'))?.value).toBe(content);
    expect(JSON.stringify(['Operations', 'Claims', 'ManualCommands'].map((name) => tables.rows(name)))).not.toContain(
      content,
    );
  });

  it('drops a secret fact for which there is no name', async () => {
    const { activities, stub } = await world();
    const facts = { content: 'AAAA' };
    stub.poll = { outcome: 'ended', exitCode: 0, output: answer({ step: 'W16', facts }), error: '' };

    const seen = await activities.pollCommand(running(command(first, { stepId: 'W16' })));

    expect(seen).toMatchObject({ outcome: 'answered', answer: { facts: {} } });
    expect(JSON.stringify(seen)).not.toContain('AAAA');
  });

  it.each([
    ['nothing', ''],
    ['no answer', 'Access is denied.'],
    ['the answer of another step', answer({ step: 'P4' })],
    ['the answer of another mode', answer({ mode: 'apply' })],
  ])('is a failed tool where the command wrote %s, in words without what it wrote there', async (_what, output) => {
    const { activities, stub } = await world();
    stub.poll = { outcome: 'ended', exitCode: 1, output, error: 'It went wrong.' };

    const seen = await activities.pollCommand(running(command(first)));

    expect(seen).toMatchObject({ outcome: 'refused', code: 'toolFailed' });
    expect((seen as { readonly message: string }).message).toContain('It went wrong.');
  });

  it('passes on how the way failed', async () => {
    const { activities, stub } = await world();
    stub.poll = { outcome: 'refused', code: 'unreachable', message: 'No route.' };

    expect(await activities.pollCommand(running(command(first)))).toEqual({
      outcome: 'refused',
      code: 'unreachable',
      message: 'No route.',
    });
  });

  it('lets a machine end what it runs when the operation is canceled', async () => {
    const { activities, operations } = await world();
    await operations.requestCancel(first);

    expect(await activities.pollCommand(running(command(first)))).toEqual({ outcome: 'running' });
  });

  it('does not wait for people any more when the operation is canceled, but for what has to be', async () => {
    const { activities, operations } = await world(undefined, aManualMachine('host'));
    const input = command(first);
    expect(await activities.startCommand(input)).toMatchObject({ isManual: true });
    await operations.requestCancel(first);

    expect(await activities.pollCommand(running(input))).toMatchObject({ outcome: 'refused', code: 'canceled' });
    expect(await activities.pollCommand({ ...running(input), always: true })).toEqual({ outcome: 'running' });
  });
});

describe('src/activities/on-premises/remote-activities people', () => {
  it('says what people are to run, until the command is cleaned up', async () => {
    const { activities, operations } = await world(undefined, aManualMachine('host'));
    const input = command(first);
    await activities.startCommand(input);
    const asked = await operations.view(first);

    await activities.cleanUpCommand({ ...running(input), hasAnswered: true });

    expect(asked).toMatchObject({ status: 'waiting', waitingFor: { kind: 'manual' } });
    expect(asked?.waitingFor?.detail).toContain('GET /api/machines/host/commands');
    expect(await operations.view(first)).not.toHaveProperty('waitingFor');
  });
});

describe('src/activities/on-premises/remote-activities abandonStep', () => {
  const step = { operationId: first, key: `${first}-1-p8-1`, machineId: 'nat' };

  it('stops what a step that somebody ended has left on its machine, and lets the next of the operation on it', async () => {
    const { activities, stub } = await world();
    const ended = command(first);
    await activities.startCommand(ended);

    expect(await activities.abandonStep(step)).toEqual({ isClean: true });

    const next = command(first, {
      commandId: `${first}-1-p11-2-probe-1`,
      stepId: 'P11',
      parameters: { externalNic: 'e' },
    });
    expect(await activities.startCommand(next)).toMatchObject({ outcome: 'started' });
    expect(stub.calls).toEqual([
      `start ${ended.commandId}`,
      `cancel ${ended.commandId}`,
      `cleanup ${ended.commandId}`,
      `start ${next.commandId}`,
    ]);
  });

  it('lets nothing of the step begin any more', async () => {
    const { activities, stub } = await world();
    await activities.abandonStep(step);

    expect(await activities.startCommand(command(first, { instanceId: step.key }))).toMatchObject({
      outcome: 'refused',
      code: 'precondition',
    });
    expect(stub.calls).toEqual([]);
  });

  it('leaves alone what another step runs there', async () => {
    const { activities, claims, stub } = await world();
    const other = command(first, { commandId: `${first}-1-p8-12-probe-1` });
    await activities.startCommand(other);

    expect(await activities.abandonStep(step)).toEqual({ isClean: true });
    expect(await claims.holder('machine:host')).toMatchObject({ operationId: other.commandId });
    expect(stub.calls).toEqual([`start ${other.commandId}`]);
  });

  it('keeps the machine while it is away: what runs there may still run', async () => {
    const { activities, claims, stub } = await world();
    await activities.startCommand(command(first));
    stub.removal = away;

    expect(await activities.abandonStep(step)).toEqual({ isClean: false });
    expect(await claims.holder('machine:host')).toBeDefined();

    stub.removal = { outcome: 'done' };
    expect(await activities.abandonStep(step)).toEqual({ isClean: true });
    expect(await claims.holder('machine:host')).toBeUndefined();
  });

  it('lets the next of the same operation end what it could not, once the machine is back', async () => {
    const { activities, stub } = await world();
    const left = command(first);
    await activities.startCommand(left);
    stub.removal = away;
    await activities.abandonStep(step);
    stub.removal = { outcome: 'done' };

    const next = command(first, { commandId: `${first}-1-p8-2-probe-1` });
    expect(await activities.startCommand(next)).toMatchObject({ outcome: 'started' });
    expect(stub.calls.slice(-3)).toEqual([
      `cancel ${left.commandId}`,
      `cleanup ${left.commandId}`,
      `start ${next.commandId}`,
    ]);
  });

  it('keeps the claim of a command that may have begun, though starting it again is refused', async () => {
    const { activities, claims, stub } = await world();
    stub.start = { outcome: 'refused', code: 'precondition', message: 'No secret.' };
    const lost = command(first);

    expect(await activities.startCommand({ ...lost, mayHaveBegun: true })).toMatchObject({ code: 'precondition' });
    expect(await claims.holder('machine:host')).toMatchObject({ operationId: lost.commandId });
  });

  it('asks nobody any more for a command of a machine that people work at', async () => {
    const { activities, operations } = await world(undefined, aManualMachine('host'));
    await activities.startCommand(command(first, { machineId: 'host' }));
    expect((await operations.view(first))?.waitingFor).toBeDefined();

    await activities.abandonStep({ ...step, machineId: 'host' });

    expect((await operations.view(first))?.waitingFor).toBeUndefined();
  });
});
