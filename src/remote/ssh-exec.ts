import { createHash } from 'node:crypto';
import { connect as connectSocket, type Socket } from 'node:net';
import ssh2, { type Client as SshClient, type ClientChannel } from 'ssh2';
import type { SshSettings } from '../domain/machine.ts';
import type { RemoteRefusal } from '../ports/remote-runner.ts';
import { refused } from './refusal.ts';
import { classifyConnection, type ConnectionEnd } from './ssh-faults.ts';

export interface SshExec {
  /** The machine, in messages for people. */
  readonly name: string;
  readonly settings: SshSettings;
  readonly privateKey: string;
  readonly commandLine: string;
  /** All of standard input. */
  readonly input: string;
  /** Bounds name resolution, connection and authentication together. */
  readonly connectTimeoutMs: number;
  readonly execTimeoutMs: number;
}

export interface ExecAnswer {
  readonly outcome: 'ran';
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A mebibyte of output in which every character is an escape of six, and the words around it. */
const stdoutMaxBytes = 8 * 1024 * 1024;
const stderrMaxBytes = 64 * 1024;

/**
 * Runs one command line on a connection of its own, which is closed whatever happens. The host key is checked before
 * anything is sent, the key is tried once. Never throws.
 */
export function execOverSsh(exec: SshExec): Promise<ExecAnswer | RemoteRefusal> {
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    const { host, port } = exec.settings;
    // Many small packets go back and forth: each would wait for the acknowledgement of the one before.
    const socket = connectSocket({ host, port, noDelay: true });
    const end: ConnectionEnd = { shownHostKey: undefined, isReady: false };
    let timer: NodeJS.Timeout | undefined;
    let isSettled = false;

    function settle(answer: ExecAnswer | RemoteRefusal): void {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      client.end();
      // A machine that hangs never closes its end.
      socket.destroy();
      resolve(answer);
    }
    function failBy(error?: Error): void {
      settle(classifyConnection(exec, end, error));
    }
    function expireIn(timeoutMs: number, what: string): void {
      clearTimeout(timer);
      timer = setTimeout(() => {
        settle(refused('unreachable', `${whereOf(exec)} ${what} in ${Math.ceil(timeoutMs / 1000)} s.`));
      }, timeoutMs);
    }

    expireIn(exec.connectTimeoutMs, 'could not be connected to');
    // The client says more than one error for one cause, also after its connection was given up.
    client.on('error', failBy);
    client.on('close', () => {
      failBy();
    });
    client.on('ready', () => {
      end.isReady = true;
      expireIn(exec.execTimeoutMs, 'did not answer');
      run(client, exec, settle, failBy);
    });
    connect(client, socket, exec, end, failBy);
  });
}

function connect(
  client: SshClient,
  socket: Socket,
  exec: SshExec,
  end: ConnectionEnd,
  failBy: (error: Error) => void,
): void {
  const { settings, privateKey } = exec;
  try {
    client.connect({
      sock: socket,
      username: settings.username,
      privateKey,
      authHandler: ['publickey'],
      // One timer bounds all of it.
      readyTimeout: 0,
      hostVerifier: (key: Buffer) => {
        const shown = fingerprintOf(key);
        if (shown === settings.hostKey) return true;
        end.shownHostKey = `${shown} (${keyTypeOf(key)})`;
        return false;
      },
    });
  } catch (error: unknown) {
    failBy(error instanceof Error ? error : new Error(String(error)));
  }
}

function run(
  client: SshClient,
  exec: SshExec,
  settle: (answer: ExecAnswer | RemoteRefusal) => void,
  failBy: (error?: Error) => void,
): void {
  try {
    client.exec(exec.commandLine, (error, channel) => {
      if (error !== undefined) failBy(error);
      else collect(channel, exec, settle, failBy);
    });
  } catch {
    // The connection broke in the moment it was ready.
    failBy();
  }
}

function collect(
  channel: ClientChannel,
  exec: SshExec,
  settle: (answer: ExecAnswer | RemoteRefusal) => void,
  failBy: (error?: Error) => void,
): void {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let stdoutBytes = 0;
  let stderrBytes = 0;
  let exit: { readonly code: number | undefined } | undefined;

  channel.on('data', (chunk: Buffer) => {
    stdoutBytes += chunk.length;
    if (stdoutBytes > stdoutMaxBytes) settle(refused('toolFailed', `${whereOf(exec)} answered without an end.`));
    else stdout.push(chunk);
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    stderrBytes += chunk.length;
    if (stderrBytes <= stderrMaxBytes) stderr.push(chunk);
  });
  // A program that ends before it has read its input: what it answered counts.
  channel.on('error', () => undefined);
  channel.on('exit', (code: number | null) => {
    exit = { code: code ?? undefined };
  });
  channel.on('close', () => {
    // A channel that closes without an exit is a connection that broke: nobody knows what became of the command.
    if (exit === undefined) {
      failBy();
    } else {
      settle({
        outcome: 'ran',
        exitCode: exit.code,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
    }
  });
  channel.end(exec.input);
}

/** As `ssh-keygen -l` prints it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The key's type as the key itself says (RFC 4253, 6.6): a string with its length before it. */
function keyTypeOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  const type = key.subarray(4, 4 + length).toString('latin1');
  return /^[\w@.-]{1,64}$/.test(type) ? type : 'of unknown type';
}

function whereOf({ name, settings }: Pick<SshExec, 'name' | 'settings'>): string {
  return `${name} (${settings.host}:${settings.port})`;
}
