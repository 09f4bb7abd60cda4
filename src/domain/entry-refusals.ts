/**
 * What stands against an entry. Azure refuses a whole body, so a refusal is blamed on an entry only when Azure's words
 * name it, or when the body without it was taken and the body with it was refused, twice, ten minutes apart or more.
 */
export interface RefusalEvidence {
  /** Tries that Azure refused because of this entry alone, `retryMs` or more apart. */
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Azure's code and words of the last one. */
  readonly reason: string;
}

const retryMs = 10 * 60 * 1000;
const refusedRetryMs = 24 * 60 * 60 * 1000;
const countForRefusal = 2;

/**
 * The evidence after one more refusal at `now`; `isRefused` when it is enough, `retryAt` when the entry is tried again.
 */
export function afterRefusal(
  before: RefusalEvidence | undefined,
  refusal: { readonly reason: string; readonly isNamed: boolean },
  now: Date,
): { readonly evidence: RefusalEvidence; readonly isRefused: boolean; readonly retryAt: string } {
  const at = now.toISOString();
  const isApart = before === undefined || now.getTime() - Date.parse(before.lastAt) >= retryMs;
  const counted = (before?.count ?? 0) + (isApart ? 1 : 0);
  const count = refusal.isNamed ? Math.max(counted, countForRefusal) : counted;
  const isRefused = count >= countForRefusal;
  return {
    evidence: {
      count,
      firstAt: before?.firstAt ?? at,
      lastAt: isApart ? at : before.lastAt,
      reason: refusal.reason,
    },
    isRefused,
    retryAt: new Date(now.getTime() + (isRefused ? refusedRetryMs : retryMs)).toISOString(),
  };
}

/**
 * Whether Azure's words name an entry: by its thumbprint, or by its name, which has to be in quotes or a path, or of a
 * form that is no word of a sentence.
 */
export function isNamedIn(words: string, entry: { readonly name: string; readonly thumbprint?: string }): boolean {
  if (entry.thumbprint !== undefined && words.toUpperCase().includes(entry.thumbprint)) return true;
  if (entry.name === '') return false;
  const name = entry.name.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`);
  const isNoWord = /[\d._-]/.test(entry.name.slice(1));
  const before = isNoWord ? String.raw`(?<![A-Za-z0-9._-])` : String.raw`(?<=['"\`/])`;
  const after = isNoWord ? String.raw`(?![A-Za-z0-9_-]|\.[A-Za-z0-9])` : String.raw`(?=['"\`/])`;
  return new RegExp(`${before}${name}${after}`, 'i').test(words);
}
