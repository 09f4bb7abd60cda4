import type { DatabaseSync } from 'node:sqlite';
import type { AlarmClock } from '../alarm-clock.ts';
import type { StackClock } from '../clock.ts';
import type { Invoke } from '../core/invoker.ts';
import type { Registry } from '../core/registry.ts';
import type { Log } from '../core/types.ts';
import type { HostJson } from '../host-json.ts';
import type { LoadGauge } from '../load-gauge.ts';
import { ActivityRunner } from './activity-runner.ts';
import { AppFunctions } from './app-functions.ts';
import type { ClientBindingOptions } from './client-binding.ts';
import { createClientJson, managementQuery } from './client-binding.ts';
import type { DurableHost } from './durable-host.ts';
import { InstanceStore } from './instance-store.ts';
import { createManagementApi } from './management-api.ts';
import type { Quirks } from './quirks.ts';
import { TaskHub } from './task-hub.ts';

export interface LocalHostOptions {
  readonly host: HostJson;
  readonly registry: Registry;
  readonly invoke: Invoke;
  readonly client: ClientBindingOptions;
  readonly hubFile: DatabaseSync;
  readonly quirks: Quirks;
  readonly clock: StackClock;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly log: Log;
}

/** This process's own task hub, which does what the Durable Task extension does. */
export function createLocalHost(options: LocalHostOptions): DurableHost {
  const { host, registry, invoke, client, quirks, clock, alarms, gauge, log } = options;
  const store = new InstanceStore(options.hubFile);
  const functions = new AppFunctions(registry, invoke, quirks.schemaVersion);
  const activities = new ActivityRunner({
    gauge,
    quirks,
    concurrencyMax: host.activitiesMax,
    timestamp: () => clock.iso(),
    run: (task) => functions.runActivity(task),
  });
  const episode = {
    ...{ clock, log, functions },
    storeInputs: host.storeInputs,
    versioning: host.versioning,
    runOrchestrator: functions.runOrchestrator.bind(functions),
  };
  const hub = new TaskHub({ store, clock, alarms, gauge, activities, quirks, episode, log });
  const { replaceRunning, isTraced } = host;
  const clientJson = createClientJson(client);
  return {
    clientJson: () => clientJson,
    manage: createManagementApi({
      hub,
      functions,
      quirks,
      clock,
      replaceRunning,
      isTraced,
      query: managementQuery(client),
    }),
    resume: () => hub.resume(),
    stop: () => {
      hub.stop();
    },
  };
}
