/**
 * A Windows machine's SSH server, by ssh2's own server: it knows the four fixed scripts by their first lines, reads one
 * line of input and keeps commands in memory. Faults are asked for one at a time, for the next command line.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import type { Machine } from '../../../src/domain/machine.ts';
import { anSshKey } from '../builders/an-ssh-key.ts';
import { createStubCommands, type GivenCommand, type StubCommands } from './stub-commands.ts';

export interface ShellAnswer {
  readonly stdout: string;
  readonly stderr?: string;
  readonly exitCode: number;
}

export type SshFault =
  /** The connection breaks before the script has read anything. */
  | 'drop before input'
  /** The connection breaks when the script has done its work, before it answers. */
  | 'drop before answer'
  | 'hang'
  | 'endless output'
  | 'no command lines'
  | ShellAnswer;

export interface SshMachine {
  readonly machine: Machine;
  readonly privateKey: string;
  readonly commands: StubCommands;
  /** What the machine's other users can see: command lines, oldest first. */
  readonly commandLines: readonly string[];
  /** User names of the attempts to get in that named or signed with a key. */
  readonly attempts: readonly string[];
  /** Command lines from now on are answered so, one each. */
  failNext(fault: SshFault): void;
  /** Lets this key in as well. */
  allow(publicKey: string): void;
  openConnections(): number;
  close(): Promise<void>;
}

export const sshKeyName = 'ssh-key-machine';
const username = 'CONTOSO\\gatehouse';

export async function startSshMachine(): Promise<SshMachine> {
  const host = anSshKey();
  const visitor = anSshKey();
  const allowed = [readKey(visitor.public)];
  const commands = createStubCommands();
  const faults: SshFault[] = [];
  const commandLines: string[] = [];
  const attempts: string[] = [];
  const open = new Set<Connection>();

  const protocol = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    // Lines that break are what these tests are about.
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.method === 'publickey') attempts.push(context.username);
      if (isLetIn(allowed, context)) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, reject, { command }) => {
        commandLines.push(command);
        const fault = faults.shift();
        if (fault === 'no command lines') reject();
        else void answer(acceptExec(), client, command, fault);
      });
    });
  });

  async function answer(channel: ServerChannel, client: Connection, line: string, fault?: SshFault): Promise<void> {
    channel.on('error', () => undefined);
    if (fault === 'drop before input') {
      client.end();
      return;
    }
    const input = await readLine(channel);
    if (fault === 'hang') return;
    if (fault === 'endless output') {
      writeOn(channel);
      return;
    }
    const given = typeof fault === 'object' ? fault : runScript(line, input, commands);
    if (fault === 'drop before answer') {
      client.end();
      return;
    }
    channel.stderr.write(given.stderr ?? '');
    channel.write(given.stdout);
    channel.exit(given.exitCode & 0xff);
    channel.end();
  }

  const server = createServer({ noDelay: true }, (socket) => {
    protocol.injectSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    machine: {
      id: 'host',
      role: 'host',
      ssh: {
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        username,
        hostKey: fingerprintOf(host.public),
        keySecret: sshKeyName,
      },
    },
    privateKey: visitor.private,
    commands,
    commandLines,
    attempts,
    failNext: (fault) => {
      faults.push(fault);
    },
    allow: (publicKey) => {
      allowed.push(readKey(publicKey));
    },
    openConnections: () => open.size,
    close: async () => {
      for (const client of open) client.end();
      server.close();
      await once(server, 'close');
    },
  };
}

function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function runScript(commandLine: string, input: string, commands: StubCommands): ShellAnswer {
  const encoded = /^powershell\.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand (\S+)$/.exec(
    commandLine,
  )?.[1];
  const script = Buffer.from(encoded ?? '', 'base64').toString('utf16le');
  const verb = /^# Gatehouse ssh-(\w+)\r?\n/.exec(script)?.[1];
  // The console's code page makes other characters of what is not ASCII.
  if (!/^[\x20-\x7e]+\n$/.test(input)) return { stdout: '', stderr: 'not one line of ASCII', exitCode: 1 };
  const asked = JSON.parse(input) as GivenCommand;
  switch (verb) {
    case 'start':
      return jsonLine({ state: commands.start({ ...asked, runAs: asked.runAs }) ? 'started' : 'attached' });
    case 'poll':
      return jsonLine(stateOf(commands, asked.id));
    case 'cancel': {
      const command = commands.find(asked.id);
      if (command !== undefined) command.end ??= { exitCode: 1, output: '', error: '' };
      return jsonLine({ state: 'gone' });
    }
    case 'cleanup':
      commands.remove(asked.id);
      return jsonLine({ state: 'gone' });
    default:
      return { stdout: '', stderr: `'${commandLine.slice(0, 20)}' is not recognized`, exitCode: 1 };
  }
}

function stateOf(commands: StubCommands, id: string): object {
  const command = commands.find(id);
  if (command === undefined) return { state: 'absent' };
  return command.end === undefined ? { state: 'running' } : { state: 'ended', ...command.end };
}

function jsonLine(value: object): ShellAnswer {
  const json = JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { stdout: `${json}\r\n`, stderr: '#< CLIXML\r\n<Objs />', exitCode: 0 };
}

function isLetIn(allowed: readonly ParsedKey[], context: AuthContext): boolean {
  if (context.method !== 'publickey' || context.username !== username) return false;
  const key = allowed.find((candidate) => candidate.getPublicSSH().equals(context.key.data));
  if (key === undefined) return false;
  if (context.signature === undefined || context.blob === undefined) return true;
  // A signature of another algorithm is answered with an Error, which is no yes.
  const verified: unknown = key.verify(context.blob, context.signature, context.hashAlgo);
  return verified === true;
}

function readKey(line: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(line);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

function readLine(channel: ServerChannel): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    channel.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.endsWith('\n')) resolve(text);
    });
    channel.on('close', () => {
      resolve(text);
    });
  });
}

function writeOn(channel: ServerChannel): void {
  const block = Buffer.alloc(256 * 1024, 'x');
  function more(): void {
    if (!channel.writable || channel.destroyed) return;
    if (channel.write(block)) setImmediate(more);
    else channel.once('drain', more);
  }
  more();
}
