/**
 * Makes the package that the Functions host loads: dist/app with one CommonJS file, host.json and a package.json that
 * names the file. `--metafile` also writes dist/metafile.json, which says what the bundle is made of.
 */
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const output = join(root, 'dist', 'app');

const { values } = parseArgs({ options: { metafile: { type: 'boolean', default: false } } });
mkdirSync(output, { recursive: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: join(output, 'main.cjs'),
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
  metafile: true,
  write: false,
  logLevel: 'warning',
});

// Renamed into place, so that a host that restarts meanwhile reads a whole file.
for (const file of result.outputFiles) {
  writeFileSync(`${file.path}.new`, file.contents);
  renameSync(`${file.path}.new`, file.path);
}
copyFileSync(join(root, 'host.json'), join(output, 'host.json'));
writeFileSync(join(output, 'package.json'), `${JSON.stringify({ name: 'gatehouse', main: 'main.cjs' }, null, 2)}\n`);
if (values.metafile) writeFileSync(join(root, 'dist', 'metafile.json'), JSON.stringify(result.metafile));
