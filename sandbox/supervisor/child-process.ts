import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StackError } from './stack-error.ts';

const tailLinesMax = 20;

export interface ChildOptions {
  readonly name: string;
  /** A program that ends by itself when its standard input closes; Node with what ends it, if not given. */
  readonly program?: string;
  /** Arguments for the program; for Node options, then the script and its own arguments. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  /** Tells the line of standard output by which the child says that it serves. */
  readonly isReadyLine: (line: string) => boolean;
  readonly readyTimeoutMs: number;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningChild {
  readonly name: string;
  readonly pid: number;
  /** The ready line; rejects when the child ends or the time is up before it. */
  readonly ready: Promise<string>;
  readonly exited: Promise<ChildExit>;
  /** The last lines that the child wrote. */
  readonly tail: () => string;
  /** Asks the child to end, and ends it when it has not after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Starts a process of the stack, which ends when this process does; what it writes goes to its log file. */
export function startChild(options: ChildOptions): RunningChild {
  mkdirSync(options.logDirectory, { recursive: true });
  const logFile = join(options.logDirectory, `${options.name}.log`);
  appendFileSync(logFile, `--- ${new Date().toISOString()} started\n`);
  const isNode = options.program === undefined;
  const child = spawn(options.program ?? process.execPath, isNode ? nodeArguments(options.args) : [...options.args], {
    env: options.environment,
    stdio: isNode ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C reaches the supervisor alone, which ends the children in the right order.
    detached: true,
    windowsHide: true,
  });
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const lines = collectLines(child, logFile);
  return {
    name: options.name,
    pid: child.pid ?? 0,
    ready: waitUntilReady(options, lines, exited),
    exited,
    tail: lines.tail,
    stop: (graceMs) => stop(child, exited, graceMs),
  };
}

function nodeArguments(args: readonly string[]): string[] {
  const preload = join(import.meta.dirname, 'exit-with-parent.cjs');
  return ['--disable-warning=ExperimentalWarning', '--require', preload, ...args];
}

interface Lines {
  readonly onOutputLine: (listener: (line: string) => void) => void;
  readonly tail: () => string;
}

function collectLines(child: ChildProcess, logFile: string): Lines {
  const log = createWriteStream(logFile, { flags: 'a' });
  const last: string[] = [];
  const listeners: ((line: string) => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      last.push(line);
      if (last.length > tailLinesMax) last.shift();
      if (stream === child.stdout) for (const listener of listeners) listener(line);
    });
  }
  return { onOutputLine: (listener) => listeners.push(listener), tail: () => last.join('\n') };
}

function waitUntilReady(options: ChildOptions, lines: Lines, exited: Promise<ChildExit>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new StackError(`${options.name} was not ready after ${options.readyTimeoutMs / 1000} s:\n${lines.tail()}`),
      );
    }, options.readyTimeoutMs);
    lines.onOutputLine((line) => {
      if (!options.isReadyLine(line)) return;
      clearTimeout(timer);
      resolve(line);
    });
    void exited.then(({ code, signal }) => {
      clearTimeout(timer);
      reject(
        new StackError(
          `${options.name} ended (${signal ?? `exit ${code ?? '?'}`}) before it was ready:\n${lines.tail()}`,
        ),
      );
    });
  });
}

async function stop(child: ChildProcess, exited: Promise<ChildExit>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
}
