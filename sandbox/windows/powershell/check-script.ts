import { checkCalls, checkCommands } from './command-rules.ts';
import { type Finding, finding } from './finding.ts';
import { type ParsedScript, parseScript, type ScriptString } from './parse.ts';
import { checkSecrets } from './secret-rules.ts';
import { checkStep } from './step-rules.ts';
import { checkText } from './text-rules.ts';

/** A step's own script is held to more than what is composed of it. */
export type ScriptKind = 'any' | 'step';

/** What would fail on a machine or must not be in a script, by line; nothing for a script in order. */
export async function checkScript(text: string, kind: ScriptKind = 'any'): Promise<readonly Finding[]> {
  const script = await parseScript(text);
  const inner = await Promise.all(script.strings.filter(isScript).map(checkInner));
  const findings = [
    ...checkSyntax(script),
    ...checkText(text, script),
    ...checkCommands(script),
    ...checkCalls(script),
    ...checkSecrets(script),
    ...(kind === 'step' ? checkStep(script) : []),
    ...inner.flat(),
  ];
  return findings.sort((one, other) => one.line - other.line || one.column - other.column);
}

/** A script may carry another one as text, to leave it on the machine. */
function isScript({ kind, text }: ScriptString): boolean {
  return kind === 'verbatim-here' && text.includes('$ErrorActionPreference');
}

async function checkInner({ text, line }: ScriptString): Promise<Finding[]> {
  return (await checkScript(text)).map((one) => ({ ...one, line: one.line + line }));
}

function checkSyntax({ errors, tries, hashes }: ParsedScript): Finding[] {
  return [
    ...errors.map(({ line, column, text }) => finding(line, 'syntax', `Unexpected: ${text}`, column)),
    ...tries
      .filter(({ hasCatch, hasFinally }) => !hasCatch && !hasFinally)
      .map(({ line }) => finding(line, 'no-catch', 'The Try statement is missing its Catch or Finally block.')),
    ...hashes.flatMap(({ entries }) => duplicateKeys(entries)),
  ];
}

function duplicateKeys(entries: ParsedScript['hashes'][number]['entries']): Finding[] {
  const names = entries.map(({ name }) => name.toLowerCase());
  return entries
    .filter((_entry, at) => names.indexOf(names[at] ?? '') !== at)
    .map(({ name, line }) =>
      finding(line, 'duplicate-key', `Duplicate keys '${name}' are not allowed in hash literals.`),
    );
}
