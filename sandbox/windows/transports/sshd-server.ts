import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { openShimRoute } from './shim-route.ts';
import type { SshConnection, SshServer, SshServerOptions } from './ssh-server.ts';
import { ensurePrivilegeSeparation } from './sshd-program.ts';

export interface SshdOptions extends SshServerOptions {
  /** Absolute path of sshd. */
  readonly program: string;
  /** Path of powershell-shim.ts. */
  readonly shim: string;
}

/**
 * Debian's SSH server, one process for each connection (`sshd -i`): it ends with its connection, and so with the stack,
 * however the stack ends. Its user is the one who runs the stack, because sshd lets in nobody whom the system does not
 * know.
 */
export async function createSshdServer(options: SshdOptions): Promise<SshServer> {
  const { username } = userInfo();
  const connections = new Map<string, SshConnection>();
  const children = new Set<ChildProcess>();
  ensurePrivilegeSeparation();
  const configuration = writeConfiguration(options, username);
  const route = await openShimRoute(options.directory, async ({ connection, commandLine, stdin }) => {
    const found = connections.get(connection);
    return found === undefined ? undefined : options.exec(found, commandLine, Buffer.from(stdin, 'base64'));
  });

  function serve(connection: SshConnection): void {
    const id = randomUUID();
    connections.set(id, connection);
    const forced = [process.execPath, '--disable-warning=ExperimentalWarning', options.shim, route.file, id];
    const command = `ForceCommand=exec ${forced.map(quote).join(' ')}`;
    const keys = writeAuthorizedKeys(options, connection.machineId);
    const child = spawn(options.program, ['-i', '-e', '-f', configuration, '-o', keys, '-o', command], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    });
    children.add(child);
    const { socket } = connection;
    // Either end may go first, in the middle of a write: that is an end too.
    for (const stream of [socket, child.stdin, child.stdout]) stream.on('error', () => undefined);
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
    socket.once('close', () => {
      child.stdin.destroy();
      child.stdout.destroy();
    });
    child.once('error', (error) => {
      console.error('windows: sshd did not start', error);
      socket.destroy();
    });
    child.once('exit', () => {
      connections.delete(id);
      children.delete(child);
    });
  }

  return {
    username,
    serve,
    async close() {
      for (const child of children) child.kill();
      await route.close();
    },
  };
}

/** A word for the shell of the user whom sshd lets in. */
function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function writeConfiguration(options: SshdOptions, username: string): string {
  const files = {
    hostKey: join(options.directory, 'host_key'),
    configuration: join(options.directory, 'sshd_config'),
  };
  writePrivate(files.hostKey, options.hostKey);
  const lines = [
    `HostKey "${files.hostKey}"`,
    // The stack's folder may be below one that others may write to, such as /tmp.
    'StrictModes no',
    `AllowUsers ${username}`,
    'PermitRootLogin prohibit-password',
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'PermitTTY no',
    'PermitUserRC no',
    'DisableForwarding yes',
    'PrintMotd no',
    'PidFile none',
    'LogLevel ERROR',
  ];
  writePrivate(files.configuration, lines.map((line) => `${line}\n`).join(''));
  return files.configuration;
}

/** Each machine has its own: the option that names it. */
function writeAuthorizedKeys(options: SshServerOptions, machineId: string): string {
  const file = join(options.directory, `authorized_keys.${machineId}`);
  const lines = options.authorizedKeys(machineId).map((line) => `${line}\n`);
  writePrivate(file, lines.join(''));
  return `AuthorizedKeysFile="${file}"`;
}

function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  // The mode counts only for a file that is made: one of an earlier start keeps its own.
  chmodSync(file, 0o600);
}
