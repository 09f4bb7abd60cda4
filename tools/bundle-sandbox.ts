/** How the programs of the local stack become files that load at once; the only place that knows. */
import { readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Bundle } from './bundle.ts';

const root = resolve(import.meta.dirname, '..');
/** Relative to the project's folder. */
export const sandboxOutput = 'dist/sandbox';

/** Each runs as a process of its own: `sandbox/supervisor/programs.ts` starts them by these names. */
const programs = {
  start: 'sandbox/start.ts',
  cloud: 'sandbox/cloud.ts',
  runtime: 'sandbox/runtime/main.ts',
  vpn: 'sandbox/vpn/main.ts',
};

/** What a source finds beside itself (grammars, preloads, examples) it finds there when it runs from the bundle too. */
const foldersOfSources: Plugin = {
  name: 'folders-of-sources',
  setup: (bundler) => {
    bundler.onLoad({ filter: /[\\/]sandbox[\\/].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.dirname')) return undefined;
      const folder = relative(resolve(root, sandboxOutput), dirname(path)).replaceAll('\\', '/');
      const contents = text.replaceAll(
        'import.meta.dirname',
        `(import.meta.dirname + ${JSON.stringify(`/${folder}`)})`,
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** What CommonJS has and an ES module does not: packages of that kind ask by it for Node's own modules. */
const banner = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const __dirname = import.meta.dirname;`;

export async function bundleSandbox(): Promise<Bundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: programs,
    outdir: sandboxOutput,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    mainFields: ['module', 'main'],
    // ssh2 tries its compiled parts and goes on without them; web-tree-sitter looks for its own beside itself.
    external: ['cpu-features', '*.node', 'web-tree-sitter'],
    banner: { js: banner },
    keepNames: true,
    legalComments: 'none',
    sourcemap: true,
    plugins: [foldersOfSources],
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const files = result.outputFiles.map(({ path, contents }) => [basename(path), contents] as const);
  return { files: Object.fromEntries(files), inputs: Object.keys(result.metafile.inputs) };
}
