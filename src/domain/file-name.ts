const lengthMax = 150;
const forbidden = /[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]/gu;

/**
 * The text as a file name that every system takes: no separators, no control or direction characters, nothing that a
 * shell would hide by a leading dot or Windows would drop from the end.
 */
export function toFileName(text: string): string {
  const clean = Array.from(text.replaceAll(forbidden, '_')).slice(0, lengthMax).join('');
  const name = clean.replace(/^[\s.]+/, '').replace(/[\s.]+$/, '');
  return name === '' ? 'download' : name;
}
