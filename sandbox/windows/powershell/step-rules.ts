import { type Finding, finding } from './finding.ts';
import type { ParsedScript, ScriptParameter } from './parse.ts';

const modes = new Set(['probe', 'apply', 'verify', 'undo']);

/** What the script of a step has besides: a typed param block with its modes, and no leniency. */
export function checkStep(script: ParsedScript): Finding[] {
  return [...checkParamBlock(script), ...checkStrictness(script)];
}

function checkParamBlock({ paramBlock }: ParsedScript): Finding[] {
  if (paramBlock === undefined) return [finding(1, 'param-block', 'The script has no param block.')];
  const untyped = paramBlock
    .filter(({ type }) => type === undefined)
    .map(({ name, line }) => finding(line, 'param-block', `$${name} takes anything: give it a type.`));
  const mode = paramBlock.find(({ name }) => name === 'Mode');
  if (mode === undefined) return [...untyped, finding(1, 'mode', 'The script does not ask for its mode.')];
  return isGoodMode(mode)
    ? untyped
    : [...untyped, finding(mode.line, 'mode', '$Mode is mandatory, a string, and one of a set of modes.')];
}

function isGoodMode({ type, attributes }: ScriptParameter): boolean {
  const parameter = attributes.find(({ name }) => name === 'Parameter');
  const allowed = attributes.find(({ name }) => name === 'ValidateSet')?.arguments ?? [];
  const isMandatory = parameter?.arguments.some((argument) => /^Mandatory(\s*=\s*\$true)?$/i.test(argument));
  return type === 'string' && isMandatory === true && allowed.length > 0 && allowed.every((mode) => modes.has(mode));
}

function checkStrictness({ commands, assignments }: ParsedScript): Finding[] {
  const isStrict = commands.some(
    ({ name, arguments: given }) =>
      name === 'Set-StrictMode' && given.some((one) => one.name === 'Version' && one.literal === '2.0'),
  );
  const stops = assignments.some(({ target, literal }) => target === '$ErrorActionPreference' && literal === 'Stop');
  return [
    ...(isStrict ? [] : [finding(1, 'strict-mode', 'Set-StrictMode -Version 2.0 is missing.')]),
    ...(stops ? [] : [finding(1, 'strict-mode', "$ErrorActionPreference = 'Stop' is missing.")]),
  ];
}
