import { basename, parse, resolve } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/**
 * What is loaded only when a setting asks for it is a file of its own beside the others: inside, it would be read at
 * every start.
 */
const lazyEntries = ['src/tracing/export-spans.ts'];

/** Leaves an import of such a part to be done when the application runs. */
const lazyParts: Plugin = {
  name: 'lazy-parts',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^\./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${parse(path).name}.cjs`, external: true } : undefined,
    );
  },
};

/**
 * How the application becomes one CommonJS file, and one for each part that is loaded later; the only place that knows.
 */
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  // Some packages' CommonJS files cannot be bundled (they ask for their parts through an argument), and none can be
  // shaken.
  mainFields: ['module', 'main'],
  // The host puts this module into the worker's module loader; there is no file to bundle.
  // ssh2 tries its compiled parts and goes on without them.
  external: ['@azure/functions-core', 'cpu-features', '*.node'],
  // The scripts of the remote steps are text of the bundle.
  loader: { '.ps1': 'text', '.sh': 'text' },
  minify: true,
  // Names of functions and classes reach logs and the registered names.
  keepNames: true,
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

export interface Bundle {
  /** Content by file name; `main.cjs` is the one to be loaded. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Files that they are made of, relative to the project's folder. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the application with its packages, as CommonJS; with `hasPackages: false` they stay where they are installed,
 * and it is an ES module, since some packages are nothing else. `plugins` change it for a comparison.
 */
export async function bundleApplication({
  hasPackages = true,
  plugins = [],
}: { readonly hasPackages?: boolean; readonly plugins?: readonly Plugin[] } = {}): Promise<Bundle> {
  const result = await build({
    ...options,
    ...(hasPackages ? {} : { packages: 'external', format: 'esm' }),
    entryPoints: ['src/main.ts', ...lazyEntries],
    outdir: '.',
    entryNames: '[name]',
    outExtension: { '.js': '.cjs' },
    plugins: [lazyParts, ...plugins],
    metafile: true,
    write: false,
  });
  const files = result.outputFiles.map(({ path, contents }) => [basename(path), contents] as const);
  return { files: Object.fromEntries(files), inputs: Object.keys(result.metafile.inputs) };
}
