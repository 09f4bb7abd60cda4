import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { startChild } from './child.ts';

const readySchema = z.object({ port: z.number() });
const startedSchema = z.object({ id: z.string() });
const statusSchema = z.object({ runtimeStatus: z.string() });

const pollMs = 5;
const endMaxMs = 120_000;

/** The local runtime with the fixture app of this folder. */
export interface FixtureRuntime {
  readonly pid: number;
  /** Starts an orchestration and waits for its success; throws when it ends otherwise, or not in time. */
  run(name: string, input: unknown): Promise<void>;
  stop(): Promise<void>;
}

export async function startFixtureRuntime(root: string): Promise<FixtureRuntime> {
  const key = randomBytes(24).toString('hex');
  const folder = join(root, 'sandbox', 'runtime');
  const dataFolder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-hub-'));
  const child = await startChild({
    args: [
      '--disable-warning=ExperimentalWarning',
      '--require',
      join(folder, 'clock-preload.cjs'),
      join(folder, 'main.ts'),
    ],
    environment: {
      SANDBOX_APP_DIR: join(root, 'bench', 'fixture-app'),
      SANDBOX_PORT: '0',
      SANDBOX_DATA_DIR: dataFolder,
      SANDBOX_MASTER_KEY: key,
      SANDBOX_DURABLE_KEY: key,
      SANDBOX_EVENTGRID_KEY: key,
      SANDBOX_CONTROL_KEY: key,
    },
    isReadyLine: (line) => line.startsWith('{"ready":true'),
  });
  const { port } = readySchema.parse(JSON.parse(child.readyLine));
  const base = `http://127.0.0.1:${port}/runtime/webhooks/durabletask`;

  async function call(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(`${base}/${path}?code=${key}`, init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  return {
    pid: child.pid,
    stop: async () => {
      await child.stop();
      await rm(dataFolder, { recursive: true });
    },
    run: async (name, input) => {
      const headers = { 'content-type': 'application/json' };
      const started = await call(`orchestrators/${name}`, { method: 'POST', headers, body: JSON.stringify(input) });
      const { id } = startedSchema.parse(started);
      const deadline = performance.now() + endMaxMs;
      // Looks grow apart, so that looking does not become the work.
      for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 2, 160)) {
        const { runtimeStatus } = statusSchema.parse(await call(`instances/${id}`));
        if (runtimeStatus === 'Completed') return;
        if (runtimeStatus === 'Failed' || performance.now() > deadline) throw new Error(`${name} is ${runtimeStatus}.`);
        await wait(waitMs);
      }
    },
  };
}
