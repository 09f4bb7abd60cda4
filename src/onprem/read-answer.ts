import { scriptAnswerSchema, type StepAnswer, type StepMode } from '../contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../contracts/on-premises/step-table.ts';

/** An answer that cannot be used, and why. The reason never quotes what was written. */
export interface UnreadableAnswer {
  readonly unreadable: string;
}

export interface AnsweredCommand {
  readonly output: string;
  /** Undefined where the way to the machine does not tell one. */
  readonly exitCode: number | undefined;
  readonly stepId: string;
  readonly mode: StepMode;
}

/** A data file of 18,000 bytes in base64, every character of its JSON escaped, fits several times. */
const answerLengthMax = 256 * 1024;
const rebootRequired = 3010;
const installerBusy = 1618;
/** What our starter notes for a command that it had to end. */
const timedOut = 1460;

/**
 * The answer of a step: the last line that is not empty. An answer of another step or mode came late or twice and is
 * none. Facts are checked with the step's own schema; those that it does not know are left out.
 */
export function readAnswer({ output, exitCode, stepId, mode }: AnsweredCommand): StepAnswer | UnreadableAnswer {
  const step = findRemoteStep(stepId);
  if (step === undefined) return { unreadable: `there is no step ${stepId}` };
  if (exitCode === timedOut) {
    return { v: 1, step: stepId, mode, changed: false, ok: false, code: 'timedOut', facts: {} };
  }
  const line = lastLine(output);
  if (line === undefined) return withExitCode('nothing was written', exitCode);
  if (line.length > answerLengthMax) return { unreadable: 'the last line is too long' };
  const parsed = scriptAnswerSchema.safeParse(parseJson(line));
  if (!parsed.success) return withExitCode('the last line is not an answer', exitCode);
  const answer = parsed.data;
  if (answer.step !== stepId || answer.mode !== mode) return { unreadable: 'the answer is of another step or mode' };
  const facts = step.facts.partial().safeParse(answer.facts);
  if (!facts.success) {
    const names = facts.error.issues.map(({ path }) => path.join('.'));
    return { unreadable: `the facts are not as the step's contract says: ${names.join(', ')}` };
  }
  return { ...answer, ...codeOf(answer, exitCode), facts: facts.data };
}

/** Windows Installer's exit codes count even where a script forgot to name them. */
function codeOf({ ok, code }: StepAnswer, exitCode: number | undefined): Pick<StepAnswer, 'ok' | 'code'> {
  if (exitCode === rebootRequired && ok) return { ok, code: 'rebootRequired' };
  if (exitCode === installerBusy) return { ok: false, code: 'busy' };
  if (!ok && code === '') return { ok, code: 'toolFailed' };
  return { ok, code };
}

function lastLine(output: string): string | undefined {
  const lines = output.split(/[\r\n]+/).map((line) => line.replaceAll('\u{feff}', '').trim());
  return lines.findLast((line) => line !== '');
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function withExitCode(reason: string, exitCode: number | undefined): UnreadableAnswer {
  return { unreadable: exitCode === undefined ? reason : `${reason} (exit code ${exitCode})` };
}
