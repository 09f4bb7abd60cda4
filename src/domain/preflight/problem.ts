import type { ProblemCode } from '../problem-codes.ts';

/** One thing that is wrong with a plan, or that its author should know before building it. */
export interface Problem {
  /** JSON Pointer into the plan as it was given, for example `/virtualNetwork/subnets/0/prefix`. */
  readonly path: string;
  readonly code: ProblemCode;
  /**
   * JSON Pointers of the other fields of the plan that an error follows from: while one of those is not known, nor is
   * this.
   */
  readonly restsOn?: readonly string[];
  /** An `error` keeps the plan from being built; a `warning` does not. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly fix: string;
  /** The page that says so, where one does. */
  readonly source?: string;
}

/** Escapes one key for use in a JSON Pointer (RFC 6901, section 3). */
export function pointerToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
