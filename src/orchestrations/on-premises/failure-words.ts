import { cutText } from '../../domain/cut-text.ts';

/**
 * What people are shown of an activity or an instance that failed on every try. The host adds the failure again as its
 * own JSON, types and stacks of both sides included: kilobytes, and for its log only.
 */
export function failureWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return cutText(text.replace(/\s*\{"\$type"[^]*$/, ''));
}
