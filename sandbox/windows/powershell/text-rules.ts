import { type Finding, finding } from './finding.ts';
import type { ParsedScript } from './parse.ts';

/** What is wrong letter by letter. */
export function checkText(text: string, script: ParsedScript): Finding[] {
  return [...checkAscii(text), ...checkPlaceholders(text, script), ...checkScopes(script)];
}

/** Windows PowerShell reads a file without a byte order mark in the machine's own code page. */
function checkAscii(text: string): Finding[] {
  // eslint-disable-next-line no-control-regex -- What is looked for is what lies outside this range.
  return matches(text, /[^\x09\x0A\x0D\x20-\x7E]+/g).map(({ line, column, found }) => {
    const code = found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
    return finding(line, 'non-ascii', `U+${code} is read differently by machines of another language.`, column);
  });
}

/**
 * `<SharedKey>` is a place to fill in, and PowerShell takes it for a redirection. Tags of XML and names of groups are
 * not meant.
 */
function checkPlaceholders(text: string, script: ParsedScript): Finding[] {
  const code = script.comments.reduce((rest, comment) => rest.replace(comment.text, blank), text);
  return matches(code, /(?<!\(\?)<[A-Za-z][A-Za-z0-9 _-]*>/g)
    .filter(({ found }) => !code.includes(found.replace('<', '</')))
    .map(({ line, column, found }) => finding(line, 'placeholder', `${found} was to be filled in.`, column));
}

function blank(comment: string): string {
  return comment.replaceAll(/[^\n]/g, ' ');
}

const scopes = new Set(['env', 'function', 'global', 'local', 'private', 'script', 'using', 'variable', 'workflow']);

/** In "$name: text" the colon belongs to the name: Windows looks for a drive. */
function checkScopes(script: ParsedScript): Finding[] {
  return script.strings
    .filter(({ kind }) => kind.startsWith('expandable'))
    .flatMap(({ text, line }) =>
      matches(text, /(?<!`)\$([A-Za-z_]\w*):/g)
        .filter(({ found }) => !scopes.has(found.slice(1, -1).toLowerCase()))
        .map((match) => finding(line + match.line - 1, 'scope', `${match.found} is read as a drive: write \${…}.`)),
    );
}

function matches(text: string, pattern: RegExp): { line: number; column: number; found: string }[] {
  return [...text.matchAll(pattern)].map(({ 0: found, index }) => {
    const before = text.slice(0, index).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, found };
  });
}
