/**
 * Arc's run commands as the app uses them: delivered by the agent, run once for each PUT, read by GET, stopped by
 * DELETE.
 */
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { createRecordingMachines, type RecordingMachines } from '../../support/windows/recording-machines.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const machinePath = '/providers/Microsoft.HybridCompute/machines/HOST1';

describe('sandbox/arm/hybrid-compute', () => {
  let machines: RecordingMachines;
  let stack: ArmStack;

  beforeEach(async () => {
    machines = createRecordingMachines();
    stack = await startArmStack({ machines });
  });

  afterEach(async () => {
    await stack.close();
  });

  function path(rest: string): string {
    const apiVersion = 'api-version=2025-01-13';
    return `/subscriptions/${stack.subscriptionId}/resourceGroups/onprem${machinePath}${rest}?${apiVersion}`;
  }

  function body(properties: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      location: 'westeurope',
      properties: {
        source: { script: '# Gatehouse step P4' },
        parameters: [{ name: 'Invocation', value: 'eyJ2IjoxfQ' }],
        asyncExecution: true,
        timeoutInSeconds: 600,
        ...properties,
      },
    };
  }

  const put = (name: string, properties?: Record<string, unknown>) =>
    stack.send('PUT', path(`/runCommands/${name}`), { body: body(properties) });
  const get = (name: string) => stack.send('GET', path(`/runCommands/${name}`));

  async function propertiesOf(name: string): Promise<Record<string, unknown>> {
    return (await get(name)).body['properties'] as Record<string, unknown>;
  }

  async function deliver(name: string, properties?: Record<string, unknown>): Promise<string> {
    expect((await put(name, properties)).status).toBe(201);
    await stack.test.advance(minuteMs);
    return machines.started.at(-1)?.id ?? '';
  }

  function end(runId: string, exitCode: number, output: string, error = '', hasTimedOut = false): void {
    machines.runs.set(runId, { state: 'ended', exitCode, output, error, endedAtMs: Date.UTC(2026, 0, 2), hasTimedOut });
  }

  it('shows a machine, whether it is connected and what its owner blocks', async () => {
    const shown = await stack.send('GET', path(''));

    expect(shown.body).toMatchObject({
      name: 'HOST1',
      type: 'Microsoft.HybridCompute/machines',
      location: 'westeurope',
      properties: {
        status: 'Connected',
        agentVersion: '1.52.02939.2221',
        agentConfiguration: { extensionsBlockList: [] },
      },
    });
    machines.machine = { ...machines.machine, isConnected: false, blocksRunCommands: true };
    expect((await stack.send('GET', path(''))).body).toMatchObject({
      properties: {
        status: 'Disconnected',
        agentConfiguration: { extensionsBlockList: [{ type: 'runcommandhandlerwindows' }] },
      },
    });
  });

  it('walks from creation over running to its end', async () => {
    const created = await put('p4-apply');

    expect(created).toMatchObject({ status: 201, body: { properties: { provisioningState: 'Creating' } } });
    expect(created.headers).toMatchObject({ 'retry-after': '10' });
    expect(created.headers['location']).toMatch(/Microsoft\.HybridCompute\/locations\/westeurope\/operationResults\//);
    expect(await propertiesOf('p4-apply')).toMatchObject({
      provisioningState: 'Creating',
      instanceView: { executionState: 'Unknown' },
    });
    const status = created.headers['azure-asyncoperation'] ?? '';
    expect((await stack.send('GET', status)).body).toEqual({ status: 'InProgress' });

    await stack.test.advance(minuteMs);
    expect((await stack.send('GET', status)).body).toEqual({ status: 'Succeeded' });
    expect(await propertiesOf('p4-apply')).toMatchObject({
      provisioningState: 'Succeeded',
      instanceView: { executionState: 'Running' },
    });
    expect(machines.started).toEqual([
      {
        id: expect.any(String) as string,
        script: '# Gatehouse step P4',
        parameters: { Invocation: 'eyJ2IjoxfQ' },
        timeoutSeconds: 600,
      },
    ]);

    end(machines.started[0]?.id ?? '', 3010, 'ok', 'warned');
    expect(await propertiesOf('p4-apply')).toMatchObject({
      provisioningState: 'Succeeded',
      instanceView: {
        executionState: 'Failed',
        exitCode: 3010,
        output: 'ok',
        error: 'warned',
        endTime: '2026-01-02T00:00:00.000Z',
      },
    });
  });

  it('shows the last 4 KB of each stream, and writes the whole to the blobs once', async () => {
    const blob = 'https://store.example/run-commands/p4';
    const id = await deliver('p4', {
      outputBlobUri: `${blob}.out`,
      outputBlobManagedIdentity: {},
      errorBlobUri: `${blob}.err?sig=x`,
    });
    const text = `${'x'.repeat(9000)}{"v":1}`;
    end(id, 0, text, 'e');

    await Promise.all([get('p4'), get('p4'), get('p4')]);

    expect(await propertiesOf('p4')).toMatchObject({
      instanceView: { executionState: 'Succeeded', output: text.slice(-4096) },
    });
    expect(machines.blobs).toEqual([
      { url: `${blob}.out`, text, byIdentity: true },
      { url: `${blob}.err?sig=x`, text: 'e', byIdentity: false },
    ]);
  });

  it('says that a blob could not be written, which does not change how the script ended', async () => {
    const id = await deliver('p4', { outputBlobUri: 'https://store.example/a', outputBlobManagedIdentity: {} });
    machines.blobProblem = 'AuthorizationPermissionMismatch';
    end(id, 0, 'done');

    expect(await propertiesOf('p4')).toMatchObject({
      instanceView: {
        executionState: 'Succeeded',
        executionMessage: expect.stringContaining('AuthorizationPermissionMismatch') as string,
      },
    });
  });

  it('never shows a protected value again, nor keeps one once the machine has it', async () => {
    const secret = 'horse staple';
    await put('p4', {
      runAsUser: 'CORP\\sql',
      runAsPassword: secret,
      protectedParameters: [{ name: 'Key', value: secret }],
    });
    await stack.test.advance(minuteMs);

    const run = machines.started[0];
    expect(run).toMatchObject({
      runAs: { username: 'CORP\\sql', password: secret },
      parameters: { Invocation: 'eyJ2IjoxfQ', Key: secret },
    });
    const shown = [await get('p4'), await stack.send('GET', path('/runCommands'))].map(({ text }) => text).join('');
    expect(shown).not.toContain(secret);
    expect(shown).toContain('sql');
    expect(JSON.stringify(stack.test.exchanges)).not.toContain(secret);
  });

  it('stops what runs when the same name is put again, and runs anew', async () => {
    const first = await deliver('p4');

    expect((await put('p4')).status).toBe(200);
    expect(machines.removed).toEqual([first]);
    expect(await propertiesOf('p4')).toMatchObject({ provisioningState: 'Updating' });

    await stack.test.advance(minuteMs);
    expect(machines.started.map(({ id }) => id)).toEqual([first, expect.not.stringContaining(first) as string]);
  });

  it('stops what runs on DELETE, and answers 204 when nothing is left', async () => {
    const id = await deliver('p4');

    expect((await stack.send('DELETE', path('/runCommands/p4'))).status).toBe(202);
    expect(await propertiesOf('p4')).toMatchObject({ provisioningState: 'Deleting' });
    expect((await put('p4')).body).toMatchObject({ error: { code: 'Conflict' } });
    await stack.test.advance(minuteMs);

    expect(machines.removed).toEqual([id]);
    expect((await get('p4')).status).toBe(404);
    expect((await stack.send('DELETE', path('/runCommands/p4'))).status).toBe(204);
  });

  it('waits for a machine that is away, and delivers when it is back', async () => {
    machines.machine = { ...machines.machine, isConnected: false };
    await put('p4');
    await stack.test.advance(20 * minuteMs);
    expect(await propertiesOf('p4')).toMatchObject({
      provisioningState: 'Creating',
      instanceView: { executionState: 'Unknown' },
    });

    machines.machine = { ...machines.machine, isConnected: true };
    await stack.test.advance(minuteMs);

    expect(await propertiesOf('p4')).toMatchObject({ provisioningState: 'Succeeded' });
  });

  it('gives a machine up that stays away', async () => {
    machines.machine = { ...machines.machine, isConnected: false };
    const { headers } = await put('p4');

    await stack.test.advance(120 * minuteMs);

    expect(await propertiesOf('p4')).toMatchObject({ provisioningState: 'Failed' });
    expect((await stack.send('GET', headers['azure-asyncoperation'] ?? '')).body).toMatchObject({
      status: 'Failed',
      error: { code: 'MachineDisconnected' },
    });
  });

  it('keeps the last word of a machine that goes away while a script runs', async () => {
    const id = await deliver('p4');
    end(id, 0, 'done');
    machines.machine = { ...machines.machine, isConnected: false };

    expect(await propertiesOf('p4')).toMatchObject({ instanceView: { executionState: 'Running' } });
  });

  it('fails the delivery where the owner blocks run commands, or the machine refuses the account', async () => {
    machines.machine = { ...machines.machine, blocksRunCommands: true };
    await put('blocked');
    await stack.test.advance(minuteMs);
    expect(await propertiesOf('blocked')).toMatchObject({ provisioningState: 'Failed' });

    machines.machine = { ...machines.machine, blocksRunCommands: false };
    machines.refusal = 'The user name or password is incorrect.';
    const { headers } = await put('refused', { runAsUser: 'a', runAsPassword: 'b' });
    await stack.test.advance(minuteMs);
    expect((await stack.send('GET', headers['azure-asyncoperation'] ?? '')).body).toMatchObject({
      error: { message: machines.refusal },
    });
  });

  it('tells of a script that took too long, and of one that the machine has forgotten', async () => {
    end(await deliver('slow'), 1, '', '', true);
    machines.runs.delete(await deliver('lost'));
    machines.runs.set(await deliver('cut'), {
      state: 'ended',
      output: '',
      error: '',
      endedAtMs: 0,
      hasTimedOut: false,
    });

    expect(await propertiesOf('slow')).toMatchObject({ instanceView: { executionState: 'TimedOut' } });
    expect(await propertiesOf('lost')).toMatchObject({ instanceView: { executionState: 'Unknown' } });
    expect(await propertiesOf('cut')).toMatchObject({ instanceView: { executionState: 'Failed', exitCode: -1 } });
  });

  it('takes 25 commands of a machine and no more', async () => {
    for (let count = 0; count < 25; count += 1) expect((await put(`c${count}`)).status).toBe(201);

    expect(await put('c25')).toMatchObject({ status: 409, body: { error: { code: 'OperationNotAllowed' } } });
    expect((await put('c3')).status).toBe(200);
  });

  it('goes on after a restart: the command is delivered, and its end is found', async () => {
    await put('p4');
    await stack.restart();
    await stack.test.advance(minuteMs);

    end(machines.started[0]?.id ?? '', 0, 'done');
    expect(await propertiesOf('p4')).toMatchObject({ instanceView: { executionState: 'Succeeded' } });
  });

  it('lists commands, with what they did only when asked', async () => {
    await deliver('p4');

    const { body: plain } = await stack.send('GET', path('/runCommands'));
    const { body: whole } = await stack.send('GET', `${path('/runCommands')}&$expand=instanceView`);

    expect(plain['value']).toEqual([expect.objectContaining({ name: 'p4' })]);
    expect(JSON.stringify(plain)).not.toContain('instanceView');
    expect(JSON.stringify(whole)).toContain('instanceView');
  });

  it.each([
    ['another place than the machine’s', { ...bodyOf(), location: 'eastus' }, 400, 'BadRequest'],
    ['no source', bodyOf({ source: {} }), 400, 'BadRequest'],
    ['two sources', bodyOf({ source: { script: 'a', commandId: 'b' } }), 400, 'BadRequest'],
    ['a password without a name', bodyOf({ runAsPassword: 'x' }), 400, 'BadRequest'],
    ['parameters that are not texts', bodyOf({ parameters: [{ name: 'a', value: 1 }] }), 400, 'BadRequest'],
    ['a blob that is not https', bodyOf({ outputBlobUri: 'http://x/y' }), 400, 'BadRequest'],
    ['an unknown property', bodyOf({ elevated: true }), 400, 'BadRequest'],
    ['a script by URL', bodyOf({ source: { scriptUri: 'https://x/y' } }), 501, 'NotImplemented'],
    ['waiting for the script', bodyOf({ asyncExecution: false }), 501, 'NotImplemented'],
    ['a user’s identity', bodyOf({ outputBlobManagedIdentity: { clientId: 'x' } }), 501, 'NotImplemented'],
  ])('refuses %s', async (_name, wanted, status, code) => {
    const answer = await stack.send('PUT', path('/runCommands/p4'), { body: wanted });

    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect((await get('p4')).status).toBe(404);
  });

  it('refuses a name with a space, an unknown machine, an old agent and other api-versions', async () => {
    expect((await put('p%204')).body).toMatchObject({ error: { code: 'InvalidResourceName' } });
    expect((await stack.send('GET', path('').replace('HOST1', 'HOST2'))).body).toMatchObject({
      error: { code: 'ResourceNotFound' },
    });
    machines.machine = { ...machines.machine, agentVersion: '1.32.0' };
    expect((await put('p4')).body).toMatchObject({ error: { code: 'AgentVersionNotSupported' } });
    expect((await stack.send('GET', path('').replace('2025-01-13', '2021-05-20'))).body).toMatchObject({
      error: { code: 'NoRegisteredProviderFound' },
    });
  });

  it('meets the faults that are asked for', async () => {
    stack.test.host.faults.add({
      service: 'arm',
      path: '/runCommands/',
      times: 1,
      then: { status: 429, code: 'TooManyRequests', retryAfter: 3 },
    });

    expect((await put('p4')).headers['retry-after']).toBe('3');
    expect((await put('p4')).status).toBe(201);
  });
});

function bodyOf(properties: Record<string, unknown> = {}): Record<string, unknown> {
  const source = { script: '# Gatehouse step P4' };
  return { location: 'westeurope', properties: { source, asyncExecution: true, ...properties } };
}
