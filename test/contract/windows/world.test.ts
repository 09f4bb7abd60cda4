import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aSecretName } from '../../support/a-secret-name.ts';
import {
  aMachineWorld,
  commandOf,
  type MachineWorld,
  natAdministrator,
  vaultUrl,
} from '../../support/windows/machine-world.ts';

const secondMs = 1000;

describe('sandbox/windows/world/world', () => {
  let made: MachineWorld;

  beforeAll(async () => {
    made = await aMachineWorld();
  });

  afterAll(() => {
    made.close();
  });

  beforeEach(() => {
    made.define();
    made.remoteAccess().vpnS2SStatus = 'Installed';
    made.vault.clear();
  });

  const key = { sharedKey: 'a key' };
  const p7 = { parameters: { keyIsCurrent: false }, secrets: key };

  it('refuses a definition with a field that no machine has', () => {
    expect(() => {
      made.world().define({ machines: [{ id: 'm', role: 'host', computerName: 'M', colour: 'red' }] });
    }).toThrow(/colour/);
  });

  it('takes the simulated time, and has its effect at the end of it', async () => {
    made.start('c1', 'P4', 'apply', { parameters: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' } });

    await made.test.advance(59 * secondMs);
    expect(made.world().poll('host', 'c1')).toEqual({ state: 'running' });
    expect(made.remoteAccess().vpnStatus).toBe('Uninstalled');

    await made.test.advance(secondMs);
    expect(made.world().poll('host', 'c1')).toMatchObject({ state: 'ended', exitCode: 0, error: '' });
    expect(made.remoteAccess().vpnStatus).toBe('Installed');
  });

  it('ends its output with the answer on a line of its own', async () => {
    const ended = await made.runRaw('C1', 'probe', { on: 'host' });

    expect(ended).toMatchObject({
      state: 'ended',
      output: expect.stringMatching(/^\{"v":1,"step":"C1".*\}\r\n$/) as string,
    });
  });

  it('attaches to a command of the same id', () => {
    const first = made.start('c1', 'C1', 'probe', { on: 'host' });
    const second = made.start('c1', 'C1', 'probe', { on: 'host' });

    expect([first.outcome, second.outcome]).toEqual(['started', 'attached']);
  });

  it('knows nothing of a command that was never started or was cleaned up', async () => {
    await made.runRaw('C1', 'probe', { on: 'host' });
    made.start('c1', 'C1', 'probe', { on: 'host' });
    made.world().cleanup('host', 'c1');
    await made.test.advance(60 * secondMs);

    expect(made.world().poll('host', 'c1')).toEqual({ state: 'absent' });
    expect(made.world().poll('host', 'c2')).toEqual({ state: 'absent' });
    expect(made.world().history()).toHaveLength(1);
  });

  it('leaves no exit code and no effect of a command that was canceled', async () => {
    made.start('c1', 'P4', 'apply', { parameters: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' } });
    await made.test.advance(10 * secondMs);
    made.world().cancel('host', 'c1');
    await made.test.advance(100 * secondMs);

    expect(made.world().poll('host', 'c1')).toEqual({ state: 'ended', output: '', error: '' });
    expect(made.remoteAccess().vpnStatus).toBe('Uninstalled');
  });

  it('ends a command with 1460 when its time is over', async () => {
    made.nat().slowFactor = 20;

    expect(await made.run('P6', 'apply', { timeoutSeconds: 120 })).toMatchObject({ ok: false, code: 'timedOut' });
  });

  it('goes on with a running command after a restart of the stack', async () => {
    made.start('c1', 'P7', 'apply', p7);
    await made.test.advance(secondMs);
    made.restart();
    await made.test.advance(2 * secondMs);
    made.restart();
    await made.test.advance(10 * secondMs);

    expect(made.world().poll('host', 'c1')).toMatchObject({ state: 'ended', exitCode: 0 });
    expect(made.remoteAccess().sharedKey).toBe('a key');
  });

  it('keeps machines, ended commands and history over a restart of the stack', async () => {
    await made.run('P7', 'apply', p7);
    const before = made.world().history();
    made.restart();

    expect(made.remoteAccess().sharedKey).toBe('a key');
    expect(made.world().history()).toEqual(before);
    expect(before).toEqual([
      expect.objectContaining({
        machine: 'natvm',
        connectedTo: 'host',
        step: 'P7',
        mode: 'apply',
        changed: true,
        code: '',
      }),
    ]);
  });

  it('journals the start and the end of a step with the machine that it acts on', async () => {
    await made.run('P7', 'apply', p7);
    await made.run('P8', 'probe');

    expect(made.journal().slice(-4)).toMatchObject([
      { method: 'START', path: '/natvm/P7/apply', status: 202 },
      { method: 'END', path: '/natvm/P7/apply', status: 200 },
      { method: 'START', path: '/natvm/P8/probe', status: 202 },
      { method: 'END', path: '/natvm/P8/probe', status: 500 },
    ]);
  });

  describe('scripts', () => {
    const asked = { v: 1, step: 'C1', mode: 'probe', parameters: {}, secrets: {}, source: 'file' };
    const encode = (invocation: object): string => Buffer.from(JSON.stringify(invocation)).toString('base64url');

    async function runText(script: string, invocation: string) {
      const command = { ...commandOf('c1', 'C1', 'probe', { on: 'host' }), script, invocation };
      made.world().start('host', command, 'ssh');
      await made.test.advance(20 * secondMs);
      return made.world().poll('host', 'c1');
    }

    it('does nothing for a script that names no step', async () => {
      expect(await runText('Get-Date\n', encode(asked))).toMatchObject({ exitCode: 1, output: '' });
    });

    it('refuses a script of another step than the one asked for', async () => {
      expect(await runText('# Gatehouse step P4\n', encode(asked))).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining('another step') as string,
      });
    });

    it.each([
      ['no base64url', '{"v":1}'],
      ['no JSON', Buffer.from('not JSON').toString('base64url')],
      ['another version', encode({ ...asked, v: 2 })],
      ['a field of nobody', encode({ ...asked, extra: 1 })],
    ])('refuses an invocation that is %s', async (_what, invocation) => {
      expect(await runText('# Gatehouse step C1\n', invocation)).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining('ToolFailed') as string,
      });
    });

    it('answers a parameter that the step does not have as PowerShell binds arguments', async () => {
      const ended = await runText('# Gatehouse step C1\n', encode({ ...asked, parameters: { colour: 'red' } }));

      expect(ended).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining("matches parameter name 'colour'") as string,
      });
    });

    it('ends with what the gate finds, on the error stream', async () => {
      const gated = await aMachineWorld({
        checkScript: () => [{ line: 3, rule: 'parse', message: 'The term is not recognized.' }],
      });
      gated.define();
      const ended = await gated.runRaw('C1', 'probe', { on: 'host' });
      gated.close();

      expect(ended).toEqual({
        state: 'ended',
        exitCode: 1,
        output: '',
        error: 'At line:3 The term is not recognized. (parse)\r\n',
      });
    });
  });

  describe('secrets', () => {
    it('reads them from Key Vault as the machine, where it is an Arc machine', async () => {
      made.vault.set(`${vaultUrl} ${aSecretName('P7', 'sharedKey')}`, "it's `$x");
      made.vault.set(`${vaultUrl} account-natvm-administrator`, JSON.stringify(natAdministrator));
      const answer = await made.run('P7', 'apply', { ...p7, transport: 'arc' });

      expect(answer.ok).toBe(true);
      expect(made.remoteAccess().sharedKey).toBe("it's `$x");
    });

    it('answers ToolFailed for a secret that Key Vault does not have', async () => {
      made.vault.set(`${vaultUrl} account-natvm-administrator`, JSON.stringify(natAdministrator));

      expect(await made.run('P7', 'apply', { ...p7, transport: 'arc' })).toMatchObject({ code: 'toolFailed' });
    });

    it('answers ToolFailed on a machine without an identity', async () => {
      made.define((definition) => {
        delete definition.machines[0].arc;
      });

      expect(await made.run('P7', 'apply', { ...p7, transport: 'arc' })).toMatchObject({ code: 'toolFailed' });
    });

    it('forgets them when the command has ended', async () => {
      await made.run('P7', 'apply', { ...p7, secrets: { sharedKey: 'seen nowhere' } });
      made.remoteAccess().sharedKey = 'another';

      made.world().flush();

      const kept = readFileSync(join(made.test.host.directory, 'windows.json'), 'utf8');
      expect(kept).toContain('run-');
      expect(kept).not.toContain('seen nowhere');
    });
  });

  describe('the machine behind', () => {
    const wrong = { ...natAdministrator, password: 'wrong' };

    it('counts a wrong password and locks the account, for the right one too', async () => {
      for (const times of [1, 2, 3]) {
        expect(await made.run('P7', 'apply', { ...p7, viaCredential: wrong })).toMatchObject({ code: 'authFailed' });
        expect(made.nat().accounts[0]).toMatchObject({ badLogons: times, isLockedOut: times === 3 });
      }

      expect(await made.run('P7', 'apply', p7)).toMatchObject({
        code: 'authFailed',
        message: expect.stringContaining('1909') as string,
      });
      expect(made.remoteAccess().sharedKey).toBeUndefined();
    });

    it('lets administrators in, and nobody else', async () => {
      made.define((definition) => {
        definition.machines[1].accounts = [{ name: 'guest', password: 'Guest-Pass-1' }];
      });
      const viaCredential = { username: 'NATVM\\guest', password: 'Guest-Pass-1' };

      expect(await made.run('P7', 'apply', { ...p7, viaCredential })).toMatchObject({
        code: 'authFailed',
        message: expect.stringContaining('Access is denied') as string,
      });
    });

    it('refuses to send a password to an address that is not in TrustedHosts', async () => {
      made.host().winRm.trustedHosts = [];

      expect(await made.run('P7', 'apply', p7)).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('TrustedHosts') as string,
      });
    });

    it('is unreachable where the network does not let the host through', async () => {
      made.define((definition) => {
        Object.assign(definition, { network: { blocked: [{ from: 'host', to: 'natvm' }] } });
      });

      expect(await made.run('P7', 'apply', p7)).toMatchObject({ code: 'unreachable' });
    });
  });

  describe('the account to run as', () => {
    it('refuses a wrong password at once, and counts it', () => {
      const runAs = { username: 'operator', password: 'wrong' };

      expect(made.start('c1', 'C1', 'probe', { on: 'host', runAs })).toMatchObject({
        outcome: 'refused',
        code: 'AuthFailed',
      });
      expect(made.host().accounts[0]?.badLogons).toBe(1);
    });

    it('is not elevated where it is no administrator', async () => {
      const runAs = { username: 'operator', password: 'Oper-Ator-1' };

      expect((await made.run('C1', 'probe', { on: 'host' })).facts).toMatchObject({ isElevated: true });
      expect((await made.run('C1', 'probe', { on: 'host', runAs })).facts).toMatchObject({ isElevated: false });
      expect(await made.run('C2', 'apply', { on: 'host', runAs })).toMatchObject({
        code: 'authFailed',
        message: 'Access is denied.',
      });
    });
  });

  describe('a restart', () => {
    it('comes after the answer, takes the machine away, and counts when it is back', async () => {
      made.host().isRestartPending = true;
      const before = await made.run('C2', 'probe', { on: 'host' });
      const applied = await made.run('C2', 'apply', { on: 'host' });
      const early = await made.run('C2', 'verify', { on: 'host' });
      await made.test.advance(40 * secondMs);
      const during = made.world().reach('host');
      await made.test.advance(90 * secondMs);

      expect([before.code, applied.ok, early.code, during]).toEqual(['notDone', true, 'verifyFailed', 'refuses']);
      expect(made.world().reach('host')).toBe('answers');
      expect(await made.run('C2', 'verify', { on: 'host' })).toMatchObject({ ok: true });
      expect(await made.run('C2', 'probe', { on: 'host' })).toMatchObject({ ok: true });
    });

    it('comes also when the stack is started again meanwhile', async () => {
      await made.run('C2', 'apply', { on: 'host' });
      made.restart();
      await made.test.advance(40 * secondMs);
      made.restart();

      expect(made.world().reach('host')).toBe('refuses');
      await made.test.advance(90 * secondMs);
      expect(made.world().reach('host')).toBe('answers');
    });

    it('leaves nothing of the commands that ran on the machine but what they had written', async () => {
      await made.run('C2', 'apply', { on: 'host' });
      made.start('c1', 'P4', 'apply', { parameters: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' } });
      await made.test.advance(200 * secondMs);

      expect(made.world().poll('host', 'c1')).toEqual({ state: 'ended', output: '', error: '' });
      expect(made.world().history().at(-1)).not.toHaveProperty('ended');
    });
  });

  it('is not there for a machine that nobody defined', () => {
    expect(made.world().reach('nobody')).toBe('refuses');
    expect(made.world().start('nobody', commandOf('c1', 'C1', 'probe', { on: 'host' }), 'ssh')).toMatchObject({
      outcome: 'refused',
      code: 'Unreachable',
    });
  });
});
