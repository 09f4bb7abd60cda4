import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Language, Parser } from 'web-tree-sitter';

let loading: Promise<Parser> | undefined;

/**
 * A parser of PowerShell; the grammar is loaded once in a process. Trees that it makes are to be deleted by who asked
 * for them.
 */
export function loadGrammar(): Promise<Parser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Parser> {
  // From the folder that the process runs in, because this file is loaded as a module of either kind.
  const { resolve } = createRequire(join(process.cwd(), 'package.json'));
  await Parser.init();
  const grammar = await Language.load(readFileSync(resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')));
  return new Parser().setLanguage(grammar);
}
