import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { z } from 'zod';
import type { Versioning } from './durable/versioning.ts';

const durableTaskSchema = z.object({
  hubName: z.string().optional(),
  maxConcurrentActivityFunctions: z.coerce.number().int().positive().optional(),
  overridableExistingInstanceStates: z.enum(['NonRunningStates', 'AnyState']).default('NonRunningStates'),
  localRpcEndpointEnabled: z.union([z.boolean(), z.stringbool()]).default(true),
  extendedSessionsEnabled: z.literal(false).optional(),
  storeInputsInOrchestrationHistory: z.boolean().optional(),
  defaultVersion: z.string().default(''),
  versionMatchStrategy: z.enum(['None', 'Strict', 'CurrentOrOlder']).default('CurrentOrOlder'),
  versionFailureStrategy: z.enum(['Reject', 'Fail']).default('Reject'),
  tracing: z
    .object({ distributedTracingEnabled: z.boolean().default(false), version: z.enum(['V1', 'V2']).default('V1') })
    .prefault({}),
});

const hostJsonSchema = z.object({
  version: z.literal('2.0'),
  functionTimeout: z.string().optional(),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      durableTask: durableTaskSchema.prefault({}),
    })
    .prefault({}),
});

export interface HostJson {
  readonly routePrefix: string;
  readonly hubName: string;
  readonly functionTimeoutMs: number | undefined;
  readonly activitiesMax: number | undefined;
  readonly replaceRunning: boolean;
  readonly rpcEnabled: boolean;
  readonly storeInputs: boolean;
  readonly versioning: Versioning;
  /**
   * Whether orchestrations and their activities belong to the trace of whoever started them (distributed tracing V2).
   */
  readonly isTraced: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads an app's host.json with the overrides that the environment may hold (`AzureFunctionsJobHost__a__b`).
 *
 * @throws Error when the file is not a v2 host.json or names an unusable task hub.
 */
export async function readHostJson(appFolder: string, environment: Environment): Promise<HostJson> {
  const raw: unknown = parse(await readFile(join(appFolder, 'host.json'), 'utf8'));
  const parsed = hostJsonSchema.parse(withOverrides(raw, environment));
  const { http, durableTask } = parsed.extensions;
  return {
    routePrefix: http.routePrefix.replace(/^\/+|\/+$/g, ''),
    hubName: resolveHubName(durableTask.hubName, environment),
    functionTimeoutMs: toTimeoutMs(parsed.functionTimeout),
    activitiesMax: durableTask.maxConcurrentActivityFunctions,
    replaceRunning: durableTask.overridableExistingInstanceStates === 'AnyState',
    rpcEnabled: durableTask.localRpcEndpointEnabled,
    storeInputs: durableTask.storeInputsInOrchestrationHistory ?? false,
    versioning: {
      defaultVersion: durableTask.defaultVersion,
      matchStrategy: durableTask.versionMatchStrategy,
      failureStrategy: durableTask.versionFailureStrategy,
    },
    isTraced: durableTask.tracing.distributedTracingEnabled && durableTask.tracing.version === 'V2',
  };
}

/**
 * Replaces each `%NAME%` by that setting.
 *
 * @throws Error when the setting is absent.
 */
export function resolveSettings(text: string, environment: Environment): string {
  return text.replace(/%([^%]+)%/g, (_whole, name: string) => {
    const value = environment[name];
    if (value === undefined || value === '') {
      throw new Error(`'%${name}%' does not resolve to a value: the setting "${name}" is not set.`);
    }
    return value;
  });
}

/** Hub names become table names, so the rules of those hold (facts: "Storage layout of the real back end"). */
function resolveHubName(configured: string | undefined, environment: Environment): string {
  const name = configured === undefined ? defaultHubName(environment) : resolveSettings(configured, environment);
  if (!/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(name)) {
    throw new Error(`Task hub name '${name}' is not usable: letters and digits, a letter first, 3 to 45 characters.`);
  }
  return name;
}

function defaultHubName(environment: Environment): string {
  const site = environment['WEBSITE_SITE_NAME']?.replace(/[^A-Za-z0-9]/g, '');
  if (site === undefined) {
    return 'TestHubName';
  }
  const named = (/^\d/.test(site) ? `t${site}` : site).slice(0, 45);
  return named.length < 3 ? `${named}Hub` : named;
}

const defaultTimeoutMs = 30 * 60_000;

function toTimeoutMs(text: string | undefined): number | undefined {
  if (text === undefined) {
    return defaultTimeoutMs;
  }
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text);
  if (match === null) {
    return undefined; // "-1" and "-00:00:01" both mean no limit.
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part || '0'));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

const overridePrefix = 'AzureFunctionsJobHost__';

function withOverrides(raw: unknown, environment: Environment): unknown {
  const copy = structuredClone(raw) as Record<string, unknown>;
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(overridePrefix)) {
      setPath(copy, name.slice(overridePrefix.length).split('__'), value);
    }
  }
  return copy;
}

function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) {
    return;
  }
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const child = typeof target[key] === 'object' && target[key] !== null ? target[key] : {};
  target[key] = child;
  setPath(child as Record<string, unknown>, rest, value);
}
