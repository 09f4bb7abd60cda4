import type { z } from 'zod';
import { isProblemCode, type ProblemCode } from './problem-codes.ts';

type Issue = z.core.$ZodIssue;

/**
 * Our code of what a schema found: callers never see the library's. A rule of a schema's own names its code in
 * `params.code`. Whether a field is missing shows only where the schema was asked to report its input.
 */
export function codeOfIssue(issue: Issue): ProblemCode {
  switch (issue.code) {
    case 'custom':
      return isProblemCode(issue.params?.['code']) ? issue.params['code'] : 'invalidValue';
    case 'invalid_type':
      return issue.input === undefined ? 'missingField' : 'wrongType';
    case 'too_small':
      return tooSmall[sizeOf(issue.origin)];
    case 'too_big':
      return tooBig[sizeOf(issue.origin)];
    case 'invalid_format':
      return 'wrongFormat';
    case 'invalid_value':
      return issue.input === undefined ? 'missingField' : 'unknownValue';
    case 'not_multiple_of':
      return 'notAMultiple';
    case 'unrecognized_keys':
      return 'unknownField';
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
      return 'invalidValue';
  }
}

const tooSmall = { text: 'tooShort', list: 'tooFew', number: 'tooSmall' } as const;
const tooBig = { text: 'tooLong', list: 'tooMany', number: 'tooLarge' } as const;

function sizeOf(origin: string): keyof typeof tooSmall {
  if (origin === 'string') return 'text';
  return ['array', 'set', 'map', 'object'].includes(origin) ? 'list' : 'number';
}
