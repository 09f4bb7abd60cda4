import type { OnPremisesEnd } from '../../contracts/on-premises/on-premises.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import type { Steps } from '../operations/call-activity.ts';
import { failureWords } from './failure-words.ts';

/** A step of a procedure that does not go on: thrown through the procedure's own code, caught where it ends. */
export class ProcedureStopped extends Error {
  readonly end: Exclude<OnPremisesEnd, { readonly status: 'succeeded' }>;

  constructor(end: ProcedureStopped['end']) {
    super(end.status);
    this.name = 'ProcedureStopped';
    this.end = end;
  }
}

export function stopped(step: string, code: ProblemCode, message: string): ProcedureStopped {
  return new ProcedureStopped({ status: 'failed', step, code, message });
}

/** How the work ended, whatever stopped it. */
export function* endOf(work: Steps<unknown>): Steps<OnPremisesEnd> {
  try {
    const result = yield* work;
    return result === undefined ? { status: 'succeeded' } : { status: 'succeeded', result };
  } catch (error) {
    if (error instanceof ProcedureStopped) return error.end;
    // An activity that failed on every try: what is to be put right after it still has to be.
    return { status: 'failed', step: '', code: 'toolFailed', message: failureWords(error) };
  }
}

/**
 * Does the work and then, whatever came of it, what puts things right again. Says both failures where there are two.
 */
export function* compensated(work: Steps<unknown>, compensate: () => Steps<unknown>): Steps<void> {
  const end = yield* endOf(work);
  const restored = yield* endOf(compensate());
  if (restored.status === 'failed' && end.status === 'failed') {
    throw stopped(
      end.step,
      end.code,
      `${end.message} And ${restored.step} failed: ${restored.code}: ${restored.message}`,
    );
  }
  if (restored.status !== 'succeeded') throw new ProcedureStopped(restored);
  if (end.status !== 'succeeded') throw new ProcedureStopped(end);
}
