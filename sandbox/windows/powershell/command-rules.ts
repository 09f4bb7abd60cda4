import { isCmdletAddedIn5, isParameterAddedIn5 } from './added-in-5.ts';
import { aliases, parametersOf, unattended } from './command-names.ts';
import type { ScriptCommand } from './commands.ts';
import { type Finding, finding } from './finding.ts';
import type { ParsedScript } from './parse.ts';
import { packageScripts, programs } from './programs.ts';

/** Commands that do not exist, do not take what they are given, or cannot be told from the text. */
export function checkCommands(script: ParsedScript): Finding[] {
  return script.commands.flatMap((command) => checkCommand(script, command));
}

function checkCommand(script: ParsedScript, command: ScriptCommand): Finding[] {
  if (command.name === undefined) return checkComputed(script, command);
  const name = command.name.toLowerCase();
  // Of which a script composed of two may have two by one name.
  const functions = script.functions.filter((one) => one.name.toLowerCase() === name);
  if (functions.length > 0) return checkParameters(command, parameterNames(functions));
  if (name === 'invoke-expression' || name === 'iex') return [codeFromText(command.line)];
  if (aliases.has(name)) {
    return [finding(command.line, 'alias', `"${command.name}" is an alias: write the cmdlet's name.`)];
  }
  const program = programs[name.replace(/\.exe$/, '')];
  if (program !== undefined) return checkProgram(script, command, program);
  const parameters = parametersOf(name);
  if (parameters === undefined) return [finding(command.line, 'unknown-command', notRecognized(command.name))];
  return [...checkParameters(command, parameters), ...checkUnattended(command), ...checkVersion(script, command)];
}

function parameterNames(functions: ParsedScript['functions']): ReadonlySet<string> {
  return new Set(functions.flatMap(({ parameters }) => parameters.map(({ name }) => name.toLowerCase())));
}

function notRecognized(name: string): string {
  return `The term '${name}' is not recognized as the name of a cmdlet, function, script file, or operable program.`;
}

function codeFromText(line: number): Finding {
  return finding(line, 'code-from-text', 'Text becomes code here: nothing of a request may ever be able to.');
}

function checkParameters(command: ScriptCommand, known: ReadonlySet<string>): Finding[] {
  const unknown = command.arguments.filter(({ name }) => !known.has(name.toLowerCase()));
  const findings = unknown.map(({ name, line }) =>
    finding(
      line,
      'unknown-parameter',
      `${command.nameText}: a parameter cannot be found that matches parameter name '${name}'.`,
    ),
  );
  if (!command.isOpen) return findings;
  const message = `${command.nameText}: a table is splatted whose keys are not to be seen in the text.`;
  return [...findings, finding(command.line, 'unseen-parameters', message)];
}

/** 4.0 is a target. A script may use what it lacks where it has looked whether it is there. */
function checkVersion(script: ParsedScript, command: ScriptCommand): Finding[] {
  if (isCmdletAddedIn5(command.nameText)) {
    return isLookedFor(script, command.nameText) ? [] : [newer(command.line, command.nameText)];
  }
  return command.arguments
    .filter(({ name }) => isParameterAddedIn5(command.nameText, name))
    .map(({ name, line }) => newer(line, `${command.nameText} -${name}`));
}

function isLookedFor({ commands }: ParsedScript, cmdlet: string): boolean {
  return commands.some(
    ({ nameText, arguments: given }) =>
      nameText.toLowerCase() === 'get-command' &&
      given.some(({ name, literal }) => name === 'Name' && literal?.toLowerCase() === cmdlet.toLowerCase()),
  );
}

function newer(line: number, what: string): Finding {
  return finding(
    line,
    'newer-powershell',
    `${what} is not in Windows PowerShell 4.0, which Server 2012 R2 comes with.`,
  );
}

function checkUnattended(command: ScriptCommand): Finding[] {
  const needed = unattended[command.nameText.toLowerCase()];
  if (needed === undefined || command.parameters.some((name) => name.toLowerCase() === needed)) return [];
  return [
    finding(command.line, 'attended', `${command.nameText} asks before it acts, and nobody answers: give ${needed}.`),
  ];
}

function checkProgram(script: ParsedScript, command: ScriptCommand, beginnings: readonly string[]): Finding[] {
  const [first] = command.words;
  // Words that come in by a variable are those of a function round the program.
  if (first === undefined && command.words.length > 0) return [];
  const said = command.words.slice(0, 6).map((word) => word ?? '*');
  const isKnown = beginnings.some((beginning) => startsWith(said, beginning));
  if (!isKnown) {
    return [finding(command.line, 'unknown-words', `${command.nameText} is not known to take "${said.join(' ')}".`)];
  }
  return command.nameText.toLowerCase().includes('powershell') ? checkPackageScript(script, command) : [];
}

function startsWith(words: readonly string[], beginning: string): boolean {
  return beginning === '' || beginning.split(' ').every((word, at) => words[at]?.toLowerCase() === word.toLowerCase());
}

/** What follows -File are the parameters of one of the package's scripts that this script names. */
function checkPackageScript(script: ParsedScript, command: ScriptCommand): Finding[] {
  const named = Object.entries(packageScripts).filter(([file]) =>
    script.strings.some(({ text }) => text.endsWith(file)),
  );
  const known = new Set(
    named.flatMap(([, parameters]) => parameters.map((parameter) => `-${parameter}`.toLowerCase())),
  );
  const file = command.words.findIndex((word) => word?.toLowerCase() === '-file');
  if (file === -1 || named.length === 0) {
    return [finding(command.line, 'unknown-command', 'Another PowerShell runs none of the scripts of the package.')];
  }
  return command.words
    .slice(file + 2)
    .filter((word) => word?.startsWith('-') === true && !known.has(word.toLowerCase()))
    .map((word) =>
      finding(
        command.line,
        'unknown-parameter',
        `${named.map(([name]) => name).join(', ')} is not known to take ${word ?? ''}.`,
      ),
    );
}

/** The launcher hands the text of the step to the machine behind this one: the one place where text becomes code. */
const handedOver = '([scriptblock]::Create($StepText))';

/** `& $block` runs what stands in this text, if the variable holds a block of it. */
function checkComputed(script: ParsedScript, command: ScriptCommand): Finding[] {
  const variable = command.nameText.replace(/^\$/, '').toLowerCase();
  const parameters = [...(script.paramBlock ?? []), ...script.functions.flatMap((one) => one.parameters)];
  const isBlock =
    parameters.some(({ name, type }) => name.toLowerCase() === variable && type?.toLowerCase() === 'scriptblock') ||
    script.assignments.some(({ target, isBlock: holds }) => target.toLowerCase() === `$${variable}` && holds);
  if (isBlock || command.nameText === handedOver) return [];
  return [finding(command.line, 'computed-command', `What "${command.nameText}" runs is not to be seen in the text.`)];
}

/** Ways of .NET to make code of text. */
export function checkCalls(script: ParsedScript): Finding[] {
  const makers = script.calls.filter(({ text }) =>
    /scriptblock\]::Create\(|\.(InvokeScript|AddScript)\($/i.test(opening(text)),
  );
  const own = makers.filter(({ text }) => text === handedOver.slice(1, -1));
  const others = makers.filter((call) => !own.includes(call) || own.indexOf(call) > 0);
  return others.map(({ line }) => codeFromText(line));
}

/** A call up to its last parenthesis: what stands before is a call of its own. */
function opening(call: string): string {
  return call.slice(0, call.indexOf('(', call.search(/(Create|InvokeScript|AddScript)\(/i)) + 1);
}
