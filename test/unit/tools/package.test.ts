/**
 * What a fresh machine needs: scripts that say which Node they need, and a lockfile that any registry can serve and
 * nobody can change.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

interface Package {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}
interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  /** One name or a list of them. */
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
}

const { engines, scripts, optionalDependencies } = readJson('package.json') as Package;
const { packages } = readJson('package-lock.json') as { readonly packages: Readonly<Record<string, Entry>> };
const installed = Object.entries(packages).filter(([path]) => path !== '');

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

describe('package-lock.json', () => {
  it('has the integrity of every package', () => {
    expect(installed.length).toBeGreaterThan(500);
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
  });

  it('names no registry', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  it.each(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64'])(
    'brings Node 22 to %s',
    (platform) => {
      const brought = Object.keys(optionalDependencies)
        .map((name) => packages[`node_modules/${name}`])
        .filter((entry) => `${String(entry?.os)}-${String(entry?.cpu)}` === platform);

      expect(brought).toEqual([expect.objectContaining({ version: expect.stringMatching(/^22\./) as string })]);
    },
  );
});

describe('tools/start.ts', () => {
  it('tells its options without building the application first', () => {
    const { stdout } = spawnSync(process.execPath, [join(root, 'tools', 'start.ts'), '--help'], { encoding: 'utf8' });

    expect(scripts['start']).toMatch(/ node tools\/start\.ts$/);
    expect(stdout).toMatch(/^usage: npm start -- /);
  });
});

describe('tools/require-node.cjs', () => {
  it('comes before everything else in each script', () => {
    expect(Object.values(scripts).filter((script) => !script.startsWith('node tools/require-node.cjs && '))).toEqual(
      [],
    );
  });

  /** What it says when package.json asks for `range`. */
  function run(range: string): { readonly status: number | null; readonly stderr: string } {
    const folder = mkdtempSync(join(tmpdir(), 'require-node-'));
    try {
      mkdirSync(join(folder, 'tools'));
      copyFileSync(join(root, 'tools', 'require-node.cjs'), join(folder, 'tools', 'require-node.cjs'));
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ engines: { node: range } }));
      return spawnSync(process.execPath, [join(folder, 'tools', 'require-node.cjs')], { encoding: 'utf8' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('is silent with the Node that the project asks for', () => {
    expect(run(engines.node)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(['>=99.1.0 <100', '>=22.99.0 <23', '>=20.1.0 <22'])('ends in one line that names %s', (range) => {
    const { status, stderr } = run(range);

    expect(status).toBe(1);
    expect(stderr).toMatch(/^Node \S+ or newer, below \d+, is needed; this is 22\..*\n$/);
  });
});
