import type { ProblemCode } from './problem-codes.ts';

/** Something that keeps people out, and what to do about it. */
export interface Finding {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}
