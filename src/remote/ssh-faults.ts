import type { SshSettings } from '../domain/machine.ts';
import type { RemoteRefusal } from '../ports/remote-runner.ts';
import { refused } from './refusal.ts';

/** How far a connection came. */
export interface ConnectionEnd {
  /** Set when the host showed another key than the one that is pinned. */
  shownHostKey: string | undefined;
  isReady: boolean;
}

interface Host {
  readonly name: string;
  readonly settings: SshSettings;
}

/** RFC 4253, 11.1: a server that has heard enough of us. */
const noMoreAuthMethods = 14;
/** RFC 4254, 5.1. */
const administrativelyProhibited = 1;

/**
 * What a connection's end means. Without an error it was closed before its answer. The words are ours: a library's
 * could hold anything.
 */
export function classifyConnection(host: Host, end: ConnectionEnd, error?: Error): RemoteRefusal {
  const where = `${host.name} (${host.settings.host}:${host.settings.port})`;
  const { hostKey, username, keySecret } = host.settings;
  if (end.shownHostKey !== undefined) {
    return refused(
      'authFailed',
      `${where} shows host key ${end.shownHostKey}, not ${hostKey}: nothing was sent. Check on the machine which one is its own.`,
    );
  }
  const { level, code, reason } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (level === 'client-authentication' || code === noMoreAuthMethods) {
    return refused('authFailed', `${where} does not let ${username} in with the key of secret '${keySecret}'.`);
  }
  if (error?.message.includes('no matching') === true) {
    return refused('precondition', `${where} has no SSH algorithm in common with us: update OpenSSH there.`);
  }
  if (reason === administrativelyProhibited || error?.message === 'Unable to exec') {
    return refused('precondition', `${where} lets ${username} in but runs no command lines for this account.`);
  }
  if (level === 'client-socket') {
    const word = typeof code === 'string' && /^[A-Z_]{3,30}$/.test(code) ? code : 'no answer';
    return refused('unreachable', `${where} cannot be reached: ${word}.`);
  }
  return refused('unreachable', `${where} closed the connection before its answer.`);
}
