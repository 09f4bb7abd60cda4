import type { Node } from 'web-tree-sitter';
import { childrenOf, lineOf, literalOf, unwrap, variableName } from './syntax.ts';

export interface CommandArgument {
  /** As it is written, without the dash. */
  readonly name: string;
  /** What it is set to, where that is a constant. */
  readonly literal: string | undefined;
  readonly line: number;
}

/** What is known of a table that may be splatted. Open: it may hold keys that cannot be seen in the text. */
export interface HashKeys {
  readonly entries: readonly CommandArgument[];
  readonly isOpen: boolean;
  /** Of a list, which is given word by word; undefined where only running it tells. */
  readonly words: readonly (string | undefined)[];
}

/** Tables by the names of the variables that hold them, at one place of a script. */
export type Tables = Map<string, HashKeys>;

const unseen: HashKeys = { entries: [], isOpen: true, words: [] };

/** Notes what an assignment does to the tables: a new one, one more, or one more key. */
export function assign(tables: Tables, assignment: Node): void {
  const [left, operator, right] = childrenOf(assignment);
  if (left === undefined || operator === undefined || right === undefined) return;
  const target = withoutType(unwrap(left));
  if (target.type === 'variable') {
    const given = keysOf(tables, unwrap(right));
    const name = variableName(target);
    tables.set(name, operator.text === '=' ? given : united([tables.get(name) ?? unseen, given]));
  }
  if (target.type === 'member_access' || target.type === 'element_access') setKey(tables, target, right);
}

/** Where ways of a script meet: whatever one of them may have set. */
export function merged(ways: readonly Tables[]): Tables {
  const names = new Set(ways.flatMap((way) => [...way.keys()]));
  return new Map([...names].map((name) => [name, met(ways.flatMap((way) => way.get(name) ?? []))]));
}

/** What no way has touched stays the one that it was. */
function met(tables: readonly HashKeys[]): HashKeys {
  const [only, ...others] = new Set(tables);
  return only !== undefined && others.length === 0 ? only : united([...new Set(tables)]);
}

/** What `@variable` brings. */
export function splatted(tables: Tables, variable: Node): HashKeys {
  return tables.get(variableName(variable)) ?? unseen;
}

/** Every entry once: ways that meet share what was there before they parted. */
function united(parts: readonly HashKeys[]): HashKeys {
  const entries = parts.flatMap((part) => part.entries.map((entry) => [`${entry.line}:${entry.name}`, entry] as const));
  return {
    entries: [...new Map(entries).values()],
    isOpen: parts.some(({ isOpen }) => isOpen),
    words: parts.flatMap(({ words }) => words),
  };
}

function wordsOf(list: Node): (string | undefined)[] {
  const inside = list.type === 'array_expression' ? childrenOf(list).flatMap(childrenOf).map(unwrap) : [list];
  return inside.flatMap((part) =>
    part.type === 'array_literal_expression' ? childrenOf(part).map(literalOf) : [literalOf(part)],
  );
}

function setKey(tables: Tables, target: Node, value: Node): void {
  const [holder, member] = childrenOf(target);
  if (holder?.type !== 'variable' || member === undefined) return;
  const name = variableName(holder);
  const key = literalOf(member.type === 'member_name' ? (member.namedChildren[0] ?? member) : member);
  const entry = { name: key ?? '', literal: literalOf(value), line: lineOf(target) };
  const added: HashKeys = key === undefined ? unseen : { entries: [entry], isOpen: false, words: [] };
  tables.set(name, united([tables.get(name) ?? unseen, added]));
}

function withoutType(node: Node): Node {
  if (node.type !== 'expression_with_unary_operator') return node;
  const inner = node.namedChildren[0];
  const typed = inner?.type === 'cast_expression' ? inner.namedChildren.at(-1) : undefined;
  return typed === undefined ? node : withoutType(unwrap(typed));
}

function keysOf(tables: Tables, node: Node): HashKeys {
  const value = withoutType(node);
  switch (value.type) {
    case 'hash_literal_expression':
      return { entries: entriesOf(value), isOpen: false, words: [] };
    // A list fills parameters by position.
    case 'array_expression':
    case 'array_literal_expression':
      return { entries: [], isOpen: false, words: wordsOf(value) };
    case 'variable':
      return splatted(tables, value);
    case 'parenthesized_expression':
      return united(childrenOf(value).map((part) => keysOf(tables, unwrap(part))));
    case 'additive_expression':
      return united(childrenOf(value).map((part) => keysOf(tables, unwrap(part))));
    case 'invokation_expression':
      return cloned(tables, value);
    default:
      return unseen;
  }
}

function cloned(tables: Tables, call: Node): HashKeys {
  const [holder, member] = childrenOf(call);
  return holder?.type === 'variable' && member?.text.toLowerCase() === 'clone' ? splatted(tables, holder) : unseen;
}

/** What a table that is written out holds. */
export function entriesOf(table: Node): CommandArgument[] {
  const entries = table.namedChildren.flatMap((body) => (body.type === 'hash_literal_body' ? childrenOf(body) : []));
  return entries.flatMap((entry) => {
    const [key, value] = childrenOf(entry);
    if (key === undefined || value === undefined) return [];
    return [{ name: literalOf(key) ?? key.text, literal: literalOf(value), line: lineOf(entry) }];
  });
}
