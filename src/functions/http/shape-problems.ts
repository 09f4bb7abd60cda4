import type { z } from 'zod';
import type { Problem } from '../../domain/app-error.ts';
import { cutText } from '../../domain/cut-text.ts';
import { codeOfIssue } from '../../domain/issue-code.ts';
import { toPointer } from './to-pointer.ts';

type Issue = z.core.$ZodIssue;

const problemsMax = 100;
const textLengthMax = 300;

/**
 * Every fault that a schema found, each with where it is, what is wrong and what to send instead. `prefix` is the
 * pointer of the part of the request that was checked: '' for the body. Values are never quoted.
 */
export function shapeProblems(error: z.ZodError, prefix = ''): readonly Problem[] {
  return error.issues.flatMap((issue) => toProblems(issue, prefix)).slice(0, problemsMax);
}

/** JSON Pointers of every place that a schema found wrong or missing, unknown fields left out. */
export function shapeFaults(error: z.ZodError): readonly string[] {
  return error.issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path }) => toPointer(path));
}

function toProblems(issue: Issue, prefix: string): readonly Problem[] {
  const path = prefix + toPointer(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(`${path}${toPointer([key])}`));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return ofClosestBranch(issue.errors, path);
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return issue.issues.flatMap((inner) => toProblems(inner, path));
  }
  return [{ path, code: codeOfIssue(issue), message: bounded(issue.message), fix: fixOf(issue) }];
}

function unknownField(path: string): Problem {
  const fix = 'Remove this field, or correct its name.';
  return { path: bounded(path), code: 'unknownField', message: 'There is no such field.', fix };
}

/** Of a union's branches, the one with the fewest faults is most likely what the caller meant. */
function ofClosestBranch(branches: readonly (readonly Issue[])[], path: string): readonly Problem[] {
  const closest = [...branches].sort((a, b) => a.length - b.length)[0] ?? [];
  return closest.flatMap((inner) => toProblems(inner, path));
}

function fixOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Send a value of type ${issue.expected}.`;
    case 'invalid_value':
      return bounded(`Send one of: ${issue.values.map(String).join(', ')}.`);
    case 'too_small':
      return `Send at least ${String(issue.minimum)}${unitOf(issue.origin)}.`;
    case 'too_big':
      return `Send at most ${String(issue.maximum)}${unitOf(issue.origin)}.`;
    case 'invalid_format':
      return issue.pattern === undefined
        ? `Send it in the format ${issue.format}.`
        : bounded(`Send it in the form ${issue.pattern}.`);
    case 'not_multiple_of':
      return `Send a multiple of ${String(issue.divisor)}.`;
    case 'custom':
      return typeof issue.params?.['fix'] === 'string' ? issue.params['fix'] : 'Change it as the message says.';
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
      return 'Change it as the message says.';
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  if (origin === 'array' || origin === 'set') return ' items';
  return '';
}

function bounded(text: string): string {
  return cutText(text, textLengthMax);
}
