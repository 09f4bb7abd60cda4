/**
 * The real `ssh2` client, as the application uses one: a pinned host key, one command line, one line on standard input.
 */
import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { SshFront } from '../../../sandbox/windows/transports/ssh-front.ts';

export interface VisitorOptions {
  readonly port: number;
  readonly username: string;
  readonly privateKey: string;
  /** Fingerprint that the machine has to show. */
  readonly hostKey: string;
  readonly readyTimeoutMs?: number;
}

export interface VisitResult {
  /** Undefined when the line broke first. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to get to a machine of this front with the visitor's key. */
export function wayTo(front: SshFront, machineId: string): VisitorOptions {
  const { ports, username, hostKey } = front.reach();
  const port = ports[machineId];
  if (port === undefined) throw new Error(`There is no line to ${machineId}.`);
  return { port, username, hostKey, privateKey: front.privateKey };
}

/** Runs one command line; rejects when the connection does not come about. */
export function visit(options: VisitorOptions, commandLine: string, stdin: string | Buffer): Promise<VisitResult> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const result = { stdout: '', stderr: '' };
    let exitCode: number | undefined;
    client.once('close', () => {
      resolve({ ...result, exitCode });
    });
    client.on('error', reject);
    client.once('connect', () => client.setNoDelay(true));
    client.once('ready', () => {
      client.exec(commandLine, (error, channel) => {
        if (error !== undefined) {
          client.end();
          reject(error);
          return;
        }
        channel.on('data', (chunk: Buffer) => (result.stdout += chunk.toString('utf8')));
        channel.stderr.on('data', (chunk: Buffer) => (result.stderr += chunk.toString('utf8')));
        channel.on('exit', (code: number | null) => (exitCode = code ?? undefined));
        channel.on('close', () => client.end());
        channel.on('error', () => undefined);
        channel.end(stdin);
      });
    });
    client.connect({
      host: '127.0.0.1',
      port: options.port,
      username: options.username,
      privateKey: options.privateKey,
      readyTimeout: options.readyTimeoutMs ?? 10_000,
      hostVerifier: (key: Buffer) => fingerprintOf(key) === options.hostKey,
    });
  });
}

function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;
}

/** The command line by which a script is sent. */
export function powershell(script: string): string {
  const encoded = Buffer.from(script, 'utf16le').toString('base64');
  return `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand ${encoded}`;
}
