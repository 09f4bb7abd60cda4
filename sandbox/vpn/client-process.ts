import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { endReason } from './client-log.ts';
import { openManagementChannel } from './management-channel.ts';

const endDeadlineMs = 3_000;

export interface ClientProcessOptions {
  readonly namespace: string;
  readonly ovpnFile: string;
  readonly keyFile?: string | undefined;
  /** Holds the password of the key in its first line. */
  readonly passwordFile?: string | undefined;
  /** What stands in for /etc/hosts. */
  readonly hostsFile: string;
  /** For the management socket; its path is short. */
  readonly folder: string;
  /** A tunnel is up; called with its own address in it. */
  readonly onConnected: (address: string) => void;
}

/** How a client ended. `code` is null when a signal ended it. */
export interface ClientEnd {
  readonly code: number | null;
  /** Half a sentence: the gateway's words where it gave any. */
  readonly reason: string;
}

export interface ClientProcess {
  /** Its log so far, oldest line first. */
  readonly log: readonly string[];
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<ClientEnd>;
  isRunning(): boolean;
  /** Ends it as a person would. */
  end(): Promise<void>;
}

/** Starts an OpenVPN client that tries once and ends when it is refused or loses its gateway. */
export async function startClientProcess(options: ClientProcessOptions): Promise<ClientProcess> {
  const log: string[] = [];
  let isChannelUp = false;
  const channel = await openManagementChannel({
    path: join(options.folder, 'management.sock'),
    onConnect: () => {
      isChannelUp = true;
      for (const command of ['state on', 'log on', 'hold release']) channel.send(command);
    },
    onLine: (line) => {
      // >STATE:time,CONNECTED,SUCCESS,tunnel address,... ; >LOG:time,flags,text. `Peer Connection Initiated` in the log
      // is no sign of a connection: it comes before AUTH_FAILED too.
      const state = /^>STATE:\d+,CONNECTED,SUCCESS,([^,]+)/.exec(line);
      if (state?.[1] !== undefined) options.onConnected(state[1]);
      const logged = /^>LOG:\d+,\w*,(.*)$/.exec(line);
      if (logged?.[1] !== undefined) log.push(logged[1]);
    },
  });
  const child = spawn('ip', commandLine(options), {
    // Where the files that a profile names without a folder are looked for.
    cwd: dirname(resolve(options.ovpnFile)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // What is said before the channel is up: mistakes in the profile. Later a profile may send it to a file (`log`).
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      if (!isChannelUp) log.push(line);
    });
  }
  const ended = waitForEnd(child).then(async ({ code, error }) => {
    await channel.close();
    return { code, reason: error ?? endReason(log) };
  });
  return {
    log,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    end: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), endDeadlineMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Waits for `close`, not `exit`: all that it wrote has been read then. */
function waitForEnd(child: ChildProcess): Promise<{ readonly code: number | null; readonly error?: string }> {
  return new Promise((resolvePromise) => {
    child.once('error', (error) => {
      resolvePromise({ code: null, error: error.message });
    });
    child.once('close', (code) => {
      resolvePromise({ code });
    });
  });
}

function commandLine(options: ClientProcessOptions): string[] {
  // `ip netns exec` gives a mount namespace of its own: the machine's /etc/hosts is not touched.
  const script = 'mount --bind "$1" /etc/hosts && shift && exec openvpn "$@"';
  return [
    ...['netns', 'exec', options.namespace, 'sh', '-c', script, 'sh', options.hostsFile],
    ...['--config', resolve(options.ovpnFile)],
    ...(options.keyFile === undefined ? [] : ['--key', resolve(options.keyFile)]),
    ...(options.passwordFile === undefined ? [] : ['--askpass', resolve(options.passwordFile)]),
    ...['--management', join(options.folder, 'management.sock'), 'unix', '--management-client', '--management-hold'],
    // One try, and an end at once when it fails: without these a refused client tries again for ever.
    ...['--connect-retry-max', '1', '--hand-window', '8', '--remap-usr1', 'SIGTERM', '--disable-dco'],
  ];
}
