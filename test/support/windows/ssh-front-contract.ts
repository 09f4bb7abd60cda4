/**
 * What every SSH front of the simulated machines keeps to, asked with the real `ssh2` client: run for the server in
 * Node by the contract tests and for Debian's sshd by the witness tests.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ssh2 from 'ssh2';
import { type SshdChoice, type SshFront, startSshFront } from '../../../sandbox/windows/transports/ssh-front.ts';
import type { Verb } from '../../../sandbox/windows/transports/ssh-requests.ts';
import { createRecordingWorld, type RecordingWorld } from './recording-world.ts';
import { powershell, visit, type VisitResult, wayTo } from './ssh-visitor.ts';

const shim = resolve(__dirname, '..', '..', '..', 'sandbox', 'windows', 'transports', 'powershell-shim.ts');
const command = {
  id: 'p4-apply-1',
  script: "# Gatehouse step P4\r\nparam([string]$Invocation)\r\n'done'\r\n",
  invocation: 'eyJ2IjoxfQ',
  secrets: {},
  timeoutSeconds: 600,
};

export function keepsToSshContract(sshd: SshdChoice, expectedServer: SshFront['server']): void {
  let directory: string;
  let world: RecordingWorld;
  let front: SshFront;

  beforeAll(async () => {
    // A quote and a space, because this becomes a part of command lines.
    directory = mkdtempSync(join(tmpdir(), "gatehouse-ssh's front-"));
    world = createRecordingWorld(['azs-host1', 'wap1']);
    front = await startSshFront({
      world,
      checkScript: (text) =>
        text.includes('Invoke-Expression') ? [{ line: 2, rule: 'no-invoke-expression', message: 'Not here.' }] : [],
      directory: join(directory, 'ssh'),
      shim,
      sshd,
    });
  });

  beforeEach(() => {
    world.reaches.clear();
    world.keys.clear();
    world.begun.length = 0;
    world.asked.length = 0;
    world.ended.clear();
    world.refusal = undefined;
    front.faults.clear();
  });

  afterAll(async () => {
    await front.close();
    rmSync(directory, { recursive: true });
  });

  function send(verb: Verb, request: unknown, machineId = 'azs-host1'): Promise<VisitResult> {
    return visit(wayTo(front, machineId), powershell(`# Gatehouse ssh-${verb}\n$x = 1\n`), `${toAscii(request)}\n`);
  }

  it('is the server that was asked for, on loopback', () => {
    expect(front.server).toBe(expectedServer);
    expect(front.reach()).toMatchObject({
      host: '127.0.0.1',
      hostKey: expect.stringMatching(/^SHA256:[\w+/]{43}$/) as string,
    });
  });

  it('keeps the visitor’s key for this user alone', () => {
    expect(statSync(front.privateKeyFile).mode & 0o077).toBe(0);
  });

  it('starts a command with its script, invocation and secrets as they were sent', async () => {
    const secrets = {
      sharedKey: 'a\'b"c$d`e;f\n\u{1F511}é%PATH%',
      credential: { username: 'CORP\\Jörg', password: '$(hostname)`n' },
    };
    const runAs = { username: 'CORP\\sql', password: '"; exit 7; "' };

    const result = await send('start', { ...command, secrets, runAs });

    expect(result).toEqual({ exitCode: 0, stdout: '{"state":"started"}\r\n', stderr: '' });
    expect(world.begun).toEqual([{ machineId: 'azs-host1', command: { ...command, secrets, runAs } }]);
  });

  it('attaches to a command of the same id, and starts it once', async () => {
    await send('start', command);

    expect((await send('start', command)).stdout).toBe('{"state":"attached"}\r\n');
    expect(world.begun).toHaveLength(1);
  });

  it('takes the machine from the line', async () => {
    await Promise.all([send('start', command, 'wap1'), send('start', command, 'azs-host1')]);

    expect(world.begun.map(({ machineId }) => machineId).toSorted()).toEqual(['azs-host1', 'wap1']);
  });

  it('answers polls in ASCII, whatever the command wrote and with exit codes of Windows', async () => {
    await send('start', command);
    expect(JSON.parse((await send('poll', { id: command.id })).stdout)).toEqual({ state: 'running' });
    const output = `Ausführlich: \u{1F512}\r\n${'x'.repeat(300_000)}\r\n{"v":1}\r\n`;
    world.ended.set(command.id, { state: 'ended', exitCode: 3010, output, error: 'späte Warnung' });

    const { stdout, exitCode } = await send('poll', { id: command.id });

    expect(stdout).toMatch(/^[\x20-\x7e]+\r\n$/);
    expect(JSON.parse(stdout)).toEqual({ state: 'ended', exitCode: 3010, output, error: 'späte Warnung' });
    expect(exitCode).toBe(0);
  });

  it('answers that a command is absent when it is', async () => {
    expect(JSON.parse((await send('poll', { id: 'nobody' })).stdout)).toEqual({ state: 'absent' });
  });

  it('cancels and cleans up, as often as it is asked', async () => {
    for (const verb of ['cancel', 'cleanup', 'cleanup'] as const) {
      expect((await send(verb, { id: 'p4-apply-1' })).stdout).toBe('{"state":"gone"}\r\n');
    }
    expect(world.asked).toEqual(['cancel', 'cleanup', 'cleanup'].map((verb) => `${verb} azs-host1 p4-apply-1`));
  });

  it('tells why a command was not started, in the line that the script writes', async () => {
    world.refusal = { code: 'AuthFailed', message: '0x8007052e,Register-ScheduledTask' };

    const { exitCode, stdout } = await send('start', command);

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ state: 'failed', ...world.refusal });
  });

  it('answers errors as PowerShell does through pipes: CLIXML and exit code 1', async () => {
    const { exitCode, stdout, stderr } = await send('poll', { id: '<P4> & more' });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^#< CLIXML\r\n<Objs .*<S S="Error">The request [^<>]*_x000D__x000A_<\/S><\/Objs>$/);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'start please\n'],
    ['another shape', '{"id":"a","script":"x"}\n'],
    ['a field too many', `${JSON.stringify({ ...command, elevate: true })}\n`],
    ['an id that is a path', `${JSON.stringify({ ...command, id: '..\\..\\windows' })}\n`],
    ['an invocation with quotes', `${JSON.stringify({ ...command, invocation: "'; shutdown" })}\n`],
    ['a script that is not ASCII', `${JSON.stringify({ ...command, script: 'x' }).replace('"x"', '"\\u2013"')}\n`],
    ['bytes that are not ASCII', Buffer.from('{"id":"é"}\n')],
    ['binary', Buffer.from([0, 255, 254, 1, 10])],
  ])('refuses standard input that is %s, starts nothing and repeats none of it', async (_name, stdin) => {
    const { stdout, stderr } = await visit(wayTo(front, 'azs-host1'), powershell('# Gatehouse ssh-start\n'), stdin);

    expect(JSON.parse(stdout)).toMatchObject({ state: 'failed', code: 'ToolFailed' });
    expect(stdout + stderr).not.toMatch(/shutdown|windows\b/);
    expect(world.begun).toEqual([]);
  });

  it('reads one line and leaves what follows', async () => {
    const line = `${JSON.stringify({ id: 'one' })}\n`;

    await visit(wayTo(front, 'azs-host1'), powershell('# Gatehouse ssh-poll\n'), `${line}{"id":"two"}\n`);

    expect(world.asked).toEqual(['poll azs-host1 one']);
  });

  it.each([
    ['another program', 'calc.exe /x', /^'calc.exe' is not recognized as an internal or external command,\r\n/],
    ['another way to start PowerShell', 'powershell.exe -Command hostname', /^'powershell.exe' is not recognized/],
    ['more than cmd.exe takes', powershell('#'.repeat(4000)), /^The command line is too long\.\r\n$/],
    ['a script that is not one of the four', powershell("'hello'"), /^#< CLIXML[\s\S]*does not interpret PowerShell/],
    ['a script that fails the gate', powershell('# Gatehouse ssh-poll\nInvoke-Expression $x'), /no-invoke-expression/],
  ])('answers %s as Windows or the gate does', async (_name, commandLine, expected) => {
    const { exitCode, stdout, stderr } = await visit(wayTo(front, 'azs-host1'), commandLine, '{"id":"a"}\n');

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(world.asked).toEqual([]);
  });

  it('lets in neither another key nor another name', async () => {
    const stranger = ssh2.utils.generateKeyPairSync('ed25519').private;
    const way = wayTo(front, 'azs-host1');

    await expect(visit({ ...way, privateKey: stranger }, 'x', '')).rejects.toMatchObject({
      level: 'client-authentication',
    });
    await expect(visit({ ...way, username: 'nobody' }, 'x', '')).rejects.toMatchObject({
      level: 'client-authentication',
    });
  });

  it('lets in the keys alone that a machine names', async () => {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    world.keys.set('wap1', [pair.public]);

    await expect(send('poll', { id: 'a' }, 'wap1')).rejects.toMatchObject({ level: 'client-authentication' });
    const way = { ...wayTo(front, 'wap1'), privateKey: pair.private };
    expect((await visit(way, powershell('# Gatehouse ssh-poll\n'), '{"id":"a"}')).exitCode).toBe(0);
  });

  it('shows the host key that it was given, so that a client with another pinned one goes away', async () => {
    const way = { ...wayTo(front, 'azs-host1'), hostKey: `SHA256:${'A'.repeat(43)}` };

    await expect(visit(way, 'x', '')).rejects.toThrow(/host key|Host denied|verification failed/i);
  });

  it('resets connections to a machine that refuses them', async () => {
    world.reaches.set('azs-host1', 'refuses');

    await expect(send('poll', { id: 'a' })).rejects.toThrow(/ECONNRESET|before handshake/);
    expect((await send('poll', { id: 'a' }, 'wap1')).exitCode).toBe(0);
  });

  it('says nothing on a line that is silent', async () => {
    world.reaches.set('azs-host1', 'silent');

    await expect(visit({ ...wayTo(front, 'azs-host1'), readyTimeoutMs: 300 }, 'x', '')).rejects.toThrow(/Timed out/);
  });

  it('breaks the line before or after the effect, once for each time that it was asked for', async () => {
    front.faults.add('azs-host1', 'dropBefore', 1);
    expect(await broken(send('start', command))).toBe(true);
    expect(world.begun).toEqual([]);

    front.faults.add('azs-host1', 'dropAfter', 1);
    expect(await broken(send('start', command))).toBe(true);
    expect(world.begun).toHaveLength(1);

    expect((await send('start', command)).stdout).toBe('{"state":"attached"}\r\n');
  });

  it('opens lines for new machines, on the ports that they keep', async () => {
    const before = front.reach().ports;
    world.machines.push('portal1');
    await front.refresh();
    const { portal1 } = front.reach().ports as { portal1?: number };

    expect(front.reach().ports).toEqual({ ...before, portal1 });
    expect((await send('poll', { id: 'a' }, 'portal1')).exitCode).toBe(0);

    world.machines.pop();
    await front.refresh();
    expect(front.reach().ports).toEqual(before);
    world.machines.push('portal1');
    await front.refresh();
    expect(front.reach().ports['portal1']).toBe(portal1);
  });
}

/** The client of the app has to take both for the same: an error, or a channel that closes without an exit code. */
async function broken(visiting: Promise<VisitResult>): Promise<boolean> {
  try {
    return (await visiting).exitCode === undefined;
  } catch {
    return true;
  }
}

function toAscii(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
