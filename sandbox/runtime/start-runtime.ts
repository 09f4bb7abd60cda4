import type { DatabaseSync } from 'node:sqlite';
import { AlarmClock } from './alarm-clock.ts';
import { StackClock } from './clock.ts';
import { createInvoker } from './core/invoker.ts';
import { loadApp, runAppHooks } from './core/load-app.ts';
import type { Registry } from './core/registry.ts';
import type { Log } from './core/types.ts';
import { createHandler, createRpcHandler } from './create-handler.ts';
import type { DurableHost } from './durable/durable-host.ts';
import { createExtensionHost } from './durable/extension-host.ts';
import { createLocalHost } from './durable/local-host.ts';
import { createRealHost, currentHost } from './durable/quirks.ts';
import type { HostJson } from './host-json.ts';
import { readHostJson } from './host-json.ts';
import { AuthKeys } from './http/auth-keys.ts';
import { createHttpTriggers } from './http/http-trigger.ts';
import { empty } from './http/messages.ts';
import type { Handler, HostServer } from './http/server.ts';
import { listen } from './http/server.ts';
import { openHubFile } from './hub-file.ts';
import { LoadGauge } from './load-gauge.ts';
import type { RuntimeSettings } from './settings.ts';
import { TimerStatusStore } from './timers/status-store.ts';
import { TimerService } from './timers/timer-service.ts';

export interface RuntimeOptions extends RuntimeSettings {
  readonly log: Log;
  /** The environment that the app sees too; the runtime sets WEBSITE_HOSTNAME in it when it is absent. */
  readonly environment: Record<string, string | undefined>;
}

export interface Runtime {
  readonly port: number;
  /** Takes no more work, lets what runs finish for up to five seconds, then runs the app's appTerminate hooks. */
  stop(): Promise<void>;
}

const stopMaxMs = 5000;
/** Deliveries are repeated for the same calls in every run. */
const quirkSeed = 20_261_121;

/**
 * Loads an app and serves it. The core hook and the app are loaded into this process, so one process runs one app.
 *
 * @throws Error when the app cannot be loaded or uses what this runtime does not have; nothing is served then.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { log, environment } = options;
  let handler: Handler = () => Promise.resolve(empty(503));
  let rpcHandler = handler;
  const noteError = (error: unknown): void => {
    log('error', 'http', String(error));
  };
  const host = await readHostJson(options.appFolder, environment);
  const server = await listen(options.port, (request) => handler(request), noteError);
  const servers: HostServer[] = [server];
  // The durable library rewrites every URL to port 7071 when this is unset.
  environment['WEBSITE_HOSTNAME'] ??= `127.0.0.1:${server.port}`;
  try {
    // The extension opens one of its own.
    const isRpcHere = host.rpcEnabled && options.durableClientFile === undefined;
    const rpc = isRpcHere ? await listen(0, (request) => rpcHandler(request), noteError) : undefined;
    if (rpc !== undefined) servers.push(rpc);
    const registry = await loadApp(options.appFolder, log);
    const parts = assemble({ options, host, registry, rpcPort: rpc?.port });
    // Served before the work that was left is taken up: that work may call back.
    ({ handler, rpcHandler } = parts);
    await parts.durable.resume();
    parts.timers.start();
    return { port: server.port, stop: () => stop(parts, () => closeAll(servers), registry, options.appFolder) };
  } catch (error: unknown) {
    await closeAll(servers);
    throw error;
  }
}

async function closeAll(servers: readonly HostServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
}

interface AssembleInput {
  readonly options: RuntimeOptions;
  readonly host: HostJson;
  readonly registry: Registry;
  readonly rpcPort: number | undefined;
}

interface Parts {
  readonly durable: DurableHost;
  readonly hubFile: DatabaseSync;
  readonly timers: TimerService;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly handler: Handler;
  readonly rpcHandler: Handler;
}

function assemble({ options, host, registry, rpcPort }: AssembleInput): Parts {
  const { log, environment } = options;
  const clock = new StackClock(options.clockOffsetMs);
  const alarms = new AlarmClock(clock);
  const gauge = new LoadGauge();
  const keys = new AuthKeys(options.keys, () => [...registry.functions.values()].map(({ name }) => name));
  const invoke = createInvoker({
    ...{ registry, log },
    clientJson: () => durable.clientJson(),
    timeoutMs: host.functionTimeoutMs,
  });
  const { hubName, routePrefix } = host;
  const hubFile = openHubFile(options.dataFolder, hubName);
  const hostname = environment['WEBSITE_HOSTNAME'] ?? '';
  const client = { hubName, hostname, systemKey: keys.systemKey('durabletask'), rpcPort };
  const quirks = options.realHostQuirks ? createRealHost(quirkSeed) : currentHost;
  const hasExtension = options.durableClientFile !== undefined;
  const durable =
    options.durableClientFile === undefined
      ? createLocalHost({ host, registry, invoke, client, hubFile, quirks, clock, alarms, gauge, log })
      : createExtensionHost(options.durableClientFile);
  const isDisabled = (name: string): boolean => /^(true|1)$/i.test(environment[`AzureWebJobs.${name}.Disabled`] ?? '');
  const statuses = new TimerStatusStore(hubFile);
  const timers = new TimerService({
    ...{ registry, invoke, environment, isDisabled, clock, alarms, gauge, statuses, log },
  });
  const handler = createHandler({
    ...{ gauge, keys, durable },
    control: { clock, alarms, gauge, controlKey: options.controlKey, registry, invoke, hasExtension },
    admin: { registry, invoke, timers, keys, gauge, log, routePrefix, startedAt: performance.now() },
    eventGrid: { registry, invoke, keys, log },
    httpTriggers: createHttpTriggers({ registry, invoke, keys, routePrefix, log, isDisabled }),
  });
  const rpcHandler = createRpcHandler({ gauge, durable });
  return { durable, hubFile, timers, alarms, gauge, handler, rpcHandler };
}

async function stop(
  parts: Parts,
  closeServer: () => Promise<void>,
  registry: Registry,
  appFolder: string,
): Promise<void> {
  parts.timers.stop();
  parts.durable.stop();
  parts.alarms.stop();
  const deadline = performance.now() + stopMaxMs;
  const closed = closeServer();
  while (!parts.gauge.idle && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Promise.race([
    closed,
    new Promise((resolve) => setTimeout(resolve, Math.max(deadline - performance.now(), 0))),
  ]);
  await runAppHooks(registry, 'appTerminate', appFolder);
  parts.hubFile.close();
}
