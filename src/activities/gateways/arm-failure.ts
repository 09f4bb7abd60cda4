import type { Failure, Refusal } from '../../domain/failure.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import type { ArmUndone, ArmWords } from '../../ports/arm.ts';

type Answer = ArmWords & { readonly outcome?: ArmUndone['outcome'] | 'failed' | 'unreadable' };

/**
 * Why something did not get through, by what Azure answered: its code and words stand beside our code, and not in its
 * place.
 */
export function failureFrom(answer: Answer): Failure {
  const { message, correlationId } = answer;
  if (answer.isOurs === true) return { code: answer.code, message };
  const azure = { code: answer.code, message, ...(correlationId === undefined ? {} : { correlationId }) };
  return { code: codeOf(answer.outcome), message, azure };
}

function codeOf(outcome: Answer['outcome']): ProblemCode {
  if (outcome === 'busy') return 'azureBusy';
  return outcome === 'unavailable' ? 'azureUnavailable' : 'azureRefused';
}

/** What an activity answers where Azure refuses. */
export function refusalOf(words: Answer): Refusal {
  return { outcome: 'refused', ...failureFrom(words) };
}
