import { resolve } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** How the application becomes one CommonJS file; the only place that knows. */
const options = {
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  // Some packages' CommonJS files cannot be bundled (they ask for their parts through an argument), and none can be shaken.
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
  readonly contents: Uint8Array;
  /** Files that it is made of, relative to the project's folder. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the application with its packages, as CommonJS; with `hasPackages: false` they stay where they are installed, and it is
 * an ES module, since some packages are nothing else.
 */
export async function bundleApplication({ hasPackages = true } = {}): Promise<Bundle> {
  const result = await build({
    ...options,
    ...(hasPackages ? {} : { packages: 'external', format: 'esm' }),
    outfile: 'main.cjs',
    metafile: true,
    write: false,
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('The bundler made no file.');
  return { contents: file.contents, inputs: Object.keys(result.metafile.inputs) };
}
