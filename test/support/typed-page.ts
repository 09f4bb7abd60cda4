/** Pages as a person types them: their blocks, a folder to type in, and a shell that shows what comes on the screen. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { endProcess, spawnStart, type StackInfo, type StartProcess, waitUntil } from './stack.ts';

const root = resolve(__dirname, '..', '..');
const startTimeoutMs = 600_000;

/** The blocks of a page that are to be typed; with a heading, those of the section under it and the sections in it. */
export function blocksOf(page: 'README.md' | 'docs/on-premises.md' | 'docs/people.md', heading?: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const typed = heading === undefined ? text : sectionOf(text, heading);
  return [...typed.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, lines = '']) => lines);
}

/** What the README shows of a start: a pattern for each line that comes whatever the emulators' noise. */
export function linesOfStart(): RegExp[] {
  const [, shown = ''] = /```text\n([^]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  const lines = shown.split('\n').filter((line) => /^\S/.test(line));
  const escaped = lines.map((line) => line.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`).replaceAll('…', '.+'));
  return escaped.map((line) => new RegExp(`^${line}$`));
}

function sectionOf(text: string, heading: string): string {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  return section.split('\n## ')[0] ?? '';
}

export interface TypingFolder {
  /** Of the stack. */
  readonly directory: string;
  /** Starts the stack as `npm start -- <args>` does, in this folder, and waits until it has said `line`. */
  startUntil(line: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<StackInfo>;
  /**
   * Types the blocks into one shell, and answers all that is on the screen. A line that fails stops no person, nor
   * this.
   */
  type(blocks: readonly string[]): Promise<string>;
  /** What the start has said so far. */
  said(): string;
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
    said: () => start?.output() ?? '',
    leave: async () => {
      start?.child.kill('SIGINT');
      if (start !== undefined) await endProcess(start.child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The answers on the screen, each readable: JSON over several lines, which begins and ends on a line of its own. */
export function answersOn(screen: string): unknown[] {
  return [...screen.matchAll(/^\{$[^]*?^\}$/gm)].map(([text]) => JSON.parse(text) as unknown);
}

/** Holds the screen to showing no refusal, none of the stack's keys and no private one, and readable answers alone. */
export function expectGoodScreen(screen: string, stack: StackInfo, passwords: readonly string[] = []): void {
  expect(screen).not.toMatch(/urn:gatehouse:problem|ERR_|\bError\b|not found|usage:/);
  for (const secret of [stack.app.apiKey, stack.app.masterKey, ...passwords]) expect(screen).not.toContain(secret);
  expect(screen).not.toContain('PRIVATE KEY');
  expect(screen).not.toMatch(/^[[{]["{]/m);
  expect(answersOn(screen).length).toBeGreaterThan(0);
}
