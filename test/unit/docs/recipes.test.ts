/** Recipes of the documentation, run as a reader runs them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { sha256Hex } from '../../../src/stores/digest.ts';

const api = readFileSync(resolve(__dirname, '../../../docs/api.md'), 'utf8');
const recipe = /## A key for somebody else[^]*?```sh\n([^]*?)```/.exec(api)?.[1] ?? '';
const key = 'a1'.repeat(32);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-recipe-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What the recipe sends when these programs do what is said here; undefined when it sends nothing. */
function run(programs: Readonly<Record<string, string>>): string | undefined {
  const sent = join(folder, 'sent');
  const all = { openssl: `echo ${key}`, curl: `printf '%s\\n' "$@" > '${sent}'`, ...programs };
  for (const [name, script] of Object.entries(all)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  spawnSync('sh', ['-c', recipe], { env: { PATH: `${folder}:/usr/bin:/bin`, KEY: 'mine', URL: 'http://127.0.0.1:9' } });
  return existsSync(sent) ? readFileSync(sent, 'utf8') : undefined;
}

describe('docs/api.md: a key for somebody else', () => {
  it('sends the hash of the key that was made', () => {
    expect(run({})).toContain(`"keyHash": "${sha256Hex(key)}"`);
  });

  it.each([
    ['the key cannot be made', { openssl: 'exit 1' }],
    ['what makes the key says nothing and means well', { openssl: 'exit 0' }],
    ['the key is short', { openssl: 'echo a1' }],
    ['it cannot be hashed', { sha256sum: 'exit 127' }],
    ['what is cut is no hash', { cut: 'exit 1' }],
  ])('sends nothing when %s', (_what, programs) => {
    expect(run(programs)).toBeUndefined();
  });
});
