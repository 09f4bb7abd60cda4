/**
 * A fixture app whose orchestrations the real Durable Task extension runs, started and ended like one on the local
 * runtime.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { buildExtension } from '../../../sandbox/runtime/durable-extension/build.ts';
import { startChild } from '../../../sandbox/supervisor/child-process.ts';
import {
  createFixtureApp,
  type FixtureApp,
  fixtureEnvironment,
  type FixtureOptions,
  type RuntimeProcess,
} from '../../support/runtime/runtime-process.ts';

/** They say only that it hangs. */
const buildMaxMs = 300_000;
const startMaxMs = 120_000;
const stopMaxMs = 60_000;

export interface ExtensionOptions extends FixtureOptions {
  /** Connection string of the storage in which the extension keeps its hub. */
  readonly storage: string;
}

export async function createExtensionApp(options: ExtensionOptions): Promise<FixtureApp> {
  const program = await buildExtension(resolve('dist'), AbortSignal.timeout(buildMaxMs));
  const app = await createFixtureApp(options);
  return { ...app, start: (more = {}) => startBoth(program, app, options, more) };
}

async function startBoth(
  program: string,
  app: FixtureApp,
  options: ExtensionOptions,
  more: Readonly<Record<string, string>>,
): Promise<RuntimeProcess> {
  const port = String(await findFreePort());
  const clientFile = join(app.folder, 'durable-client.json');
  await rm(clientFile, { force: true });
  const shared = { ...more, SANDBOX_PORT: port, SANDBOX_DURABLE_CLIENT_FILE: clientFile };
  const extension = startChild({
    name: 'durable-extension',
    program: 'dotnet',
    args: [program],
    environment: {
      ...fixtureEnvironment(app.folder, options, shared),
      SANDBOX_RUNTIME_URL: `http://127.0.0.1:${port}`,
      AzureWebJobsStorage: options.storage,
      FUNCTIONS_WORKER_RUNTIME: 'node',
    },
    logDirectory: app.folder,
    isReadyLine: (line) => line === '{"ready":true}',
    readyTimeoutMs: startMaxMs,
  });
  let runtime: RuntimeProcess;
  try {
    [runtime] = await Promise.all([app.start(shared), extension.ready]);
  } catch (cause) {
    const words = extension.tail();
    await extension.stop(0);
    throw new Error(`The extension and its runtime did not start:\n${words}`, { cause });
  }
  return {
    ...runtime,
    logs: () => `${runtime.logs()}\n${extension.tail()}`,
    stop: async () => {
      await extension.stop(stopMaxMs);
      return runtime.stop();
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
