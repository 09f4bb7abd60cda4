import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckScript, CommandWorld } from './command-world.ts';
import { LineFaults } from './line-faults.ts';
import { openPortList } from './line-ports.ts';
import { MachineLines } from './machine-lines.ts';
import { ensureSshKeys } from './ssh-keys.ts';
import type { Exec, SshServer, SshServerOptions } from './ssh-server.ts';
import { createSshShell, type SshShell } from './ssh-shell.ts';
import { createSsh2Server } from './ssh2-server.ts';
import { findSshd, installSshd } from './sshd-program.ts';
import { createSshdServer } from './sshd-server.ts';

/** Debian's sshd where it is installed; never; or nothing else. */
export type SshdChoice = 'auto' | 'off' | 'required';

export interface SshFrontOptions {
  readonly world: CommandWorld;
  readonly checkScript: CheckScript;
  /** Where keys, ports and sshd's files are kept. */
  readonly directory: string;
  /** Path of powershell-shim.ts. */
  readonly shim: string;
  readonly sshd: SshdChoice;
}

/** How the machines are reached, as `stack.json` has it. */
export interface SshReach {
  readonly host: string;
  /** Fingerprint as `ssh-keygen -l` prints it. */
  readonly hostKey: string;
  readonly username: string;
  /** By machine id. */
  readonly ports: Readonly<Record<string, number>>;
}

export interface SshFront {
  readonly faults: LineFaults;
  readonly server: 'sshd' | 'ssh2';
  /** The visitor's key, that every machine lets in whose definition names no other. */
  readonly privateKey: string;
  readonly privateKeyFile: string;
  reach(): SshReach;
  /** Brings the lines to the machines that the world has now. */
  refresh(): Promise<void>;
  /** True when no command line is being answered. */
  isIdle(): boolean;
  close(): Promise<void>;
}

/**
 * The machines' SSH servers: a line for each machine, and behind all of them one server that knows by the line which
 * machine is meant.
 */
export async function startSshFront(options: SshFrontOptions): Promise<SshFront> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const { world } = options;
  const keys = ensureSshKeys(options.directory);
  const ports = openPortList(join(options.directory, 'ports.json'));
  const faults = new LineFaults();
  const counted = countActive(createExec(createSshShell(world, options.checkScript), faults));
  const { server, kind } = await chooseServer(options, {
    directory: options.directory,
    hostKey: keys.hostKey,
    authorizedKeys: (machineId) => {
      const named = world.authorizedKeys(machineId);
      return named.length === 0 ? [keys.publicKey] : named;
    },
    exec: counted.exec,
  });
  const lines = new MachineLines({
    world,
    faults,
    ports,
    serve: (connection) => {
      server.serve(connection);
    },
  });
  await lines.refresh();
  return {
    faults,
    server: kind,
    privateKey: keys.privateKey,
    privateKeyFile: keys.privateKeyFile,
    reach: () => ({
      host: '127.0.0.1',
      hostKey: keys.hostKeyFingerprint,
      username: server.username,
      ports: lines.ports(),
    }),
    refresh: () => lines.refresh(),
    isIdle: () => counted.active() === 0,
    async close() {
      lines.close();
      await server.close();
      ports.flush();
    },
  };
}

/** Runs command lines in the machines' shells; breaks the line where a fault or the machine's end wants it. */
function createExec(shell: SshShell, faults: LineFaults): Exec {
  return async ({ machineId, socket }, commandLine, stdin) => {
    const answer = faults.take(machineId, 'dropBefore') ? undefined : await shell.run(machineId, commandLine, stdin);
    if (answer !== undefined && !faults.take(machineId, 'dropAfter')) return answer;
    socket.destroy();
    return undefined;
  };
}

function countActive(exec: Exec): { readonly exec: Exec; readonly active: () => number } {
  let active = 0;
  return {
    active: () => active,
    async exec(connection, commandLine, stdin) {
      active += 1;
      try {
        return await exec(connection, commandLine, stdin);
      } finally {
        active -= 1;
      }
    },
  };
}

async function chooseServer(
  { sshd, shim }: SshFrontOptions,
  options: SshServerOptions,
): Promise<{ readonly server: SshServer; readonly kind: SshFront['server'] }> {
  const program = sshd === 'off' ? undefined : findSshd();
  if (program !== undefined) return { server: await createSshdServer({ ...options, program, shim }), kind: 'sshd' };
  if (sshd === 'required') throw new Error(`Debian's SSH server is not installed: ${installSshd}`);
  return { server: createSsh2Server(options), kind: 'ssh2' };
}

/** Reads the choice of a setting; `auto` where nothing is said. */
export function readSshdChoice(text: string | undefined): SshdChoice {
  const choice = text === undefined || text === '' ? 'auto' : text;
  if (choice === 'auto' || choice === 'off' || choice === 'required') return choice;
  throw new Error(`SANDBOX_SSHD cannot be ${choice}: auto, off or required.`);
}
