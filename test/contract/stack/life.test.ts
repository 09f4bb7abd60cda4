/**
 * How stacks end, around a small app: when a part dies, when they are stopped early, when they cannot start. Each stack has its own folder and free ports, so these tests may run beside others.
 */
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endProcess, spawnStart, startStack, startTimeoutMs, waitUntil, waitUntilGone } from '../../support/stack.ts';

const app = resolve(__dirname, '..', '..', 'support', 'fixtures', 'idle-app');

describe('sandbox/supervisor/run-stack', () => {
  it('ends with 1 and says which part died when that is not the runtime', async () => {
    const stack = await startStack({ app });

    process.kill(stack.info.processes['cloud'] ?? 0, 'SIGKILL');

    expect(await endProcess(stack.supervisor)).toBe(1);
    expect(stack.output()).toMatch(/cloud died \(SIGKILL\), so the stack ends/);
    await waitUntilGone(Object.values(stack.info.processes));
    await stack.stop();
  });

  it('ends with 0 on SIGTERM during the start, and on a second signal', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
    const start = spawnStart(['--idle', '--state', directory, '--app', app]);
    const hasBegun = (): boolean => statSync(join(directory, 'secrets.json'), { throwIfNoEntry: false }) !== undefined;
    await waitUntil(hasBegun, startTimeoutMs, start.hasEnded);

    start.child.kill('SIGTERM');
    start.child.kill('SIGINT');

    expect(await endProcess(start.child)).toBe(0);
    rmSync(directory, { recursive: true, force: true });
  });

  it('gives up an app that cannot be loaded, with what it wrote', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'gatehouse-app-'));
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
    copyFileSync(join(app, 'host.json'), join(broken, 'host.json'));
    copyFileSync(join(app, 'package.json'), join(broken, 'package.json'));
    writeFileSync(join(broken, 'main.cjs'), "throw new Error('this app is broken');");

    const start = spawnStart(['--idle', '--state', directory, '--app', broken]);

    expect(await endProcess(start.child)).toBe(1);
    expect(start.output()).toContain('this app is broken');
    for (const folder of [broken, directory]) rmSync(folder, { recursive: true, force: true });
  });

  it('says what is wrong with its options in one message, without a stack trace', async () => {
    const start = spawnStart(['--nonsense']);

    expect(await endProcess(start.child)).toBe(1);
    expect(start.output()).toMatch(/Unknown option '--nonsense'[\s\S]*usage: npm start/);
    expect(start.output()).not.toContain('stopped');
    expect(start.output()).not.toMatch(/\n\s+at /);
  });

  it('says what it does from the beginning to the end', async () => {
    const stack = await startStack({ app });

    expect(await stack.stop()).toBe(0);

    expect(stack.output()).toMatch(
      /^starting storage\nstarting .*Azure\nstarting .*application\napp [^]*\nready\nstopping\nstopped\n$/,
    );
  });

  it.each(['--help', '-h'])('answers %s with its options and 0', async (option) => {
    const start = spawnStart(['--idle', option]);

    expect(await endProcess(start.child)).toBe(0);
    expect(start.output()).toMatch(/^usage: npm start -- \[options\]\n/);
  });
});
