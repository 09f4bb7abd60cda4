import { decodePath } from './web-server-rules.ts';

/** Matches a path against one ASP.NET Core route template; undefined when it does not match. */
export type RouteMatcher = (path: string) => Readonly<Record<string, string>> | undefined;

interface Parameter {
  readonly name: string;
  readonly group: string;
  readonly constraints: readonly string[];
  readonly defaultValue: string | undefined;
}

type Constraint = (value: string, argument: string) => boolean;

const isInteger: Constraint = (value) => /^[+-]?\d{1,10}$/.test(value);
const isNumber: Constraint = (value) => /^[+-]?\d+(\.\d+)?$/.test(value);
const numbersOf = (argument: string): readonly number[] => argument.split(',').map(Number);

const constraintsByName: Readonly<Record<string, Constraint>> = {
  int: isInteger,
  long: (value) => /^[+-]?\d{1,19}$/.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  guid: (value) => /^\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(value),
  decimal: isNumber,
  double: isNumber,
  float: isNumber,
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  alpha: (value) => /^[a-z]*$/i.test(value),
  length: (value, argument) => {
    const [low = 0, high = low] = numbersOf(argument);
    return value.length >= low && value.length <= high;
  },
  minlength: (value, argument) => value.length >= Number(argument),
  maxlength: (value, argument) => value.length <= Number(argument),
  min: (value, argument) => isInteger(value, '') && Number(value) >= Number(argument),
  max: (value, argument) => isInteger(value, '') && Number(value) <= Number(argument),
  range: (value, argument) => {
    const [low = 0, high = 0] = numbersOf(argument);
    return isInteger(value, '') && Number(value) >= low && Number(value) <= high;
  },
  regex: (value, argument) => new RegExp(argument, 'i').test(value),
};

/**
 * Compiles a template such as `items/{id:int}/{*rest}`; literals match without case.
 *
 * @throws Error for a constraint that ASP.NET Core does not know.
 */
export function compileRoute(template: string): RouteMatcher {
  const parameters: Parameter[] = [];
  const segments = template.split('/').filter((segment) => segment !== '');
  const pattern = segments.map((segment) => segmentPattern(segment, parameters)).join('');
  const expression = new RegExp(`^${pattern}/?$`, 'i');
  return (path) => {
    const match = expression.exec(path.startsWith('/') ? path : `/${path}`);
    return match === null ? undefined : readParameters(match.groups ?? {}, parameters);
  };
}

function segmentPattern(segment: string, parameters: Parameter[]): string {
  const catchAll = /^\{\*{1,2}([^}]+)\}$/.exec(segment);
  if (catchAll?.[1] !== undefined) {
    return `(?:/(?<${addParameter(catchAll[1], parameters).group}>.*))?`;
  }
  const whole = /^\{((?:[^{}]|\{[^{}]*\})+)\}$/.exec(segment);
  if (whole?.[1] !== undefined) {
    const isOptional = whole[1].endsWith('?');
    const parameter = addParameter(whole[1].replace(/\?$/, ''), parameters);
    const group = `/(?<${parameter.group}>[^/]+)`;
    return isOptional || parameter.defaultValue !== undefined ? `(?:${group})?` : group;
  }
  return `/${mixedPattern(segment, parameters)}`;
}

/** A segment of literals and parameters side by side, such as `{name}.{extension}`. */
function mixedPattern(segment: string, parameters: Parameter[]): string {
  return segment
    .split(/(\{[^{}]+\})/)
    .map((part) => {
      const inner = /^\{([^{}]+)\}$/.exec(part)?.[1];
      return inner === undefined ? escapeLiteral(part) : `(?<${addParameter(inner, parameters).group}>[^/]+?)`;
    })
    .join('');
}

function addParameter(source: string, parameters: Parameter[]): Parameter {
  const [beforeDefault, defaultValue] = splitOnce(source, '=');
  const [name = '', ...constraints] = beforeDefault.split(/:(?![^(]*\))/);
  for (const constraint of constraints) {
    if (constraintsByName[splitConstraint(constraint)[0]] === undefined) {
      throw new Error(`The route constraint '${constraint}' of parameter '${name}' is not known.`);
    }
  }
  const parameter = { name, group: `p${parameters.length}`, constraints, defaultValue };
  parameters.push(parameter);
  return parameter;
}

function readParameters(
  groups: Readonly<Record<string, string | undefined>>,
  parameters: readonly Parameter[],
): Readonly<Record<string, string>> | undefined {
  const values: Record<string, string> = {};
  for (const { name, group, constraints, defaultValue } of parameters) {
    const raw = groups[group];
    const value = raw === undefined ? defaultValue : decodePath(raw);
    if (value === undefined) {
      continue;
    }
    if (!constraints.every((constraint) => satisfies(value, constraint))) {
      return undefined;
    }
    values[name] = value;
  }
  return values;
}

function satisfies(value: string, constraint: string): boolean {
  const [name, argument] = splitConstraint(constraint);
  return constraintsByName[name]?.(value, argument) ?? false;
}

function splitConstraint(constraint: string): readonly [string, string] {
  const match = /^(\w+)(?:\((.*)\))?$/.exec(constraint);
  return [match?.[1] ?? constraint, match?.[2] ?? ''];
}

function splitOnce(source: string, separator: string): readonly [string, string | undefined] {
  const at = source.indexOf(separator);
  return at < 0 ? [source, undefined] : [source.slice(0, at), source.slice(at + 1)];
}

function escapeLiteral(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
