import type { Node } from 'web-tree-sitter';

/** Levels of the grammar that say nothing where there is only one thing in them. */
const wrappers = new Set([
  'pipeline',
  'pipeline_chain',
  'left_assignment_expression',
  'key_expression',
  'attribute_argument',
  'argument_expression',
  'unary_expression',
  'array_literal_expression',
  'script_parameter_default',
  ...['logical', 'bitwise', 'comparison', 'additive', 'multiplicative', 'format', 'range'].flatMap((level) => [
    `${level}_expression`,
    `${level}_argument_expression`,
  ]),
]);

export function childrenOf(node: Node): Node[] {
  return node.namedChildren.filter((child) => child.type !== 'comment');
}

/** The expression itself, without the levels of precedence round it. */
export function unwrap(node: Node): Node {
  const only = childrenOf(node);
  const child = only[0];
  return wrappers.has(node.type) && child !== undefined && only.length === 1 ? unwrap(child) : node;
}

export function lineOf(node: Node): number {
  return node.startPosition.row + 1;
}

/** Names of variables are the same in either case: lower case, without sigil and braces. */
export function variableName(node: Node): string {
  return node.text
    .replace(/^[$@]/, '')
    .replace(/^\{(.*)\}$/s, '$1')
    .toLowerCase();
}

/** The text that a constant stands for; undefined for whatever is only known when it runs. */
export function literalOf(node: Node): string | undefined {
  const value = unwrap(node);
  switch (value.type) {
    case 'string_literal':
      return stringOf(value);
    case 'generic_token':
    case 'simple_name':
    case 'integer_literal':
    case 'real_literal':
      return value.text;
    default:
      return undefined;
  }
}

function stringOf(literal: Node): string | undefined {
  const form = literal.namedChildren[0] ?? literal;
  if (form.type.startsWith('expandable') && form.namedChildCount > 0) return undefined;
  return stringBody(form);
}

/** What stands between the quotes, with doubled quotes as one. */
export function stringBody(form: Node): string {
  if (form.type.includes('here_string')) return form.text.replace(/^@['"]\s*?\r?\n/, '').replace(/\r?\n['"]@$/, '');
  const quote = form.text.startsWith("'") ? "'" : '"';
  return form.text.slice(1, -1).replaceAll(quote + quote, quote);
}
