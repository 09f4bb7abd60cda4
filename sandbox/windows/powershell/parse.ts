import type { Node } from 'web-tree-sitter';
import { readCommands, type ScriptCommand } from './commands.ts';
import { loadGrammar } from './grammar.ts';
import { type CommandArgument, entriesOf } from './hash-keys.ts';
import { childrenOf, lineOf, literalOf, stringBody, unwrap, variableName } from './syntax.ts';

export interface ScriptParameter {
  readonly name: string;
  /** As it is written, without brackets: `string`, `psobject[]`. */
  readonly type: string | undefined;
  readonly attributes: readonly ScriptAttribute[];
  readonly line: number;
}

export interface ScriptAttribute {
  readonly name: string;
  /** `'Mandatory = $true'`; texts without their quotes. */
  readonly arguments: readonly string[];
}

export interface ScriptString {
  readonly kind: 'verbatim' | 'expandable' | 'verbatim-here' | 'expandable-here';
  /** What stands between the quotes. */
  readonly text: string;
  readonly line: number;
}

export interface ParsedScript {
  /** Where the text is not PowerShell. */
  readonly errors: readonly { readonly line: number; readonly column: number; readonly text: string }[];
  /** Of the script itself; undefined without a param block. */
  readonly paramBlock: readonly ScriptParameter[] | undefined;
  readonly functions: readonly {
    readonly name: string;
    readonly parameters: readonly ScriptParameter[];
    readonly line: number;
  }[];
  readonly commands: readonly ScriptCommand[];
  readonly strings: readonly ScriptString[];
  /** Each name once, in lower case, with its scope: `using:clouds`. */
  readonly variables: readonly string[];
  readonly assignments: readonly {
    readonly target: string;
    readonly literal: string | undefined;
    /** What is assigned is a script block. */
    readonly isBlock: boolean;
    readonly line: number;
  }[];
  /** Tables that are written out. */
  readonly hashes: readonly { readonly entries: readonly CommandArgument[]; readonly line: number }[];
  readonly tries: readonly { readonly hasCatch: boolean; readonly hasFinally: boolean; readonly line: number }[];
  /** Calls of methods, as they are written. */
  readonly calls: readonly { readonly text: string; readonly line: number }[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
}

/**
 * Reads a script without running it. Never refuses: what cannot be read is in `errors`, the rest is read as far as it
 * goes.
 */
export async function parseScript(text: string): Promise<ParsedScript> {
  const parser = await loadGrammar();
  const tree = parser.parse(text);
  if (tree === null) throw new Error('The PowerShell grammar has no language.');
  try {
    return read(tree.rootNode);
  } finally {
    tree.delete();
  }
}

function read(root: Node): ParsedScript {
  const nodes = descendantsByType(root);
  const ofType = (type: string): readonly Node[] => nodes.get(type) ?? [];
  const ownParams = root.namedChildren.find(({ type }) => type === 'param_block');
  return {
    // The grammar knows `&&` and `||` between commands, which Windows PowerShell 5.1 does not.
    errors: [
      ...(root.hasError ? [...nodes.values()].flat().filter((node) => node.isError || node.isMissing) : []),
      ...ofType('pipeline_chain_tail'),
    ].map(readError),
    paramBlock: ownParams && readParamBlock(ownParams),
    functions: ofType('function_statement').map(readFunction),
    commands: readCommands(root),
    strings: ofType('string_literal').map(readString),
    variables: [...new Set(ofType('variable').map(variableName))],
    assignments: ofType('assignment_expression').map(readAssignment),
    hashes: ofType('hash_literal_expression').map((node) => ({ entries: entriesOf(node), line: lineOf(node) })),
    tries: ofType('try_statement').map(readTry),
    calls: ofType('invokation_expression').map((node) => ({ text: node.text, line: lineOf(node) })),
    comments: ofType('comment').map((node) => ({ text: node.text, line: lineOf(node) })),
  };
}

/** Each node is asked once, in the order of the text: every question is a call into the grammar. */
function descendantsByType(root: Node): ReadonlyMap<string, readonly Node[]> {
  const found = new Map<string, Node[]>();
  const visit = (node: Node): void => {
    const { type } = node;
    const alike = found.get(type);
    if (alike === undefined) found.set(type, [node]);
    else alike.push(node);
    for (const child of node.children) visit(child);
  };
  visit(root);
  return found;
}

function readError(node: Node): ParsedScript['errors'][number] {
  const [first = ''] = (node.isMissing ? `missing ${node.type}` : node.text.trim()).split('\n');
  return { line: lineOf(node), column: node.startPosition.column + 1, text: first.slice(0, 120) };
}

function readParamBlock(block: Node): ScriptParameter[] {
  return block.namedChildren
    .filter(({ type }) => type === 'parameter_list')
    .flatMap(childrenOf)
    .filter(({ type }) => type === 'script_parameter')
    .map(readParameter);
}

function readParameter(node: Node): ScriptParameter {
  const attributes = node.namedChildren.filter(({ type }) => type === 'attribute_list').flatMap(childrenOf);
  const typed = attributes.find((attribute) => attribute.namedChildren[0]?.type === 'type_literal');
  const variable = node.namedChildren.find(({ type }) => type === 'variable');
  return {
    name: variable?.text.slice(1) ?? '',
    type: typed?.text.slice(1, -1),
    attributes: attributes.filter((attribute) => attribute !== typed).map(readAttribute),
    line: lineOf(node),
  };
}

function readAttribute(node: Node): ScriptAttribute {
  const [name, list] = childrenOf(node);
  const given = list === undefined ? [] : childrenOf(list);
  return {
    name: name?.text ?? '',
    arguments: given.map(
      (argument) => (argument.namedChildCount === 1 ? literalOf(argument) : undefined) ?? argument.text,
    ),
  };
}

function readFunction(node: Node): ParsedScript['functions'][number] {
  const name = node.namedChildren.find(({ type }) => type === 'function_name');
  const body = node.namedChildren.find(({ type }) => type === 'script_block');
  const block = (body ?? node).namedChildren.find(({ type }) => type === 'param_block');
  return { name: name?.text ?? '', parameters: block === undefined ? [] : readParamBlock(block), line: lineOf(node) };
}

function readString(node: Node): ScriptString {
  const form = node.namedChildren[0] ?? node;
  const quotes = form.type.startsWith('expandable') ? 'expandable' : 'verbatim';
  const kind = form.type.includes('here_string') ? (`${quotes}-here` as const) : quotes;
  return { kind, text: stringBody(form), line: lineOf(node) };
}

function readAssignment(node: Node): ParsedScript['assignments'][number] {
  const parts = childrenOf(node);
  const [target] = parts;
  const value = parts.at(-1);
  return {
    target: target === undefined ? '' : unwrap(target).text,
    literal: value === undefined ? undefined : literalOf(value),
    isBlock: value !== undefined && unwrap(value).type === 'script_block_expression',
    line: lineOf(node),
  };
}

function readTry(node: Node): ParsedScript['tries'][number] {
  const has = (type: string): boolean => node.namedChildren.some((child) => child.type === type);
  return { hasCatch: has('catch_clauses'), hasFinally: has('finally_clause'), line: lineOf(node) };
}
