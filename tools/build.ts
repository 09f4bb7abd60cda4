/**
 * Makes what runs: in dist/app the package that the Functions host loads (CommonJS files, host.json and a package.json
 * that names the one to load), in dist/sandbox the programs of the local stack. When nothing that one of them is made
 * of has changed since the last time, it is left as it is.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createStamp, isUpToDate } from './build-stamp.ts';
import { type Bundle, bundleApplication } from './bundle.ts';
import { bundleSandbox } from './bundle-sandbox.ts';

interface Part {
  readonly name: string;
  readonly folder: string;
  readonly stampFile: string;
  /** What decides beside the files of the bundle: how it is made, with which packages and options. */
  readonly settings: readonly string[];
  readonly bundle: () => Promise<Bundle>;
}

const root = resolve(import.meta.dirname, '..');
const settings = ['tools/build.ts', 'tools/bundle.ts', 'package-lock.json', 'tsconfig.json'];

const parts: readonly Part[] = [
  {
    name: 'the application',
    folder: join('dist', 'app'),
    stampFile: join(root, 'dist', 'build.json'),
    settings: [...settings, 'host.json'],
    bundle: bundlePackage,
  },
  {
    name: 'the local stack',
    folder: join('dist', 'sandbox'),
    stampFile: join(root, 'dist', 'sandbox.json'),
    settings: [...settings, 'tools/bundle-sandbox.ts'],
    bundle: bundleSandbox,
  },
];

for (const part of parts) {
  if (isUpToDate(root, part.stampFile)) {
    if (!process.argv.includes('--quiet')) console.log(`${part.name} is built already`);
  } else {
    console.log(`building ${part.name}`);
    await buildPart(part);
  }
}

/** The application's bundle with what the Functions host reads beside it. */
async function bundlePackage(): Promise<Bundle> {
  const { files, inputs } = await bundleApplication();
  const beside = {
    'host.json': readFileSync(join(root, 'host.json')),
    'package.json': Buffer.from(`${JSON.stringify({ name: 'gatehouse', main: 'main.cjs' }, null, 2)}\n`),
  };
  return { files: { ...files, ...beside }, inputs };
}

async function buildPart({ folder, stampFile, settings: given, bundle }: Part): Promise<void> {
  const startedAtMs = Date.now();
  const { files, inputs } = await bundle();
  const outputs = Object.keys(files).map((name) => join(folder, name));
  mkdirSync(join(root, folder), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeWhole(join(root, folder, name), content);

  const stamp = createStamp(root, { inputs: [...given, ...inputs], outputs, startedAtMs });
  if (stamp === undefined) rmSync(stampFile, { force: true });
  else writeWhole(stampFile, JSON.stringify(stamp));
}

/** Renamed into place, so that a host that restarts meanwhile, or another build, finds a whole file. */
function writeWhole(path: string, content: Uint8Array | string): void {
  const written = `${path}.${process.pid}`;
  writeFileSync(written, content);
  renameSync(written, path);
}
