/** The machines behind all ways to them at once: SSH, Resource Manager and the control API see the same world. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { HybridMachines } from '../../../sandbox/arm/hybrid-compute/hybrid-machines.ts';
import type { ReadBody } from '../../../sandbox/control/windows-routes.ts';
import type { WindowsReach } from '../../../sandbox/windows/transports/control-routes.ts';
import { type VaultClient, VaultRefusal } from '../../../sandbox/windows/transports/vault-client.ts';
import { type RunningWindows, startWindows } from '../../../sandbox/windows/transports/windows-service.ts';
import type { StepEmulator, WorldDefinition } from '../../../sandbox/windows/world/records.ts';
import { createTestHost, type TestHost } from '../../support/service-host.ts';
import { powershell, visit } from '../../support/windows/ssh-visitor.ts';

const shim = resolve(__dirname, '..', '..', '..', 'sandbox', 'windows', 'transports', 'powershell-shim.ts');
const vaultUrl = 'https://vault.example';
const minuteMs = 60_000;

/** Writes down the secret that it was given, where everybody can see it. */
const p7: StepEmulator = {
  perform: ({ machine, mode, secrets, runAs }) => {
    const { sharedKey } = secrets;
    if (mode === 'apply' && typeof sharedKey === 'string') machine.registry['key'] = sharedKey;
    return { ok: true, changed: mode === 'apply', code: '', facts: { runAs: runAs ?? 'SYSTEM' } };
  },
  seconds: { probe: 10, apply: 30, verify: 10 },
};

function worldOf(...ids: readonly string[]): WorldDefinition {
  return {
    machines: ids.map((id) => ({
      id,
      role: 'host',
      computerName: id.toUpperCase(),
      ssh: {},
      arc: { resourceGroup: 'onprem', name: id.toUpperCase() },
      accounts: [{ name: 'sql', password: 'right Horse 1' }],
    })),
  };
}

