import type { ProblemCode } from '../domain/problem-codes.ts';

/**
 * One thing wrong with what somebody sent, and what they can do about it. `code` is stable; the texts are for people.
 */
export interface PkiProblem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}
