import { pointerToken, type Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule } from '../subject.ts';

const keyLengthMax = 512;
const valueLengthMax = 256;
const reservedPrefixes = ['microsoft', 'azure', 'windows'];

/** Azure's rules for tags; tag names differ by more than case. */
export const tags: PreflightRule = {
  name: 'tags',
  check: ({ plan }) => {
    const keys = Object.keys(plan.tags);
    const seen = new Set<string>();
    return keys.flatMap((key) => {
      const isRepeated = seen.has(key.toLowerCase());
      seen.add(key.toLowerCase());
      return [...keyFaults(key, isRepeated), ...valueFaults(plan.tags[key] ?? '')].map((message) =>
        refusedTag(key, message),
      );
    });
  },
};

function keyFaults(key: string, isRepeated: boolean): readonly string[] {
  return [
    ...(key.trim() === '' ? ['The name of a tag is empty.'] : []),
    ...(key.length > keyLengthMax ? [`The name of a tag has at most ${keyLengthMax} characters.`] : []),
    ...(/[<>%&\\?/]/.test(key) ? ['The name of a tag takes none of < > % & \\ ? /.'] : []),
    ...(reservedPrefixes.some((prefix) => key.toLowerCase().startsWith(prefix))
      ? [`Names of tags that start with ${reservedPrefixes.join(', ')} are reserved.`]
      : []),
    ...(isRepeated ? ['The name of this tag differs from another only in case, which Azure does not tell apart.'] : []),
  ];
}

function valueFaults(value: string): readonly string[] {
  return value.length > valueLengthMax ? [`The value of a tag has at most ${valueLengthMax} characters.`] : [];
}

function refusedTag(key: string, message: string): Problem {
  return {
    path: `/tags/${pointerToken(key)}`,
    code: 'tagRefused',
    severity: 'error',
    message,
    fix: 'Rename, shorten or leave out the tag.',
    source: sources.tags,
  };
}
