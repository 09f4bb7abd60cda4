/**
 * The same JSON in ASCII: every other character as its escape, for readers that would take the bytes for another code
 * page.
 */
export function toAsciiJson(json: string): string {
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
