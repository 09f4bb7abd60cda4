import type { Socket } from 'node:net';
import type { ShellAnswer } from './windows-shell.ts';

/** One TCP connection to one machine. */
export interface SshConnection {
  readonly machineId: string;
  readonly socket: Socket;
}

/**
 * Runs a command line that came over a connection; undefined when the line broke, and then nobody is left to answer to.
 */
export type Exec = (connection: SshConnection, commandLine: string, stdin: Buffer) => Promise<ShellAnswer | undefined>;

/** An SSH server behind the lines: it speaks on sockets that are given to it and listens nowhere itself. */
export interface SshServer {
  /** The only name that it lets in. */
  readonly username: string;
  serve(connection: SshConnection): void;
  close(): Promise<void>;
}

export interface SshServerOptions {
  /** Folder of this server alone, for files that only this user may read. */
  readonly directory: string;
  /** OpenSSH's format. */
  readonly hostKey: string;
  /** The keys that a machine lets in, a line of an authorized_keys file each. */
  readonly authorizedKeys: (machineId: string) => readonly string[];
  readonly exec: Exec;
}

/** As much of standard input as a command line is given: a composed script and its secrets are far smaller. */
export const stdinMaxBytes = 1024 * 1024;
