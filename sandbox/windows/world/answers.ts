import type { CommandFault } from './faults.ts';
import type { StepOutcome } from './records.ts';

export interface CommandEnd {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

/** What the wrapper notes of a command whose time is over: ERROR_TIMEOUT. */
export const timedOut: CommandEnd = { exitCode: 1460, output: '', error: '' };

/** What a script leaves: lines for people, then the answer as the last one, each with CRLF. */
export function commandEnd(
  answered: { readonly step: string; readonly mode: string },
  outcome: StepOutcome,
): CommandEnd {
  const lines = [...(outcome.verbose ?? []), answerLine(answered, outcome)];
  return { exitCode: exitCodeOf(outcome), output: lines.map((line) => `${line}\r\n`).join(''), error: '' };
}

/** powershell.exe's end of a script that it cannot read: nothing on standard output. */
export function unreadable(message: string): CommandEnd {
  return { exitCode: 1, output: '', error: `${message}\r\n` };
}

/** What becomes of an answer on a machine that answers wrong. `older` is the output of an earlier command there. */
export function spoil(end: CommandEnd, fault: CommandFault | undefined, older: string): CommandEnd {
  switch (fault?.kind) {
    case 'wrongLine':
      return { ...end, output: `${end.output.trimEnd().slice(0, -8)}\r\n` };
    case 'noAnswer':
      return { exitCode: 1, output: '', error: 'The pipeline has been stopped.\r\n' };
    case 'olderFirst':
      return { ...end, output: older + end.output };
    case 'olderOnly':
      return { ...end, output: older };
    default:
      return end;
  }
}

function answerLine(
  { step, mode }: { readonly step: string; readonly mode: string },
  { ok, changed, code, facts, message }: StepOutcome,
): string {
  const answer = { v: 1, step, mode, changed, ok, code, facts, ...(message === undefined ? {} : { message }) };
  // ASCII whatever the code page, as the launcher writes it.
  return JSON.stringify(answer).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function exitCodeOf({ ok, code, exitCode }: StepOutcome): number {
  if (exitCode !== undefined) return exitCode;
  if (code === 'RebootRequired') return 3010;
  if (code === 'Busy') return 1618;
  return ok ? 0 : 1;
}
