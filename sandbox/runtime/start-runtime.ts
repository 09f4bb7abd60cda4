import { AlarmClock } from './alarm-clock.ts';
import { StackClock } from './clock.ts';
import { createInvoker } from './core/invoker.ts';
import type { Invoke } from './core/invoker.ts';
import { loadApp, runAppHooks } from './core/load-app.ts';
import type { Registry } from './core/registry.ts';
import type { Log } from './core/types.ts';
import { createHandler, createRpcHandler } from './create-handler.ts';
import { ActivityRunner } from './durable/activity-runner.ts';
import { AppFunctions } from './durable/app-functions.ts';
import { createClientJson, managementQuery } from './durable/client-binding.ts';
import { InstanceStore } from './durable/instance-store.ts';
import { createManagementApi } from './durable/management-api.ts';
import { createRealHost, currentHost } from './durable/quirks.ts';
import { TaskHub } from './durable/task-hub.ts';
import { readHostJson } from './host-json.ts';
import type { HostJson } from './host-json.ts';
import { AuthKeys } from './http/auth-keys.ts';
import { createHttpTriggers } from './http/http-trigger.ts';
import { empty } from './http/messages.ts';
import { listen } from './http/server.ts';
import type { Handler, HostServer } from './http/server.ts';
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
    const rpc = host.rpcEnabled ? await listen(0, (request) => rpcHandler(request), noteError) : undefined;
    if (rpc !== undefined) servers.push(rpc);
    const registry = await loadApp(options.appFolder, log);
    const parts = assemble({ options, host, registry, rpcPort: rpc?.port });
    await Promise.all([parts.store.prepare(), parts.statuses.prepare()]);
    // Served before the work that was left is taken up: that work may call back.
    ({ handler, rpcHandler } = parts);
    await parts.hub.resume();
    await parts.timers.start();
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
  readonly store: InstanceStore;
  readonly statuses: TimerStatusStore;
  readonly hub: TaskHub;
  readonly timers: TimerService;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly handler: Handler;
  readonly rpcHandler: Handler;
}

function assemble(input: AssembleInput): Parts {
  const { options, host, registry, rpcPort } = input;
  const { log, environment, storage } = options;
  const clock = new StackClock(options.clockOffsetMs);
  const alarms = new AlarmClock(clock);
  const gauge = new LoadGauge();
  const keys = new AuthKeys(options.keys, () => [...registry.functions.values()].map(({ name }) => name));
  const hostname = environment['WEBSITE_HOSTNAME'] ?? '';
  const { hubName } = host;
  const client = { hubName, hostname, systemKey: keys.systemKey('durabletask'), rpcPort };
  const clientJson = createClientJson(client);
  const invoke = createInvoker({ registry, log, clientJson: () => clientJson, timeoutMs: host.functionTimeoutMs });
  const isDisabled = (name: string): boolean => /^(true|1)$/i.test(environment[`AzureWebJobs.${name}.Disabled`] ?? '');
  const store = new InstanceStore(storage, hubName);
  const statuses = new TimerStatusStore(storage, hubName);
  const { hub, functions, quirks } = createHub({ input, clock, alarms, gauge, store, invoke });
  const timers = new TimerService({
    ...{ registry, invoke, environment, isDisabled, clock, alarms, gauge, statuses, log },
  });
  const routePrefix = host.routePrefix;
  const management = createManagementApi({
    ...{ hub, functions, quirks, clock },
    replaceRunning: host.replaceRunning,
    query: managementQuery(client),
  });
  const handler = createHandler({
    gauge,
    keys,
    control: { clock, alarms, gauge, controlKey: options.controlKey },
    admin: { registry, invoke, timers, keys, gauge, log, routePrefix, startedAt: performance.now() },
    eventGrid: { registry, invoke, keys, log },
    management,
    httpTriggers: createHttpTriggers({ registry, invoke, keys, routePrefix, log, isDisabled }),
  });
  const rpcHandler = createRpcHandler({ gauge, management });
  return { store, statuses, hub, timers, alarms, gauge, handler, rpcHandler };
}

interface HubInput {
  readonly input: AssembleInput;
  readonly clock: StackClock;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly store: InstanceStore;
  readonly invoke: Invoke;
}

function createHub({ input, clock, alarms, gauge, store, invoke }: HubInput): {
  readonly hub: TaskHub;
  readonly functions: AppFunctions;
  readonly quirks: typeof currentHost;
} {
  const { options, host, registry } = input;
  const { log } = options;
  const quirks = options.realHostQuirks ? createRealHost(quirkSeed) : currentHost;
  const functions = new AppFunctions(registry, invoke, quirks.schemaVersion);
  const activities = new ActivityRunner({
    gauge,
    quirks,
    concurrencyMax: host.activitiesMax,
    timestamp: () => clock.iso(),
    run: (name, instanceId, text) => functions.runActivity(name, instanceId, text),
  });
  const episode = {
    ...{ clock, log, functions },
    storeInputs: host.storeInputs,
    versioning: host.versioning,
    runOrchestrator: functions.runOrchestrator.bind(functions),
  };
  return { hub: new TaskHub({ store, clock, alarms, gauge, activities, quirks, episode, log }), functions, quirks };
}

async function stop(
  parts: Parts,
  closeServer: () => Promise<void>,
  registry: Registry,
  appFolder: string,
): Promise<void> {
  parts.timers.stop();
  parts.hub.stop();
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
}
