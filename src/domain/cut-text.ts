/**
 * The most that is kept of another system's words: about a page. A table property holds 32,000 characters, Durable's
 * custom status 16 KiB, and every replay reads a history whole.
 */
export const wordsLengthMax = 2000;

/** The text, or its beginning with a mark of how long it was; never longer than `lengthMax`, never half a character. */
export function cutText(text: string, lengthMax = wordsLengthMax): string {
  if (text.length <= lengthMax) return text;
  const mark = `… (cut, ${text.length} characters)`;
  const end = Math.max(0, lengthMax - mark.length);
  // Half a surrogate pair does not survive the way into storage.
  const isInPair = /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return text.slice(0, isInPair ? end - 1 : end) + mark;
}

/** A JSON value in which every text is cut so. */
export function cutTexts(value: unknown, lengthMax = wordsLengthMax): unknown {
  if (typeof value === 'string') return cutText(value, lengthMax);
  if (Array.isArray(value)) return value.map((item) => cutTexts(item, lengthMax));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cutTexts(item, lengthMax)]));
}
