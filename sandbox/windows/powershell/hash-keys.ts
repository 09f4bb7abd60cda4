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
}

/** Tables by the names of the variables that hold them, at one place of a script. */
export type Tables = Map<string, HashKeys>;

const unseen: HashKeys = { entries: [], isOpen: true };

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
  return new Map([...names].map((name) => [name, united(ways.flatMap((way) => way.get(name) ?? []))]));
}

/** What `@variable` brings. */
export function splatted(tables: Tables, variable: Node): HashKeys {
  return tables.get(variableName(variable)) ?? unseen;
}

function united(parts: readonly HashKeys[]): HashKeys {
  return { entries: parts.flatMap(({ entries }) => entries), isOpen: parts.some(({ isOpen }) => isOpen) };
}

function setKey(tables: Tables, target: Node, value: Node): void {
  const [holder, member] = childrenOf(target);
  if (holder?.type !== 'variable' || member === undefined) return;
  const name = variableName(holder);
  const key = literalOf(member.type === 'member_name' ? (member.namedChildren[0] ?? member) : member);
  const entry = { name: key ?? '', literal: literalOf(value), line: lineOf(target) };
  const added: HashKeys = key === undefined ? unseen : { entries: [entry], isOpen: false };
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
      return { entries: entriesOf(value), isOpen: false };
    // A list fills parameters by position.
    case 'array_expression':
    case 'array_literal_expression':
      return { entries: [], isOpen: false };
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

function entriesOf(table: Node): CommandArgument[] {
  const entries = table.namedChildren.flatMap((body) => (body.type === 'hash_literal_body' ? childrenOf(body) : []));
  return entries.flatMap((entry) => {
    const [key, value] = childrenOf(entry);
    if (key === undefined || value === undefined) return [];
    return [{ name: literalOf(key) ?? key.text, literal: literalOf(value), line: lineOf(entry) }];
  });
}
