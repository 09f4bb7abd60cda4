/**
 * What every way to a machine promises to the procedures, whichever it is. Each way brings a bench: the runner, and
 * what a test does at the machine's end of it.
 */
import type { Machine } from '../../../src/domain/machine.ts';
import type { RemoteCommand, RemotePoll, RemoteRunner } from '../../../src/ports/remote-runner.ts';
import type { CommandEnd } from './stub-commands.ts';

export interface RunnerBench {
  readonly runner: RemoteRunner;
  readonly machine: Machine;
  /** False where a person brings the output and nothing else. */
  readonly tellsExitCode: boolean;
  /** How often the command has begun at the machine's end. */
  runs(id: string): Promise<number>;
  /** The command ends on the machine. */
  end(id: string, end: Partial<CommandEnd>): Promise<void>;
  /** The next start takes effect, and its answer is lost. */
  loseAnswerToStart(): void;
  /** What is seen by others than the machine: addresses, command lines, resources, rows. */
  inTheOpen(): string;
  /** Whether the machine's end still shows anything of the command. */
  isLeft(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export const secretText = `it's "quoted"; $(Clear-Disk C:\\) \`n\r\n& <tag> {0} %PATH% — пароль 密码 😀`;
export const benchSecrets = {
  'l2tp-key-shared': secretText,
  'account-cloud-admin': JSON.stringify({ username: 'AZURESTACK\\CloudAdmin', password: `P${secretText}` }),
  'run-as-sql-admin': JSON.stringify({ username: 'contoso\\sql', password: `R${secretText}` }),
};

let commands = 0;

/** A command of its own for each test. */
export function aCommand(machine: Machine, given: Partial<RemoteCommand> = {}): RemoteCommand {
  commands += 1;
  const invocation = { v: 1, step: 'P4', mode: 'apply', parameters: { number: commands } };
  return {
    id: `op-7f3a-1-p4-apply-${commands}`,
    machine,
    script: '# Gatehouse step P4\nparam([string]$Invocation)\n$Step = { }\n',
    invocation: Buffer.from(JSON.stringify(invocation)).toString('base64url'),
    secrets: {
      sharedKey: { name: 'l2tp-key-shared', use: 'l2tpKey' },
      cloudAdmin: { name: 'account-cloud-admin', use: 'account' },
    },
    timeoutSeconds: 300,
    ...given,
  };
}

export function describeRunnerContract(create: () => Promise<RunnerBench>): void {
  let bench: RunnerBench;

  beforeEach(async () => {
    bench = await create();
  });
  afterEach(async () => {
    await bench.close();
  });

  async function start(given: Partial<RemoteCommand> = {}): Promise<{ readonly id: string; readonly handle: string }> {
    const command = aCommand(bench.machine, given);
    const started = await bench.runner.start(command);
    if (started.outcome !== 'started') throw new Error(`not started: ${JSON.stringify(started)}`);
    return { id: command.id, handle: started.handle };
  }
  const poll = (handle: string): Promise<RemotePoll> => bench.runner.poll(bench.machine, handle);

  it('runs a command until it has ended and shows what it wrote', async () => {
    const { id, handle } = await start();

    expect(await poll(handle)).toEqual({ outcome: 'running' });
    await bench.end(id, { exitCode: 1, output: 'VERBOSE: a\r\n{"v":1,"ok":false}\r\n' });

    const exitCode = bench.tellsExitCode ? 1 : undefined;
    expect(await poll(handle)).toMatchObject({ outcome: 'ended', exitCode });
    expect(lastLineOf(await poll(handle))).toBe('{"v":1,"ok":false}');
  });

  it('attaches when the same command is started again, running or ended', async () => {
    const command = aCommand(bench.machine);

    const first = await bench.runner.start(command);
    const second = await bench.runner.start(command);
    await bench.end(command.id, { output: '{"v":1}\n' });
    const third = await bench.runner.start(command);

    expect([first, second, third].map(({ outcome }) => outcome)).toEqual(['started', 'started', 'started']);
    expect(await bench.runs(command.id)).toBe(1);
    expect(lastLineOf(await poll(command.id))).toBe('{"v":1}');
  });

  it('attaches when the answer to the start was lost', async () => {
    const command = aCommand(bench.machine);
    bench.loseAnswerToStart();

    const lost = await bench.runner.start(command).catch(() => ({ outcome: 'thrown' }));
    const again = await bench.runner.start(command);

    expect(lost.outcome).toMatch(/refused|thrown/);
    expect(again.outcome).toBe('started');
    expect(await bench.runs(command.id)).toBe(1);
  });

  it('keeps commands of other ids apart', async () => {
    const one = await start();
    const other = await start();

    await bench.end(one.id, { output: 'one\n' });

    expect(lastLineOf(await poll(one.handle))).toBe('one');
    expect(await poll(other.handle)).toEqual({ outcome: 'running' });
  });

  it('stops a command, which is not running then', async () => {
    const { handle } = await start();

    await bench.runner.cancel(bench.machine, handle);
    await bench.runner.cancel(bench.machine, handle);

    expect((await poll(handle)).outcome).toMatch(/ended|refused/);
  });

  it('leaves nothing behind after cleanup, however often it is asked to', async () => {
    const { id, handle } = await start();
    await bench.end(id, { output: '{"v":1}\n' });

    await bench.runner.cleanup(bench.machine, handle);
    await bench.runner.cleanup(bench.machine, handle);

    expect(await bench.isLeft(id)).toBe(false);
    expect(await poll(handle)).toMatchObject({ outcome: 'refused', code: 'toolFailed' });
  });

  it('counts a command that never was as stopped and cleaned up', async () => {
    expect(await bench.runner.cancel(bench.machine, 'never-was')).toEqual({ outcome: 'done' });
    expect(await bench.runner.cleanup(bench.machine, 'never-was')).toEqual({ outcome: 'done' });

    expect(await poll('never-was')).toMatchObject({ outcome: 'refused', code: 'toolFailed' });
  });

  it('shows the last line of long output whole', async () => {
    const { id, handle } = await start();
    const answer = JSON.stringify({ v: 1, facts: { text: 'é'.repeat(20_000) } });

    await bench.end(id, { output: `${'VERBOSE: line\r\n'.repeat(15_000)}${answer}\r\n` });

    expect(lastLineOf(await poll(handle))).toBe(answer);
  });

  it('shows output of any script of the world as it was', async () => {
    const { id, handle } = await start();
    const answer = JSON.stringify({ message: 'Zugriff verweigert: Größe — 密码 😀 \u2028 "quoted" \\ \t' });

    await bench.end(id, { output: `${answer}\n` });

    expect(lastLineOf(await poll(handle))).toBe(answer);
  });

  it.each([3010, 1618, 0, 1])('tells exit code %i', async (exitCode) => {
    const { id, handle } = await start();

    await bench.end(id, { exitCode, output: '{"v":1}\n' });

    expect(await poll(handle)).toMatchObject({ exitCode: bench.tellsExitCode ? exitCode : undefined });
  });

  it('keeps secrets out of everything that others see', async () => {
    const command = aCommand(bench.machine, { runAs: 'run-as-sql-admin' });
    const started = await bench.runner.start(command);
    const running = await poll(command.id);
    const seen = JSON.stringify([started, running, bench.inTheOpen()]);

    await bench.end(command.id, { output: '{"v":1}\n' });

    for (const part of ['Clear-Disk', 'пароль', '密码', JSON.stringify(secretText).slice(1, -1)]) {
      expect(seen + JSON.stringify(await poll(command.id)) + bench.inTheOpen()).not.toContain(part);
    }
  });
}

function lastLineOf(seen: RemotePoll): string {
  if (seen.outcome !== 'ended') throw new Error(`not ended: ${JSON.stringify(seen)}`);
  // Only line breaks of Windows and Unix end a line of output.
  return seen.output.trimEnd().split(/\r?\n/).at(-1) ?? '';
}
