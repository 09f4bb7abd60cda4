/**
 * What it costs to load the app until its functions are registered: as one file, and as the many files it is made of.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Plugin } from 'esbuild';
import { z } from 'zod';
import { bundleApplication } from '../tools/bundle.ts';
import { median, type Section } from './figures.ts';
import { measureInterleaved } from './rounds.ts';

const startSchema = z.object({
  cpuMs: z.number(),
  wallMs: z.number(),
  functions: z.number(),
  files: z.number(),
  bytes: z.number(),
});
type Start = z.infer<typeof startSchema>;

const run = promisify(execFile);

// Well-formed values: the app makes its clients from them, and calls nobody while it is loaded.
const settings = {
  GATEHOUSE_TABLE_URL: 'https://bench.table.core.windows.net',
  GATEHOUSE_BLOB_URL: 'https://bench.blob.core.windows.net',
  GATEHOUSE_VAULT_URL: 'https://bench.vault.azure.net',
  GATEHOUSE_APP_VAULT_URL: 'https://bench-app.vault.azure.net',
  GATEHOUSE_SUBSCRIPTION_ID: '11111111-1111-1111-1111-111111111111',
};

export async function measureColdStart(root: string, options: { readonly rounds: number }): Promise<Section> {
  // Inside the project, because what is not bundled is looked for in its node_modules.
  const folder = await mkdtemp(join(root, 'dist', 'bench-'));
  try {
    const entries = {
      bare: '-',
      bundle: join(root, 'dist', 'app', 'main.cjs'),
      untraced: await buildUntraced(folder),
      unbundled: await buildUnbundled(folder),
      sources: join(root, 'src', 'main.ts'),
    };
    const counted = {
      bundle: await start(root, entries.bundle, true),
      unbundled: await start(root, entries.unbundled, true),
    };
    const starts = await measureInterleaved(options.rounds, {
      bare: () => start(root, entries.bare),
      bundle: () => start(root, entries.bundle),
      untraced: () => start(root, entries.untraced),
      unbundled: () => start(root, entries.unbundled),
      sources: () => start(root, entries.sources),
    });
    return toSection(starts, counted);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The app's own code in one ES module, its packages left where they are installed. */
async function buildUnbundled(folder: string): Promise<string> {
  const outfile = join(folder, 'main.mjs');
  const { files } = await bundleApplication({ hasPackages: false });
  await writeFile(outfile, files['main.cjs'] ?? '');
  return outfile;
}

/** The same bundle as it would be if nobody had thought of spans. */
async function buildUntraced(folder: string): Promise<string> {
  const outfile = join(folder, 'untraced.cjs');
  const { files } = await bundleApplication({ plugins: [withoutSpans] });
  await writeFile(outfile, files['main.cjs'] ?? '');
  return outfile;
}

const withoutSpans: Plugin = {
  name: 'without-spans',
  setup: (bundler) => {
    bundler.onLoad({ filter: /[\\/]src[\\/]tracing[\\/]in-span\.ts$/ }, () => ({
      contents: `const span = { setAttribute() {} };
        export const inSpan = (_description, run) => run(span);
        export const failSpan = () => undefined;
        export const noteOperation = () => undefined;
        export const operationIdAttribute = '';`,
    }));
    bundler.onLoad({ filter: /[\\/]src[\\/]tracing[\\/]start-tracing\.ts$/ }, () => ({
      contents: 'export const startTracing = () => undefined;',
    }));
  },
};

async function start(root: string, entry: string, isCounted = false): Promise<Start> {
  const probe = join(root, 'bench', 'cold-start', 'probe.cjs');
  const args = ['--disable-warning=ExperimentalWarning', probe, entry, ...(isCounted ? ['count'] : [])];
  const { stdout } = await run(process.execPath, args, { cwd: root, env: { ...process.env, ...settings } });
  const measured = startSchema.parse(JSON.parse(stdout));
  if (entry !== '-' && measured.functions === 0) throw new Error(`${entry} registered no function.`);
  return measured;
}

function toSection(
  starts: Readonly<Record<'bare' | 'bundle' | 'untraced' | 'unbundled' | 'sources', readonly Start[]>>,
  counted: Readonly<Record<'bundle' | 'unbundled', Start>>,
): Section {
  const cpu = (name: keyof typeof starts): number => median(starts[name].map(({ cpuMs }) => cpuMs));
  const wall = (name: keyof typeof starts): number => median(starts[name].map(({ wallMs }) => wallMs));
  // Compared within each round, so that a slow minute counts against both.
  const ratio = (above: keyof typeof starts, below: keyof typeof starts): number =>
    median(starts[above].map(({ cpuMs }, round) => cpuMs / (starts[below][round]?.cpuMs ?? NaN)));
  const megabyte = 1024 * 1024;
  return {
    title: 'Cold start (processor time until all functions are registered)',
    figures: [
      { name: 'bundle / unbundled', value: ratio('bundle', 'unbundled'), unit: 'x', target: '<= 0.5' },
      { name: 'bundle / bundle without spans', value: ratio('bundle', 'untraced'), unit: 'x', target: '<= 1.1' },
      { name: 'bundle / Node alone', value: ratio('bundle', 'bare'), unit: 'x', target: '<= 4' },
      { name: 'bundle / sources as ES modules', value: ratio('bundle', 'sources'), unit: 'x' },
      { name: 'Node alone', value: cpu('bare'), unit: 'ms CPU' },
      { name: 'bundle', value: cpu('bundle'), unit: 'ms CPU' },
      { name: 'unbundled', value: cpu('unbundled'), unit: 'ms CPU' },
      { name: 'sources as ES modules', value: cpu('sources'), unit: 'ms CPU' },
      { name: 'bundle, elapsed / unbundled, elapsed', value: wall('bundle') / wall('unbundled'), unit: 'x' },
      { name: 'functions registered', value: counted.bundle.functions, unit: '' },
      { name: 'module files opened, bundle', value: counted.bundle.files, unit: 'files', target: '<= 5' },
      { name: 'module files opened, unbundled', value: counted.unbundled.files, unit: 'files' },
      { name: 'size, bundle', value: counted.bundle.bytes / megabyte, unit: 'MiB' },
      { name: 'size of what is opened, unbundled', value: counted.unbundled.bytes / megabyte, unit: 'MiB' },
    ],
  };
}
