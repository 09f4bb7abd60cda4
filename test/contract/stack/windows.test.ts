/**
 * A stack with simulated machines, around a small app: who finds them, what survives a restart, and what a reset
 * leaves.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { sshCommandLine } from '../../../src/onprem/ssh-scripts.ts';
import { type RunningTestStack, startStack } from '../../support/stack.ts';
import { visit, type VisitorOptions } from '../../support/windows/ssh-visitor.ts';

const app = resolve(__dirname, '..', '..', 'support', 'fixtures', 'idle-app');
const timeoutMs = 300_000;
const world = {
  machines: [
    {
      id: 'host1',
      role: 'host',
      computerName: 'HOST1',
      ssh: {},
      arc: { resourceGroup: 'onprem', name: 'HOST1' },
      accounts: [{ name: 'visitor', password: 'right Horse 1' }],
    },
  ],
};

interface Described {
  readonly machines: readonly { readonly id: string }[];
  readonly ssh: VisitorOptions & { readonly ports: Readonly<Record<string, number>> };
}

describe('sandbox/cloud', () => {
  let directory: string;
  let stack: RunningTestStack;

  function start(): Promise<RunningTestStack> {
    return startStack({ app, with: ['windows'], directory, speed: 600 });
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
    stack = await start();
  }, timeoutMs);

  afterAll(async () => {
    await stack.stop();
    rmSync(directory, { recursive: true });
  }, timeoutMs);

  async function machinesNow(): Promise<Described> {
    return (await stack.control('GET', '/windows')).body as Described;
  }

  async function poll(id: string): Promise<unknown> {
    const { ssh } = await machinesNow();
    const privateKey = readFileSync(stack.info.windows?.privateKey ?? '', 'utf8');
    const way = { ...ssh, port: ssh.ports['host1'] ?? 0, privateKey };
    return JSON.parse((await visit(way, sshCommandLine('poll'), JSON.stringify({ id }))).stdout) as unknown;
  }

  it('tells in stack.json how the machines are reached', () => {
    expect(stack.info.windows).toMatchObject({
      ssh: { host: '127.0.0.1', hostKey: expect.stringMatching(/^SHA256:/) as string },
    });
  });

  it('takes a world, answers how it is reached, and runs commands there', async () => {
    const { status, body } = await stack.control('PUT', '/windows/world', world);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      ssh: { ports: { host1: expect.any(Number) as number } },
      arc: { host1: expect.stringContaining('/resourceGroups/onprem/providers/Microsoft.HybridCompute/') as string },
    });
    expect(await poll('nobody')).toEqual({ state: 'absent' });
  });

  it('refuses worlds and faults that it cannot make sense of', async () => {
    expect((await stack.control('PUT', '/windows/world', { machines: [{ id: 'A B' }] })).status).toBe(400);
    const fault = { machine: 'host2', then: { kind: 'refuse' } };
    expect(await stack.control('POST', '/windows/faults', fault)).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/machine' }] },
    });
    expect((await stack.control('GET', '/windows/tenant-view/nobody')).status).toBe(404);
  });

  it('breaks what it is told to break, once', async () => {
    await stack.control('POST', '/windows/faults', { machine: 'host1', then: { kind: 'refuse' } });

    await expect(poll('nobody')).rejects.toThrow(/ECONNRESET|before handshake/);
    expect(await poll('nobody')).toEqual({ state: 'absent' });
  });

  it(
    'keeps the machines, their ports and keys when it is started again',
    async () => {
      const before = await machinesNow();
      await stack.stop();
      stack = await start();

      expect((await machinesNow()).ssh).toEqual(before.ssh);
      expect((await machinesNow()).machines.map(({ id }) => id)).toEqual(['host1']);
      expect(stack.info.windows?.ssh.ports).toEqual(before.ssh.ports);
      expect(await poll('nobody')).toEqual({ state: 'absent' });
    },
    timeoutMs,
  );

  it('forgets on reset what was defined', async () => {
    expect((await stack.control('POST', '/reset')).status).toBe(200);

    expect((await machinesNow()).machines.map(({ id }) => id)).not.toContain('host1');
  });
});
