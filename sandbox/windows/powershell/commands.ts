import type { Node } from 'web-tree-sitter';
import { assign, type CommandArgument, type HashKeys, merged, splatted, type Tables } from './hash-keys.ts';
import { childrenOf, lineOf, literalOf, unwrap } from './syntax.ts';

/** One use of a command: cmdlet, function, script or program. */
export interface ScriptCommand {
  /** As it is written, without quotes; undefined where only running it tells. */
  readonly name: string | undefined;
  /** The text in the place of the name. */
  readonly nameText: string;
  readonly parameters: readonly string[];
  /** The same parameters with what they are set to. */
  readonly arguments: readonly CommandArgument[];
  /** A splatted table may bring parameters that cannot be seen in the text. */
  readonly isOpen: boolean;
  /** What stands behind the name, parameters too, in order; undefined where only running it tells. */
  readonly words: readonly (string | undefined)[];
  readonly line: number;
}

/** All commands of a script, wherever they stand, each with the splatted tables as they are at that place. */
export function readCommands(root: Node): ScriptCommand[] {
  const found: ScriptCommand[] = [];
  visitBlock(root, new Map(), found);
  return found.sort((one, other) => one.line - other.line);
}

type Visit = (node: Node, tables: Tables, found: ScriptCommand[]) => Tables;

const visits: Readonly<Record<string, Visit>> = {
  assignment_expression: visitAssignment,
  command: visitCommand,
  if_statement: visitBranches,
  switch_clauses: visitBranches,
  try_statement: visitTry,
  while_statement: visitLoop,
  for_statement: visitLoop,
  foreach_statement: visitLoop,
  do_statement: visitLoop,
  script_block_expression: visitBlock,
  statement_block: visitBlock,
};

function visit(node: Node, tables: Tables, found: ScriptCommand[]): Tables {
  return (visits[node.type] ?? visitChildren)(node, tables, found);
}

function visitChildren(node: Node, tables: Tables, found: ScriptCommand[]): Tables {
  return childrenOf(node).reduce((before, child) => visit(child, before, found), tables);
}

/** Functions run after what stands round them: they are read last, with the tables as those are in the end. */
function visitBlock(block: Node, tables: Tables, found: ScriptCommand[]): Tables {
  const parts = childrenOf(block).flatMap((child) => (isBody(child) ? statementsOf(child) : [child]));
  const functions = parts.filter(({ type }) => type === 'function_statement');
  const others = parts.filter(({ type }) => type !== 'function_statement');
  const after = others.reduce((before, part) => visit(part, before, found), tables);
  for (const definition of functions) visitFunction(definition, after, found);
  return after;
}

function visitFunction(definition: Node, tables: Tables, found: ScriptCommand[]): void {
  for (const part of childrenOf(definition)) visitBlock(part, new Map(tables), found);
}

function isBody({ type }: Node): boolean {
  return type === 'script_block' || type === 'script_block_body' || type === 'statement_list';
}

function statementsOf(body: Node): Node[] {
  return childrenOf(body).flatMap((child) => (isBody(child) ? statementsOf(child) : [child]));
}

function visitAssignment(node: Node, tables: Tables, found: ScriptCommand[]): Tables {
  const after = new Map(visitChildren(node, tables, found));
  assign(after, node);
  return after;
}

function visitBranches(node: Node, tables: Tables, found: ScriptCommand[]): Tables {
  const parts = childrenOf(node).flatMap((child) => (child.type === 'elseif_clauses' ? childrenOf(child) : [child]));
  const ways = parts.map((part) => visit(part, tables, found));
  const isWhole = parts.some(({ type, text }) => type === 'else_clause' || /^default\b/i.test(text));
  // The condition is a way too, and what it leaves is what is there when no branch is taken.
  return merged(isWhole ? ways.filter((way) => way !== tables) : [tables, ...ways]);
}

function visitLoop(node: Node, tables: Tables, found: ScriptCommand[]): Tables {
  return merged([tables, visitChildren(node, tables, found)]);
}

function visitTry(node: Node, tables: Tables, found: ScriptCommand[]): Tables {
  const [body, ...clauses] = childrenOf(node);
  if (body === undefined) return tables;
  const tried = visit(body, tables, found);
  const broken = merged([tables, tried]);
  const catches = clauses.filter(({ type }) => type === 'catch_clauses').flatMap(childrenOf);
  const after = merged([tried, ...catches.map((clause) => visitChildren(clause, broken, found))]);
  const last = clauses.find(({ type }) => type === 'finally_clause');
  return last === undefined ? after : visitChildren(last, merged([broken, after]), found);
}

function visitCommand(node: Node, tables: Tables, found: ScriptCommand[]): Tables {
  const after = visitChildren(node, tables, found);
  const parts = childrenOf(node);
  const nameNode = parts.find(({ type }) => type === 'command_name' || type === 'command_name_expr');
  if (nameNode === undefined) return after;
  const elements = parts.filter(({ type }) => type === 'command_elements').flatMap(childrenOf);
  const given = elements.filter(({ type }) => type !== 'command_argument_sep');
  const tablesOfCommand = given.flatMap((element) => splatOf(element, after));
  const written = given.flatMap((element, at) => writtenParameter(element, given[at + 1]));
  const all = [...written, ...tablesOfCommand.flatMap(({ entries }) => entries)];
  found.push({
    name: nameOf(nameNode),
    nameText: nameNode.text,
    parameters: [...new Set(all.map(({ name }) => name))],
    arguments: all,
    isOpen: tablesOfCommand.some(({ isOpen }) => isOpen),
    words: given.filter(({ type }) => type !== 'redirection').flatMap((element) => wordsOf(element, after)),
    line: lineOf(node),
  });
  return after;
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'command_name') return node.text;
  const name = unwrap(node.namedChildren[0] ?? node);
  if (name.type === 'command_name') return name.text;
  if (name.type === 'path_command_name') return name.text.includes('$') ? undefined : name.text;
  return literalOf(name);
}

function splatOf(element: Node, tables: Tables): HashKeys[] {
  const value = unwrap(element);
  return value.type === 'variable' && value.text.startsWith('@') ? [splatted(tables, value)] : [];
}

function writtenParameter(element: Node, next: Node | undefined): CommandArgument[] {
  if (element.type !== 'command_parameter') return [];
  const isValue = next !== undefined && next.type !== 'command_parameter' && next.type !== 'redirection';
  const name = element.text.replace(/^-/, '').replace(/:$/, '');
  return [{ name, literal: isValue ? literalOf(next) : undefined, line: lineOf(element) }];
}

function wordsOf(element: Node, tables: Tables): readonly (string | undefined)[] {
  if (element.type === 'command_parameter') return [element.text];
  const [list] = splatOf(element, tables);
  return list !== undefined && list.words.length > 0 ? list.words : [literalOf(element)];
}
