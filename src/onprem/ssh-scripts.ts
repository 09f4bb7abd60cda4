import cancelText from './ssh/ssh-cancel.ps1';
import cleanupText from './ssh/ssh-cleanup.ps1';
import pollText from './ssh/ssh-poll.ps1';
import startText from './ssh/ssh-start.ps1';

/** What is done with a command over SSH, one connection each. */
export type SshVerb = 'start' | 'poll' | 'cancel' | 'cleanup';

/**
 * The scripts of the SSH way: fixed, ASCII. Each reads one line of ASCII JSON from standard input (to its end) and
 * writes one. `start`: `{ id, script, invocation, secrets, runAs?, timeoutSeconds }` to `{ state: 'started' |
 * 'attached' }` or `{ state: 'failed', code, message }`; `poll`: `{ id }` to `{ state: 'running' | 'absent' }` or `{
 * state: 'ended', exitCode?, output, error }`, without an exit code where the command died; `cancel`, `cleanup`: `{ id
 * }` to `{ state: 'gone' }`.
 */
const sshScripts: Readonly<Record<SshVerb, string>> = {
  start: withoutComments(startText),
  poll: withoutComments(pollText),
  cancel: withoutComments(cancelText),
  cleanup: withoutComments(cleanupText),
};

/** The one command line that SSH executes. `-EncodedCommand` takes base64 of UTF-16, little end first. */
export function sshCommandLine(verb: SshVerb): string {
  const encoded = Buffer.from(sshScripts[verb], 'utf16le').toString('base64');
  return `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand ${encoded}`;
}

/**
 * The shell behind sshd, cmd.exe, takes lines of 8191 characters: comments and indents stay here. The first line names
 * the script.
 */
function withoutComments(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  const kept = rest.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return `${[first, ...kept].join('\n')}\n`;
}
