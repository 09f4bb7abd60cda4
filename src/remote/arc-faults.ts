import { cutText } from '../domain/cut-text.ts';
import { withCorrelation } from '../domain/failure.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ArmUndone } from '../ports/arm.ts';
import type { RemoteFault, RemoteRefusal, RemoteStart } from '../ports/remote-runner.ts';
import { refused } from './refusal.ts';

/** A conflict names no time; the other command needs some. */
const conflictSeconds = 30;
/** One of the machine's 25 commands has to be deleted first. */
const fullSeconds = 60;

/** Answers after which the same call may go well later; undefined for all others. */
export function busyBy(answer: ArmUndone): Extract<RemoteStart, { outcome: 'busy' }> | undefined {
  if (answer.outcome === 'busy') {
    return { outcome: 'busy', reason: wordsOf(answer), retryAfterSeconds: answer.retryAfterSeconds };
  }
  if (answer.outcome !== 'refused' || isBlocked(answer.message)) return undefined;
  if (isFull(answer.message)) return { outcome: 'busy', reason: wordsOf(answer), retryAfterSeconds: fullSeconds };
  if (answer.status !== 409) return undefined;
  return { outcome: 'busy', reason: wordsOf(answer), retryAfterSeconds: conflictSeconds };
}

/** Refusals that stay, in Azure's own words: an agent that is too old, commands that the machine blocks. */
export function refusedBy(machine: string, answer: ArmUndone): RemoteRefusal {
  if (answer.outcome === 'unavailable' || (answer.outcome === 'missing' && answer.of !== 'resource')) {
    return refused('unreachable', `Azure gives no state of ${machine}: ${wordsOf(answer)}`);
  }
  if (answer.outcome === 'missing') {
    return refused(
      'precondition',
      `Azure Arc does not know ${machine}: check its resource id and that it is connected.`,
    );
  }
  const isForbidden = answer.outcome === 'refused' && (answer.status === 401 || answer.status === 403);
  return refused(
    isForbidden ? 'authFailed' : 'precondition',
    `Azure refused the command on ${machine}: ${wordsOf(answer)}`,
  );
}

/** Azure takes commands for machines that it has lost, and then nothing happens. */
export function judgeConnection(machine: string, resource: JsonObject): RemoteRefusal | undefined {
  const status = asText(asObject(resource['properties'])['status']);
  if (status === 'Disconnected') {
    return refused('unreachable', `Azure Arc has lost ${machine}: its agent has not been heard of lately.`);
  }
  if (status === 'Expired') {
    return refused(
      'precondition',
      `Azure Arc lists ${machine} as expired: connect its agent again (azcmagent connect).`,
    );
  }
  return undefined;
}

/** Why a command that Azure had accepted did not begin. */
export function undeliveredBy(machine: string, words: string): RemoteRefusal {
  const reason = words === '' ? 'Azure gives no reason.' : cutText(words);
  return refused(faultOf(words), `Azure Arc did not run the command on ${machine}: ${reason}`);
}

/** Windows says in words that the account is refused, and that the machine is away Azure says so too. */
function faultOf(words: string): RemoteFault {
  if (/user ?name or password|log ?on failure|account .{0,40}locked|\b1326\b|\b1909\b/i.test(words)) {
    return 'authFailed';
  }
  return /\bdisconnected\b/i.test(words) ? 'unreachable' : 'precondition';
}

function wordsOf({ code, message, correlationId }: ArmUndone): string {
  return `${code}: ${withCorrelation(cutText(message), correlationId)}`;
}

/** No document names the code of the refusal of a 26th command; its words must speak of so many run commands. */
function isFull(message: string): boolean {
  return /run ?commands?/i.test(message) && /\b(limit|maximum|at most|the most|exceed\w*)\b/i.test(message);
}

/** The owner of a machine may forbid run commands there: waiting changes nothing. */
function isBlocked(message: string): boolean {
  return /\b(block|allow) ?list|extensions? .{0,40}(disabled|blocked)/i.test(message);
}
