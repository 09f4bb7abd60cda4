import { timingSafeEqual } from 'node:crypto';
import { userInfo } from 'node:os';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import { type Exec, type SshConnection, type SshServer, type SshServerOptions, stdinMaxBytes } from './ssh-server.ts';

const { Server, utils } = ssh2;

/** An SSH server of Node alone, for machines without Debian's: one key, one name, command lines and nothing else. */
export function createSsh2Server(options: SshServerOptions): SshServer {
  const { username } = userInfo();
  const open = new Set<Connection>();

  function accept(client: Connection, connection: SshConnection): void {
    open.add(client);
    const allowed = options.authorizedKeys(connection.machineId).map(readKey);
    client.on('close', () => open.delete(client));
    // A line that breaks is what these tests are about; the client sees it too.
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.username === username && isSignedBy(allowed, context)) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (acceptSession) => {
      acceptSession().on('exec', (acceptExec, _reject, { command }) => {
        void runOn(acceptExec(), connection, command, options.exec);
      });
    });
  }

  return {
    username,
    serve(connection) {
      const server = new Server({ hostKeys: [options.hostKey] }, (client) => {
        accept(client, connection);
      });
      server.injectSocket(connection.socket);
    },
    close() {
      for (const client of open) client.end();
      return Promise.resolve();
    },
  };
}

function readKey(line: string): ParsedKey {
  const parsed = utils.parseKey(line);
  if (parsed instanceof Error) throw new Error('An authorized key cannot be read.', { cause: parsed });
  return parsed;
}

/** A client asks first whether a key would do, without a signature. */
function isSignedBy(allowed: readonly ParsedKey[], context: AuthContext): boolean {
  if (context.method !== 'publickey') return false;
  const key = allowed.find((candidate) => {
    const known = candidate.getPublicSSH();
    return known.length === context.key.data.length && timingSafeEqual(known, context.key.data);
  });
  if (key === undefined) return false;
  if (context.signature === undefined || context.blob === undefined) return true;
  // The types say boolean; a signature of another algorithm is answered with an Error, which is no yes.
  const verified: unknown = key.verify(context.blob, context.signature, context.hashAlgo);
  return verified === true;
}

async function runOn(channel: ServerChannel, connection: SshConnection, command: string, exec: Exec): Promise<void> {
  channel.on('error', () => undefined);
  const answer = await exec(connection, command, await readInput(channel));
  if (answer === undefined || !channel.writable) return;
  channel.stderr.write(answer.stderr);
  channel.write(answer.stdout);
  // Debian's sshd has the exit codes of a Unix process.
  channel.exit(answer.exitCode & 0xff);
  channel.end();
}

/** Standard input to its end: PowerShell's `$input` is not there before. */
async function readInput(channel: ServerChannel): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  return await new Promise((resolve) => {
    function finish(): void {
      resolve(Buffer.concat(chunks));
    }
    channel.on('data', (chunk: Buffer) => {
      if (length <= stdinMaxBytes) chunks.push(chunk);
      length += chunk.length;
      if (length > stdinMaxBytes) finish();
    });
    channel.on('end', finish);
    channel.on('close', finish);
  });
}
