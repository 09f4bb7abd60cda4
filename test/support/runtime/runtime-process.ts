/**
 * A runtime with a fixture app, as a child process: the app's copy of the Functions library is loaded into the
 * runtime's process, so each runtime needs one of its own, and kill -9 is to be real.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const keys = {
  master: 'master-key',
  durable: 'durable-key',
  eventGrid: 'event-grid-key',
  control: 'control-key',
};

export interface FixtureOptions {
  /** Where the runtime keeps its hub; in the app's own folder if not given. */
  readonly dataFolder?: string;
  /** File names in the fixtures folder; each is an entry of the app. */
  readonly entries: readonly string[];
  readonly hubName: string;
  /** More of host.json's `extensions.durableTask`. */
  readonly durableTask?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RuntimeProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything that the runtime has logged so far. */
  logs(): string;
  /** The lines that the fixture's activities have noted so far, over all lives of the app folder. */
  journal(): Promise<readonly string[]>;
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** Ends at once, as a power cut would. */
  kill(): Promise<void>;
  /** Asks to end; gives the exit code. */
  stop(): Promise<number | null>;
  hasEnded(): boolean;
}

interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An app folder that outlives the processes that serve it. */
export interface FixtureApp {
  readonly folder: string;
  start(more?: Readonly<Record<string, string>>): Promise<RuntimeProcess>;
  remove(): Promise<void>;
}

const fixtures = resolve('test/support/runtime/fixtures');
/** Says only that it hangs. */
const startMaxMs = 90_000;

export async function createFixtureApp(options: FixtureOptions): Promise<FixtureApp> {
  const folder = await mkdtemp(join(tmpdir(), 'runtime-'));
  const requires = options.entries.map((entry) => `require(${JSON.stringify(join(fixtures, entry))});`).join('\n');
  const hostJson = {
    version: '2.0',
    extensions: { durableTask: { hubName: options.hubName, ...options.durableTask } },
  };
  await writeFile(join(folder, 'main.cjs'), requires);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ main: 'main.cjs' }));
  await writeFile(join(folder, 'host.json'), JSON.stringify(hostJson));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    start: (more = {}) => startProcess(folder, options, more),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What a runtime of the app, and what belongs to it, is told. */
export function fixtureEnvironment(
  folder: string,
  options: FixtureOptions,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    SANDBOX_APP_DIR: folder,
    SANDBOX_PORT: '0',
    SANDBOX_DATA_DIR: options.dataFolder ?? join(folder, 'data'),
    SANDBOX_MASTER_KEY: keys.master,
    SANDBOX_DURABLE_KEY: keys.durable,
    SANDBOX_EVENTGRID_KEY: keys.eventGrid,
    SANDBOX_CONTROL_KEY: keys.control,
    FIXTURE_JOURNAL: journalFile(folder),
    ...options.environment,
    ...more,
  };
}

function journalFile(folder: string): string {
  return join(folder, 'journal.txt');
}

async function startProcess(
  folder: string,
  options: FixtureOptions,
  more: Readonly<Record<string, string>>,
): Promise<RuntimeProcess> {
  const preload = resolve('sandbox/runtime/clock-preload.cjs');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--require', preload, resolve('dist/sandbox/runtime.mjs')],
    {
      env: fixtureEnvironment(folder, options, more),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let logs = '';
  child.stderr.on('data', (chunk: Buffer) => {
    logs += chunk.toString();
  });
  const exited = once(child, 'exit');
  const port = await readPort(child, () => logs);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    pid: child.pid ?? 0,
    logs: () => logs,
    journal: async () => readLines(journalFile(folder)),
    request: (method, path, request = {}) => send(`${url}${path}`, method, request),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}

async function readPort(child: ChildProcess, logs: () => string): Promise<number> {
  return new Promise((resolvePort, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The runtime did not start in time: ${logs()}`));
    }, startMaxMs);
    function onExit(): void {
      clearTimeout(timer);
      reject(new Error(`The runtime ended while it started: ${logs()}`));
    }
    child.once('close', onExit);
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) {
        clearTimeout(timer);
        child.removeListener('close', onExit);
        resolvePort((JSON.parse(output) as { readonly port: number }).port);
      }
    });
  });
}

async function send(url: string, method: string, { body, headers = {} }: RequestOptions): Promise<Response> {
  if (body === undefined) {
    return fetch(url, { method, headers });
  }
  if (typeof body === 'string' || body instanceof Blob || body instanceof FormData) {
    return fetch(url, { method, headers, body });
  }
  return fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function readLines(file: string): Promise<readonly string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  } catch {
    // Nothing has been noted yet.
    return [];
  }
}
