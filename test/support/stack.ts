/**
 * A whole local stack in a folder of its own, started as a user starts it (`npm start -- --idle`), from what was built
 * before the first test. A start that fails is told with what the stack wrote.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { StackInfo } from '../../sandbox/supervisor/stack-info.ts';

export type { StackInfo } from '../../sandbox/supervisor/stack-info.ts';

const root = resolve(__dirname, '..', '..');
const endWithParent = ['--require', join(root, 'sandbox/supervisor/exit-with-parent.cjs')];
/** These say only that something hangs: none is about how fast the machine is. */
export const startTimeoutMs = 180_000;
const stopTimeoutMs = 120_000;

export interface StackStart {
  readonly speed?: number;
  readonly quirks?: 'real-host';
  /** The real Durable Task extension in the place of the local hub. */
  readonly durable?: 'extension';
  readonly record?: boolean;
  readonly noise?: number;
  readonly with?: readonly string[];
  /** What the machines' SSH server is; `ssh2`, for which Node is enough, if not given. */
  readonly sshd?: 'required';
  /** Folder of another app than dist/app. */
  readonly app?: string;
  /** Folder of a stack that ran before; it is left in place by `stop`. */
  readonly directory?: string;
  /** Where the application sends its spans to. */
  readonly collector?: string;
  /** Further options, as typed. */
  readonly args?: readonly string[];
}

export interface StackAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text when it is none. */
  readonly body: unknown;
}

export interface RunningTestStack {
  readonly directory: string;
  readonly info: StackInfo;
  readonly supervisor: ChildProcess;
  /** What the supervisor wrote so far. */
  readonly output: () => string;
  /**
   * Part of it knows real time alone: programs of others, which check certificates, or the real Durable Task extension.
   */
  readonly isInRealTime: boolean;
  /** `stack.json` as it is now: process ids change when the runtime is started again. */
  currentInfo(): StackInfo;
  /** A call of the app's, as the administrator; `headers` replace what is sent by default. */
  api(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<StackAnswer>;
  /** A call of the control API. */
  control(method: string, path: string, body?: unknown): Promise<StackAnswer>;
  /** Moves the stack's clock by an ISO 8601 duration; rejects when the stack does not settle. */
  advance(duration: string): Promise<void>;
  /** Kills the runtime with SIGKILL and waits until its successor serves. */
  killRuntime(): Promise<void>;
  /** The same with the real Durable Task extension. */
  killExtension(): Promise<void>;
  /** Ends the stack as Ctrl-C does, answers its exit code, and removes a folder that it made. */
  stop(): Promise<number | null>;
}

/** Starts a stack and waits until it says that it is ready. */
export async function startStack(options: StackStart = {}): Promise<RunningTestStack> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
  const environment = {
    SANDBOX_SSHD: options.sshd ?? 'off',
    OTEL_EXPORTER_OTLP_ENDPOINT: options.collector ?? '',
  };
  const process = spawnStart(['--idle', '--state', directory, ...toArguments(options)], environment);
  try {
    await waitUntil(
      () => process.hasSaid('ready'),
      startTimeoutMs,
      () => process.hasEnded(),
    );
  } catch (cause) {
    await endProcess(process.child);
    const logs = childLogs(directory);
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    throw new Error(`The stack did not start:\n${process.output()}\n${logs}`, { cause });
  }
  return createStack(directory, options, process);
}

export interface StartProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly hasSaid: (line: string) => boolean;
  readonly hasEnded: () => boolean;
}

/**
 * Runs what `npm start` runs, with these arguments; for tests of starts that are to fail. It ends when this process
 * does, even by `kill -9`: nothing of a test run is left behind.
 */
