const lineEnd = '\r\n';

/**
 * Spreadsheets take a cell that begins so for a formula, or for the end of the cell before; also in full-width letters.
 */
const formulaStart = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u;

/**
 * RFC 4180, with a line of names, every field quoted and every line ended. A text that a spreadsheet would run as a
 * formula gets an apostrophe before it, which spreadsheets do not show.
 */
export function writeCsv(names: readonly string[], lines: readonly (readonly string[])[]): string {
  return [names, ...lines].map((fields) => fields.map(quoted).join(',') + lineEnd).join('');
}

function quoted(field: string): string {
  const harmless = formulaStart.test(field) ? `'${field}` : field;
  return `"${harmless.replaceAll('"', '""')}"`;
}
