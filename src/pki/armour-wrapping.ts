import type { PkiProblem } from './problem.ts';

interface Wrapping extends PkiProblem {
  readonly sign: RegExp;
}

const fromFile = 'Send the file itself, not text that was copied out of a mail, a document or a web page.';

/** What mail programs, word processors and web pages do to PEM, the surest sign first. */
const wrappings: readonly Wrapping[] = [
  {
    code: 'quotedLines',
    sign: /^[ \t]*(?:>|&gt;)/m,
    message: 'The lines begin with ">", as a mail program marks what is quoted.',
    fix: `Remove the ">" at the beginning of each line. ${fromFile}`,
  },
  {
    code: 'longDashes',
    sign: /[\u2010-\u2015\u2212\u2500\ufe58\uff0d]/,
    message: 'The hyphens of the BEGIN and END lines were turned into long dashes, as word processors do.',
    fix: `Write five plain hyphens (-----) before and after BEGIN and END. ${fromFile}`,
  },
  {
    code: 'noBreakSpaces',
    sign: /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]/,
    message: 'The text holds no-break or other special spaces, as web pages and word processors put in.',
    fix: `Replace them by plain line breaks. ${fromFile}`,
  },
  {
    code: 'htmlText',
    sign: /<\/?[a-z]|&[a-z#0-9]+;/i,
    message: 'The text holds HTML.',
    fix: `Remove the tags and entities. ${fromFile}`,
  },
  {
    code: 'utf16WithoutMark',
    sign: /\0/,
    message: 'The text has a NUL beside each character: it is UTF-16 without the mark that says so.',
    fix: 'Save the file as ASCII or UTF-8, or with a byte order mark. In PowerShell: Out-File -Encoding ascii.',
  },
];

/**
 * Names what was done to a text that cannot be read as PEM or base64; undefined where it shows no sign of any of it.
 */
export function describeWrapping(text: string): PkiProblem | undefined {
  const found = wrappings.find(({ sign }) => sign.test(text));
  return found && { code: found.code, message: found.message, fix: found.fix };
}