export function spawnStart(args: readonly string[], environment: Readonly<Record<string, string>> = {}): StartProcess {
  const script = join(root, 'dist', 'sandbox', 'start.mjs');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...endWithParent, script, ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  const collect = (chunk: Buffer): void => {
    text += chunk.toString('utf8');
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return {
    child,
    output: () => text,
    hasSaid: (line) => text.split('\n').includes(line),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}

function createStack(directory: string, options: StackStart, start: StartProcess): RunningTestStack {
  const isOwnFolder = options.directory === undefined;
  const currentInfo = (): StackInfo => JSON.parse(readFileSync(join(directory, 'stack.json'), 'utf8')) as StackInfo;
  const info = currentInfo();
  const control = (method: string, path: string, body?: unknown): Promise<StackAnswer> =>
    call(`${info.control.url}${path}`, method, body, {});
  return {
    directory,
    info,
    supervisor: start.child,
    output: start.output,
    isInRealTime: options.durable === 'extension' || options.with?.includes('vpn') === true,
    currentInfo,
    api: (method, path, body, headers = {}) =>
      call(`${info.app.url}${path}`, method, body, { 'x-api-key': info.app.apiKey, ...headers }),
    control,
    advance: async (duration) => {
      const answer = await control('POST', '/clock', { advance: duration });
      if (answer.status !== 200) throw new Error(`clock: ${JSON.stringify(answer.body)}`);
    },
    killRuntime: () => killChild(currentInfo, 'runtime'),
    killExtension: () => killChild(currentInfo, 'durable-extension'),
    stop: async () => {
      start.child.kill('SIGINT');
      const code = await endProcess(start.child);
      if (isOwnFolder) rmSync(directory, { recursive: true, force: true });
      return code;
    },
  };
}

async function killChild(currentInfo: () => StackInfo, name: string): Promise<void> {
  const before = currentInfo().processes[name];
  if (before === undefined) throw new Error(`stack.json names no ${name}`);
  process.kill(before, 'SIGKILL');
  await waitUntil(() => currentInfo().processes[name] !== before, startTimeoutMs);
}

async function call(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<StackAnswer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parseJson(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `STACK_QUIRKS=real-host` runs every suite once more on a host with the quirks of the real one. */
function quirksOf({ quirks = process.env['STACK_QUIRKS'] }: { readonly quirks?: string }): string[] {
  return quirks === undefined || quirks === '' ? [] : ['--quirks', quirks];
}

function toArguments(options: StackStart): string[] {
  return [
    ...(options.speed === undefined ? [] : ['--speed', String(options.speed)]),
    ...quirksOf(options),
    ...(options.durable === undefined ? [] : ['--durable', options.durable]),
    ...(options.record === true ? ['--record'] : []),
    ...(options.noise === undefined ? [] : ['--noise', String(options.noise)]),
    ...(options.with === undefined ? [] : ['--with', options.with.join(',')]),
    ...(options.app === undefined ? [] : ['--app', options.app]),
    ...(options.args ?? []),
  ];
}

/** Waits for the process to end, by force after a while. */
export async function endProcess(child: ChildProcess): Promise<number | null> {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  try {
    await waitUntil(hasEnded, stopTimeoutMs);
  } catch {
    child.kill('SIGKILL');
    await waitUntil(hasEnded, stopTimeoutMs);
  }
  return child.exitCode;
}

/** Waits until none of these processes is there. */
export async function waitUntilGone(pids: readonly number[]): Promise<void> {
  await waitUntil(() => !pids.some(isAlive), stopTimeoutMs);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A look at a stack is work for it: what takes long is looked at less often. */
const pauseLeastMs = 25;
const pauseMostMs = 200;
const pauseShare = 0.1;

/** Polls until `condition` holds; rejects at the deadline, or at once when `isHopeless`. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  isHopeless: () => boolean = () => false,
): Promise<void> {
  const startedMs = Date.now();
  while (!(await condition())) {
    const waitedMs = Date.now() - startedMs;
    if (isHopeless()) throw new Error('it ended before');
    if (waitedMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms`);
    const pauseMs = Math.min(Math.max(waitedMs * pauseShare, pauseLeastMs), pauseMostMs);
    await new Promise((resolveWait) => setTimeout(resolveWait, pauseMs));
  }
}

function childLogs(directory: string): string {
  const folder = join(directory, 'logs');
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .map((name) => `--- ${name}\n${readFileSync(join(folder, name), 'utf8').split('\n').slice(-20).join('\n')}`)
    .join('\n');
}
