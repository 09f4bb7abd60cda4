import { visit } from 'jsonc-parser';
import type { Problem } from '../../domain/app-error.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import { toPointer } from './to-pointer.ts';

export type ParsedJson =
  | { readonly outcome: 'parsed'; readonly value: unknown }
  | { readonly outcome: 'refused'; readonly problems: readonly Problem[] };

const depthMax = 64;
const problemsMax = 100;
// Names that reach the prototype where code copies fields carelessly; nothing here needs them.
const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype']);
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Reads one JSON value (RFC 8259) from bytes, stricter than JSON.parse: valid UTF-8, at most 64 levels, no name twice
 * in one object, no name that reaches a prototype, no half of a surrogate pair. What it refuses it never quotes: a body
 * may hold a password.
 */
export function parseJson(bytes: Uint8Array): ParsedJson {
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    return refused('invalidUtf8', 'The body is not valid UTF-8.', 'Send the JSON as UTF-8.');
  }
  // The depth comes first, by a search that does not recurse: the walk below would run out of stack on a hostile body.
  if (isTooDeep(text)) {
    return refused('tooDeep', `The body is nested deeper than ${depthMax} levels.`, 'Send a flatter body.');
  }
  const value = tryParse(text);
  if (value === undefined) return refused('invalidJson', syntaxFault(text), 'Send one JSON value.');
  const problems = findProblems(text);
  return problems.length > 0 ? { outcome: 'refused', problems } : { outcome: 'parsed', value: value.parsed };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder throws for nothing else than bytes that are not UTF-8.
    return undefined;
  }
}

function tryParse(text: string): { readonly parsed: unknown } | undefined {
  try {
    return { parsed: JSON.parse(text) as unknown };
  } catch {
    // The message of the SyntaxError quotes the body, so it is not passed on.
    return undefined;
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let position = 0; position < text.length; position += 1) {
    const character = text[position];
    if (character === '"') isInString = !isInString;
    else if (isInString && character === '\\') position += 1;
    else if (!isInString && (character === '{' || character === '[')) depth += 1;
    else if (!isInString && (character === '}' || character === ']')) depth -= 1;
    if (depth > depthMax) return true;
  }
  return false;
}

function syntaxFault(text: string): string {
  let place = '';
  visit(
    text,
    {
      onError: (_code, _offset, _length, line, character) => {
        if (place === '') place = ` at line ${line + 1}, column ${character + 1}`;
      },
    },
    { disallowComments: true },
  );
  return `The body is not well-formed JSON${place}.`;
}

function findProblems(text: string): readonly Problem[] {
  const problems: Problem[] = [];
  const namesOfOpenObjects: Set<string>[] = [];
  const add = (path: string, code: ProblemCode, message: string, fix: string): void => {
    if (problems.length < problemsMax) problems.push({ path, code, message, fix });
  };
  visit(text, {
    onObjectBegin: () => {
      namesOfOpenObjects.push(new Set());
    },
    onObjectEnd: () => {
      namesOfOpenObjects.pop();
    },
    onObjectProperty: (name, _offset, _length, _line, _character, pathTo) => {
      const path = toPointer([...pathTo(), name]);
      const names = namesOfOpenObjects.at(-1);
      if (names?.has(name) === true) add(path, 'duplicateField', 'The field appears twice.', 'Send it once.');
      names?.add(name);
      if (forbiddenNames.has(name)) {
        add(path, 'forbiddenField', 'No field may have this name.', 'Remove this field.');
      }
      if (loneSurrogate.test(name)) addSurrogate(path);
    },
    onLiteralValue: (value: unknown, _offset, _length, _line, _character, pathTo) => {
      if (typeof value === 'string' && loneSurrogate.test(value)) addSurrogate(toPointer(pathTo()));
    },
  });
  return problems;

  function addSurrogate(path: string): void {
    add(path, 'invalidText', 'The text holds half of a surrogate pair.', 'Send whole Unicode characters.');
  }
}

function refused(code: ProblemCode, message: string, fix: string): ParsedJson {
  return { outcome: 'refused', problems: [{ path: '', code, message, fix }] };
}
