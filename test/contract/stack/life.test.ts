/**
 * How stacks end, around a small app: when a part dies, when they are stopped early, when they cannot start. Each stack
 * has its own folder and free ports, so these tests may run beside others.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  endProcess,
  spawnStart,
  type StackInfo,
  startStack,
  startTimeoutMs,
  waitUntil,
  waitUntilGone,
} from '../../support/stack.ts';

const root = resolve(__dirname, '..', '..', '..');
const app = join(root, 'test', 'support', 'fixtures', 'idle-app');

/** Runs one file of the fixtures as a test, in a Jest of its own. */
function spawnTest(file: string, environment: Readonly<Record<string, string>>) {
  const program = resolve('node_modules', 'jest', 'bin', 'jest.js');
  const options = ['--runInBand', '--selectProjects', 'contract', '--testMatch', `**/fixtures/${file}`];
  const child = spawn(process.execPath, [program, ...options], {
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  });
  return { child, hasEnded: () => child.exitCode !== null || child.signalCode !== null };
}

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
    expect(start.output()).toMatch(/ at .*sandbox\/runtime\/core\/load-app\.ts:\d+/);
    for (const folder of [broken, directory]) rmSync(folder, { recursive: true, force: true });
  });

  it('ends with all its processes when the test that started it is killed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
    const test = spawnTest('left-behind.ts', { LEFT_BEHIND_DIRECTORY: directory });
    const stackFile = join(directory, 'stack.json');
    const infoOf = (): StackInfo => JSON.parse(readFileSync(stackFile, 'utf8')) as StackInfo;
    await waitUntil(() => existsSync(stackFile), startTimeoutMs, test.hasEnded);
    const { processes } = infoOf();
    const supervisor = Number(readFileSync(join(directory, 'lock'), 'utf8'));

    test.child.kill('SIGKILL');

    await waitUntilGone([supervisor, ...Object.values(processes)]);
    expect(existsSync(stackFile)).toBe(false);
    rmSync(directory, { recursive: true, force: true });
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

  it('ends in order when its terminal is closed', async () => {
    const stack = await startStack({ app });

    stack.supervisor.kill('SIGHUP');

    expect(await endProcess(stack.supervisor)).toBe(0);
    expect(stack.output()).toMatch(/stopping\nstopped\n$/);
    expect(existsSync(join(stack.directory, 'stack.json'))).toBe(false);
    await waitUntilGone(Object.values(stack.info.processes));
    await stack.stop();
  });

  it('is said to have ended by wait and connect, when it was killed and left its file', async () => {
    const stack = await startStack({ app });
    stack.supervisor.kill('SIGKILL');
    await waitUntilGone(Object.values(stack.info.processes));

    for (const script of ['wait.ts', 'connect.ts']) {
      const args = [join(root, 'sandbox', script), '--state', stack.directory, 'op-1'];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });

      expect(status).toBe(1);
      expect(stderr).toContain(
        `No stack answers at ${stack.info.app.url}: it has ended. Start it again with npm start.\n`,
      );
    }
    await stack.stop();
  });

  it.each(['--help', '-h'])('answers %s with its options and 0', async (option) => {
    const start = spawnStart(['--idle', option]);

    expect(await endProcess(start.child)).toBe(0);
    expect(start.output()).toMatch(/^usage: npm start -- \[options\]\n/);
  });
});
