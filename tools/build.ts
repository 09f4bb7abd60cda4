/**
 * Makes the package that the Functions host loads: dist/app with its CommonJS files, host.json and a package.json that
 * names the one to load. When nothing that it is made of has changed since the last time, it is left as it is.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createStamp, isUpToDate } from './build-stamp.ts';
import { bundleApplication } from './bundle.ts';

const root = resolve(import.meta.dirname, '..');
const output = join('dist', 'app');
const stampFile = join(root, 'dist', 'build.json');
/** What decides beside the files of the bundle: how it is made, with which packages and options. */
const settings = ['tools/build.ts', 'tools/bundle.ts', 'package-lock.json', 'tsconfig.json', 'host.json'];

if (isUpToDate(root, stampFile)) {
  console.log('the application is built already');
} else {
  console.log('building the application');
  await buildApplication();
}

async function buildApplication(): Promise<void> {
  const startedAtMs = Date.now();
  const { files, inputs } = await bundleApplication();
  const written = {
    ...Object.fromEntries(Object.entries(files).map(([name, content]) => [join(output, name), content])),
    [join(output, 'host.json')]: readFileSync(join(root, 'host.json')),
    [join(output, 'package.json')]: `${JSON.stringify({ name: 'gatehouse', main: 'main.cjs' }, null, 2)}\n`,
  };
  mkdirSync(join(root, output), { recursive: true });
  for (const [file, content] of Object.entries(written)) writeWhole(join(root, file), content);

  const stamp = createStamp(root, {
    inputs: [...settings, ...inputs],
    outputs: Object.keys(written),
    startedAtMs,
  });
  if (stamp === undefined) rmSync(stampFile, { force: true });
  else writeWhole(stampFile, JSON.stringify(stamp));
}

/** Renamed into place, so that a host that restarts meanwhile reads a whole file. */
function writeWhole(path: string, content: Uint8Array | string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}