describe('sandbox/windows/transports/windows-service', () => {
  let test: TestHost;
  let windows: RunningWindows;
  let secrets: Map<string, string>;
  let reaches: WindowsReach[];

  const vault: VaultClient = {
    read(_url, name) {
      const value = secrets.get(name);
      return value === undefined ? Promise.reject(new VaultRefusal(404, 'Not Found')) : Promise.resolve(value);
    },
    write(_url, name, value) {
      secrets.set(name, value);
      return Promise.resolve();
    },
  };

  function start(): Promise<RunningWindows> {
    return startWindows(test.host, {
      steps: { P7: p7 },
      checkScript: () => [],
      vault,
      vaultUrl,
      defaultWorld: () => worldOf('host1'),
      defaultSecrets: { 'l2tp-key': 'shared' },
      shim,
      sshd: 'off',
      onReach: (reach) => reaches.push(reach),
    });
  }

  beforeEach(async () => {
    test = await createTestHost();
    secrets = new Map();
    reaches = [];
    windows = await start();
  });

  afterEach(async () => {
    await windows.close();
    windows.flush();
    test.close();
  });

  function invocation(source: 'file' | 'vault' | 'prompt', mode = 'apply'): string {
    const sharedKey = { name: 'l2tp-key', kind: 'text', ...(source === 'vault' ? { vaultUrl } : {}) };
    const asked = { v: 1, step: 'P7', mode, parameters: {}, secrets: { sharedKey }, source };
    return Buffer.from(JSON.stringify(asked)).toString('base64url');
  }

  const script = '# Gatehouse step P7\r\n';

  async function ssh(verb: string, request: object): Promise<Record<string, unknown>> {
    const way = reaches.at(-1)?.ssh;
    if (way === undefined) throw new Error('no way to the machines is known');
    const { ports, hostKey, username } = way;
    const privateKey = secrets.get('ssh-key-azs') ?? '';
    const to = { port: ports['host1'] ?? 0, hostKey, username, privateKey };
    const { stdout } = await visit(to, powershell(`# Gatehouse ssh-${verb}\n`), JSON.stringify(request));
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('fills a new folder with the default machines, and the vault with what they let in', async () => {
    expect(reaches).toEqual([
      {
        ssh: expect.objectContaining({ ports: { host1: expect.any(Number) as number } }) as object,
        arc: {
          host1: `/subscriptions/${test.host.subscriptionId}/resourceGroups/onprem/providers/Microsoft.HybridCompute/machines/HOST1`,
        },
        privateKey: expect.any(String) as string,
      },
    ]);
    expect([...secrets.keys()].toSorted()).toEqual(['l2tp-key', 'ssh-key-azs']);

    await windows.close();
    windows.flush();
    secrets.delete('l2tp-key');
    windows = await start();

    expect(reaches[1]).toEqual(reaches[0]);
    expect(secrets.has('l2tp-key')).toBe(false);
  });

  it('runs a step over SSH with the secrets that came with it', async () => {
    const request = {
      id: 'c1',
      script,
      invocation: invocation('file'),
      secrets: { sharedKey: "it's`$x" },
      timeoutSeconds: 600,
    };

    expect(await ssh('start', request)).toEqual({ state: 'started' });
    expect(await ssh('poll', { id: 'c1' })).toEqual({ state: 'running' });
    await test.advance(minuteMs);

    const ended = await ssh('poll', { id: 'c1' });
    expect(ended).toMatchObject({ state: 'ended', exitCode: 0, error: '' });
    expect(JSON.parse(String(ended['output']).trim())).toMatchObject({ v: 1, step: 'P7', mode: 'apply', ok: true });
    expect(windows.world.machine('host1')?.registry['key']).toBe("it's`$x");
    expect(windows.history()).toEqual([expect.objectContaining({ machine: 'host1', transport: 'ssh', changed: true })]);
  });

  it('tells a wrong password of the account to run as by its number', async () => {
    const runAs = { username: 'HOST1\\sql', password: 'wrong' };

    expect(
      await ssh('start', { id: 'c1', script, invocation: invocation('file'), secrets: {}, runAs, timeoutSeconds: 9 }),
    ).toMatchObject({ state: 'failed', code: 'AuthFailed', message: expect.stringContaining('0x8007052e') as string });
  });

  it('runs a step for Resource Manager with secrets from the vault', async () => {
    const arc: Omit<HybridMachines, 'writeBlob'> = windows.arc;
    const machine = arc.find('ONPREM', 'host1');
    if (machine === undefined) throw new Error('no machine');
    const run = { id: 'r1', script, parameters: { Invocation: invocation('vault') }, timeoutSeconds: 600 };

    expect(await arc.start(machine, run)).toEqual({ outcome: 'started' });
    expect(await arc.poll(machine, 'r1')).toEqual({ state: 'running' });
    await test.advance(minuteMs);

    expect(await arc.poll(machine, 'r1')).toMatchObject({ state: 'ended', exitCode: 0, hasTimedOut: false });
    expect(windows.world.machine('host1')?.registry['key']).toBe('shared');
    await arc.remove(machine, 'r1');
    expect(await arc.poll(machine, 'r1')).toEqual({ state: 'absent' });
  });

  it('tells Resource Manager of a script that took too long, an unknown parameter and a machine that is off', async () => {
    const { arc } = windows;
    const machine = arc.find('onprem', 'HOST1');
    if (machine === undefined) throw new Error('no machine');
    const run = { id: 'r1', script, parameters: { Invocation: invocation('vault') }, timeoutSeconds: 20 };
    await arc.start(machine, run);
    await test.advance(minuteMs);

    expect(await arc.poll(machine, 'r1')).toMatchObject({ state: 'ended', hasTimedOut: true });
    expect(await arc.start(machine, { ...run, id: 'r2', parameters: { Other: 'x' } })).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining("'Other'") as string,
    });
    windows.addFault(given({ machine: 'host1', then: { kind: 'powerOff' } }));
    expect(arc.find('onprem', 'HOST1')).toMatchObject({ isConnected: false });
    expect(arc.find('onprem', 'HOST2')).toBeUndefined();
  });

  it('breaks machines and the lines to them as it is told, and refuses what it does not know', async () => {
    windows.addFault(given({ machine: 'host1', then: { kind: 'refuse' } }));
    await expect(ssh('poll', { id: 'c1' })).rejects.toThrow(/ECONNRESET|before handshake/);
    expect(await ssh('poll', { id: 'c1' })).toEqual({ state: 'absent' });

    windows.addFault(given({ machine: 'host1', then: { kind: 'unreachable' } }));
    expect(windows.world.reach('host1')).toBe('silent');

    windows.addFault(given({ machine: 'host1', then: { kind: 'refuse' } }));
    windows.clearFaults();
    expect(await ssh('poll', { id: 'c1' })).toEqual({ state: 'absent' });

    expect(() => windows.addFault(given({ machine: 'nobody', then: { kind: 'refuse' } }))).toThrow(/no machine/);
    expect(() => windows.addFault(given({ machine: 'host1', then: { kind: 'burn' } }))).toThrow(z.ZodError);
  });

  it('takes another world, with other lines, and comes back to the default one', async () => {
    const defined = await windows.define(given(worldOf('host1', 'wap1')));

    expect(Object.keys(defined.ssh.ports)).toEqual(['host1', 'wap1']);
    expect(reaches.at(-1)).toEqual(defined);
    await expect(windows.define(given({ machines: [{ id: 'A B' }] }))).rejects.toThrow(z.ZodError);

    secrets.clear();
    await windows.reset();
    expect(Object.keys(windows.describe())).toEqual(expect.arrayContaining(['machines', 'ssh', 'arc']));
    expect(Object.keys(reaches.at(-1)?.ssh.ports ?? {})).toEqual(['host1']);
    expect(secrets.get('l2tp-key')).toBe('shared');
  });

  it('dials in at a machine, and knows no cloud that is not there', () => {
    const client = { userName: 'a', password: 'b', sharedKey: 'c' };

    expect(windows.connectVpn(given({ machine: 'host1', ...client }))).toEqual({ outcome: 'refused', code: 809 });
    expect(windows.tenantView('nobody')).toBeUndefined();
  });

  it('runs what a person types at a machine, with what they answer at its prompts', async () => {
    const typed = { machine: 'host1', script, invocation: invocation('prompt'), secrets: { 'l2tp-key': 'typed' } };
    const shown = windows.type(given(typed));
    await test.advance(60_000);

    expect(await shown).toMatchObject({ exitCode: 0, output: expect.stringContaining('"ok":true') as string });
    expect(windows.world.machine('host1')?.registry).toEqual({ key: 'typed' });
    expect(windows.history()).toEqual([expect.objectContaining({ transport: 'manual', step: 'P7' })]);
  });

  it('runs a saved script that has its invocation in it', async () => {
    const saved = `${script}param(\r\n  [string]$Invocation = '${invocation('prompt')}'\r\n)\r\n`;
    const shown = windows.type(given({ machine: 'host1', script: saved, secrets: { 'l2tp-key': 'typed' } }));
    await test.advance(60_000);

    expect(await shown).toMatchObject({ exitCode: 0, output: expect.stringContaining('"ok":true') as string });
  });
});

function given(body: unknown): ReadBody {
  return (schema) => schema.parse(body);
}
