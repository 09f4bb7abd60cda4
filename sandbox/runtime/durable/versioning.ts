/**
 * Orchestration versioning (host.json's `defaultVersion`, `versionMatchStrategy`, `versionFailureStrategy`), as
 * extension 3.19 has it.
 */
export interface Versioning {
  /** Given to instances and sub-orchestrations that name none, and the version that this host runs; '' for none. */
  readonly defaultVersion: string;
  readonly matchStrategy: 'None' | 'Strict' | 'CurrentOrOlder';
  readonly failureStrategy: 'Reject' | 'Fail';
}

/** What becomes of a turn: it is run, left for a host of another version, or it fails the instance. */
export type VersionVerdict = 'run' | 'reject' | 'fail';

export const versionFailure = {
  ErrorType: 'VersionMismatch',
  ErrorMessage: 'Orchestration version did not comply with Worker Versioning',
  StackTrace: null,
  InnerFailure: null,
  IsNonRetriable: true,
  Properties: null,
} as const;

/** Judges an instance's version before each of its turns. */
export function judgeVersion(version: string, versioning: Versioning): VersionVerdict {
  if (complies(version, versioning)) {
    return 'run';
  }
  return versioning.failureStrategy === 'Fail' ? 'fail' : 'reject';
}

function complies(version: string, { defaultVersion, matchStrategy }: Versioning): boolean {
  switch (matchStrategy) {
    case 'None':
      return true;
    case 'Strict':
      return version === defaultVersion;
    case 'CurrentOrOlder':
      return compareVersions(version, defaultVersion) <= 0;
  }
}

/**
 * No version is older than any. Two that .NET takes for a `Version` (two to four numbers) are compared number by
 * number, where `1.0` is older than `1.0.0`; all others as text without case, so that `10` is older than `9`.
 */
function compareVersions(one: string, other: string): number {
  if (one.trim() === '' || other.trim() === '') {
    return Number(one.trim() !== '') - Number(other.trim() !== '');
  }
  const numbers = readNumbers(one);
  const otherNumbers = readNumbers(other);
  return numbers === undefined || otherNumbers === undefined
    ? compareText(one.toUpperCase(), other.toUpperCase())
    : compareNumbers(numbers, otherNumbers);
}

function readNumbers(version: string): readonly number[] | undefined {
  const numbers = /^\d+(?:\.\d+){1,3}$/.test(version.trim()) ? version.split('.').map(Number) : [];
  return numbers.length > 0 && numbers.every((number) => number <= 0x7f_ff_ff_ff) ? numbers : undefined;
}

function compareNumbers(numbers: readonly number[], others: readonly number[]): number {
  const differing = numbers.findIndex((number, index) => number !== others[index]);
  return differing < 0 ? numbers.length - others.length : (numbers[differing] ?? 0) - (others[differing] ?? -1);
}

function compareText(text: string, other: string): number {
  if (text === other) {
    return 0;
  }
  return text < other ? -1 : 1;
}
