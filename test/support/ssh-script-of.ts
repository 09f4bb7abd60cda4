import { sshCommandLine, type SshVerb } from '../../src/onprem/ssh-scripts.ts';

export const sshVerbs: readonly SshVerb[] = ['start', 'poll', 'cancel', 'cleanup'];

/** The script that SSH executes, read off its command line as PowerShell reads it. */
export function sshScriptOf(verb: SshVerb): string {
  const encoded = / -EncodedCommand ([A-Za-z0-9+/=]+)$/.exec(sshCommandLine(verb))?.[1] ?? '';
  return Buffer.from(encoded, 'base64').toString('utf16le');
}
