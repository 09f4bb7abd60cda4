/** The README as a person types it: its blocks, a folder to type them in, and a shell that shows what comes on the screen. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { endProcess, spawnStart, waitUntil, type StackInfo, type StartProcess } from './stack.ts';

const root = resolve(__dirname, '..', '..');
const startTimeoutMs = 600_000;

/** The blocks that are to be typed, of the section under this heading and the sections in it. */
export function blocksOf(heading: string): string[] {
  const [, section = ''] = readFileSync(join(root, 'README.md'), 'utf8').split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, lines = '']) => lines);
}

export interface TypingFolder {
  /** Of the stack. */
  readonly directory: string;
  /** Starts the stack as `npm start -- <args>` does, in this folder, and waits until it has said `line`. */
  startUntil(line: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<StackInfo>;
  /** Types the blocks into one shell, and answers all that is on the screen. A line that fails stops no person, nor this. */
  type(blocks: readonly string[]): Promise<string>;
  /** Ends what was started, and removes the folder. */
  leave(): Promise<void>;
}

/** A clone of the project, as far as a shell can tell, with a `.sandbox` of its own. */
export function openTypingFolder(): TypingFolder {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-readme-'));
  for (const name of readdirSync(root)) {
    if (!['.sandbox', '.git'].includes(name)) symlinkSync(join(root, name), join(folder, name));
  }
  const directory = join(folder, '.sandbox');
  mkdirSync(directory, { mode: 0o700 });
  let start: StartProcess | undefined;

  return {
    directory,
    startUntil: async (line, args, environment = {}) => {
      const started = spawnStart(['--state', directory, ...args], environment);
      start = started;
      const hasSaid = (): boolean => started.output().includes(line);
      await waitUntil(hasSaid, startTimeoutMs, started.hasEnded).catch((cause: unknown) => {
        throw new Error(started.output(), { cause });
      });
      return JSON.parse(readFileSync(join(directory, 'stack.json'), 'utf8')) as StackInfo;
    },
    type: async (blocks) => {
      const path = `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`;
      const shell = spawn('sh', ['-uc', `exec 2>&1\n${blocks.join('\n')}`], {
        cwd: folder,
        env: { ...process.env, PATH: path },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return await text(shell.stdout);
    },
    leave: async () => {
      start?.child.kill('SIGINT');
      if (start !== undefined) await endProcess(start.child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Holds the screen to showing no refusal, none of the stack's keys and no private one, and JSON on lines of its own. */
export function expectGoodScreen(screen: string, stack: StackInfo, passwords: readonly string[] = []): void {
  expect(screen).not.toMatch(/urn:gatehouse:problem|ERR_|\bError\b|not found|usage:/);
  for (const secret of [stack.app.apiKey, stack.app.masterKey, ...passwords]) expect(screen).not.toContain(secret);
  expect(screen).not.toContain('PRIVATE KEY');
  for (const line of screen.split('\n').filter((each) => /^[[{]["{]/.test(each)))
    expect(() => JSON.parse(line) as unknown).not.toThrow();
}
