import type { ArmAnswer } from '../ports/arm.ts';
import type { RemoteFailure, RemoteStart } from '../ports/remote-runner.ts';
import { failed } from './failure.ts';

type Undone = Exclude<ArmAnswer<never>, { outcome: 'done' }>;

/** A conflict names no time; the other command needs some. */
const conflictSeconds = 30;
/** One of the machine's 25 commands has to be deleted first. */
const fullSeconds = 60;

/** Answers after which the same call may go well later; undefined for all others. */
export function busyBy(answer: Undone): Extract<RemoteStart, { outcome: 'busy' }> | undefined {
  if (answer.outcome === 'busy') {
    return { outcome: 'busy', reason: reasonOf(answer), retryAfterSeconds: answer.retryAfterSeconds };
  }
  if (answer.outcome !== 'refused') return undefined;
  if (isFull(answer.message)) return { outcome: 'busy', reason: reasonOf(answer), retryAfterSeconds: fullSeconds };
  if (answer.status !== 409) return undefined;
  return { outcome: 'busy', reason: reasonOf(answer), retryAfterSeconds: conflictSeconds };
}

/** Refusals that stay, in Azure's own words: an agent that is too old, commands that the machine blocks. */
export function refusedBy(machine: string, answer: Undone): RemoteFailure {
  if (answer.outcome === 'missing') {
    return failed(
      'Precondition',
      `Azure Arc does not know ${machine}: check its resource id and that it is connected.`,
    );
  }
  const isForbidden = answer.outcome === 'refused' && (answer.status === 401 || answer.status === 403);
  return failed(
    isForbidden ? 'AuthFailed' : 'Precondition',
    `Azure refused the command on ${machine}: ${reasonOf(answer)}`,
  );
}

function reasonOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message}`.slice(0, 1000);
}

/** No document names the code of the refusal of a 26th command; its words must speak of a maximum of run commands. */
function isFull(message: string): boolean {
  return /run ?commands?/i.test(message) && /\b(limit|maximum|at most|exceed\w*)\b/i.test(message);
}
