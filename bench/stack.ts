import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { startChild } from './child.ts';

const stackSchema = z.object({
  app: z.object({ url: z.string(), apiKey: z.string() }),
  keyVault: z.object({ url: z.string() }),
  arm: z.object({ tenantId: z.string(), subscriptionId: z.string() }),
  control: z.object({ url: z.string() }),
  ca: z.string(),
  processes: z.record(z.string(), z.number()),
});

/** A whole local stack in a folder of its own. */
export interface Stack {
  readonly directory: string;
  readonly info: z.infer<typeof stackSchema>;
  /** A call of the app's as the administrator; throws with the app's words unless it is answered 2xx. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A call of the stack's own routes; throws unless it is answered 2xx. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts a stack at Azure's own pace unless told otherwise, without random faults; with simulated machines where
 * wanted.
 */
export async function startStack(root: string, { hasMachines = false, speed = 1 } = {}): Promise<Stack> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-bench-stack-'));
  const script = join(root, 'dist', 'sandbox', 'start.mjs');
  const options = ['--idle', '--speed', String(speed), '--noise', '0', '--state', directory];
  if (hasMachines) options.push('--with', 'windows');
  const child = await startChild({
    args: ['--disable-warning=ExperimentalWarning', script, ...options],
    cwd: root,
    // The server of Node alone: whether Debian's is installed must not show in the figures.
    environment: { SANDBOX_SSHD: 'off' },
    isReadyLine: (line) => line === 'ready',
  });
  const info = stackSchema.parse(JSON.parse(await readFile(join(directory, 'stack.json'), 'utf8')));
  return {
    directory,
    info,
    api: (method, path, body) => call(`${info.app.url}${path}`, method, body, { 'x-api-key': info.app.apiKey }),
    control: (method, path, body) => call(`${info.control.url}${path}`, method, body, {}),
    stop: async () => {
      await child.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Waits as long as it takes: a clock that moves for many procedures on a busy machine answers after minutes, which
 * `fetch` does not await.
 */
async function call(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  const sent = request(url, { method, headers: { 'content-type': 'application/json', ...headers } });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(response);
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode > 299) throw new Error(`${method} ${url} answered ${statusCode}: ${answer}`);
  return JSON.parse(answer) as unknown;
}
