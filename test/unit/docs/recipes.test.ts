/** Recipes of the documentation, run as a reader runs them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { sha256Hex } from '../../../src/stores/digest.ts';

const key = 'a1'.repeat(32);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-recipe-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function read(page: string): string {
  return readFileSync(resolve(__dirname, '../../..', page), 'utf8');
}

/** The words that a page has its reader define before anything else. */
function wordsOf(page: string): string {
  return /^readable\(\) \{[^]*?^\}\napi\(\) \{[^]*?^\}\n/m.exec(read(page))?.[0] ?? '';
}

interface Sent {
  readonly args: string;
  readonly input: string;
}

/** What the lines have curl send when these programs do what is said here; undefined when it sends nothing. */
function run(lines: string, programs: Readonly<Record<string, string>> = {}): Sent | undefined {
  const [args, input] = [join(folder, 'args'), join(folder, 'input')];
  const all = { openssl: `echo ${key}`, node: 'cat', curl: `cat > '${input}'; printf '%s\\n' "$@" > '${args}'` };
  for (const [name, script] of Object.entries({ ...all, ...programs })) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const env = { PATH: `${folder}:/usr/bin:/bin`, KEY: 'the-key', URL: 'http://127.0.0.1:9' };
  spawnSync('sh', ['-c', lines], { env });
  return existsSync(args) ? { args: readFileSync(args, 'utf8'), input: readFileSync(input, 'utf8') } : undefined;
}

describe.each(['README.md', 'docs/api.md', 'docs/on-premises.md', 'docs/people.md'])('%s: calls', (page) => {
  it('go out with the key, which no list of processes shows', () => {
    const sent = run(`${wordsOf(page)}api POST roots --data '{ "id": "root-1" }'`);

    expect(sent?.args.split('\n')).toEqual([
      ...['-sS', '-X', 'POST', '-H', '@-', '-H', 'content-type: application/json'],
      ...['http://127.0.0.1:9/api/roots', '--data', '{ "id": "root-1" }', ''],
    ]);
    expect(sent?.input).toBe('x-api-key: the-key\n');
  });

  it('are all made in this way', () => {
    expect(read(page)).not.toMatch(/-H "x-api-key/);
    expect(wordsOf(page)).toBe(wordsOf('README.md'));
  });
});

describe('docs/people.md: links', () => {
  it('are opened without being shown in a list of processes', () => {
    const behind = /^behind\(\) \{[^]*?^\}\n/m.exec(read('docs/people.md'))?.[0] ?? '';

    const sent = run(`ann() { echo '/api/downloads?token=secret'; }\n${behind}behind openvpn2 -X POST`);

    expect(sent).toEqual({
      args: '-fsS\n-K\n-\n-X\nPOST\n',
      input: 'url = "http://127.0.0.1:9/api/downloads?token=secret"\n',
    });
  });
});

describe('docs/api.md: a key for somebody else', () => {
  const [, recipe = ''] = /## A key for somebody else[^]*?```sh\n([^]*?)```/.exec(read('docs/api.md')) ?? [];
  const runRecipe = (programs = {}): Sent | undefined => run(`${wordsOf('docs/api.md')}${recipe}`, programs);

  it('sends the hash of the key that was made', () => {
    expect(runRecipe()?.args).toContain(`"keyHash": "${sha256Hex(key)}"`);
  });

  it.each([
    ['the key cannot be made', { openssl: 'exit 1' }],
    ['what makes the key says nothing and means well', { openssl: 'exit 0' }],
    ['the key is short', { openssl: 'echo a1' }],
    ['it cannot be hashed', { sha256sum: 'exit 127' }],
    ['what is cut is no hash', { cut: 'exit 1' }],
  ])('sends nothing when %s', (_what, programs) => {
    expect(runRecipe(programs)).toBeUndefined();
  });
});
