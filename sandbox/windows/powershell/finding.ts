/** Something in a script that would fail on a machine, or that must not be there. */
export interface Finding {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly rule: Rule;
  readonly message: string;
}

export type Rule =
  | 'alias'
  | 'attended'
  | 'code-from-text'
  | 'computed-command'
  | 'duplicate-key'
  | 'mode'
  | 'newer-powershell'
  | 'no-catch'
  | 'non-ascii'
  | 'param-block'
  | 'placeholder'
  | 'scope'
  | 'secret-literal'
  | 'strict-mode'
  | 'syntax'
  | 'unknown-command'
  | 'unknown-parameter'
  | 'unknown-words'
  | 'unseen-parameters';

export function finding(line: number, rule: Rule, message: string, column = 1): Finding {
  return { line, column, rule, message };
}
