import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire, Module } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { CoreModule } from './core-module.ts';
import { createCoreModule } from './core-module.ts';
import { Registry } from './registry.ts';
import type { HookName, Log } from './types.ts';

const packageSchema = z.object({ main: z.string().min(1), type: z.string().optional() });

/**
 * Loads an app folder as the real worker does: core module in place first, then every file that `main` matches, then
 * the appStart hooks, then registration is closed.
 *
 * @throws Error when there is no entry file, an entry file throws, or the app asks for HTTP streaming.
 */
export async function loadApp(appFolder: string, log: Log): Promise<Registry> {
  const registry = new Registry();
  interceptCore(createCoreModule(registry, log));
  const { main, type } = packageSchema.parse(JSON.parse(await readFile(join(appFolder, 'package.json'), 'utf8')));
  const entries = globSync(main, { cwd: appFolder }).sort();
  if (entries.length === 0) {
    throw new Error(`Found zero files matching the app's "main" entry "${main}".`);
  }
  for (const entry of entries) {
    await loadEntry(resolve(appFolder, entry), type === 'module');
  }
  await runAppHooks(registry, 'appStart', appFolder);
  registry.lock();
  await refuseStreaming(registry);
  return registry;
}

/** Runs the hooks of one moment in the app's life. */
export async function runAppHooks(registry: Registry, name: HookName, appFolder: string): Promise<void> {
  const { appHookData, appLevelHookData: hookData } = registry;
  for (const hook of registry.hooksOf(name)) {
    await hook({ hookData, appHookData, functionAppDirectory: appFolder });
  }
}

/**
 * `@azure/functions` loads the core lazily with a plain require; replacing that one id is what the real worker does.
 */
function interceptCore(core: CoreModule): void {
  const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
  const original = prototype.require;
  prototype.require = function requireCore(this: unknown, id: string): unknown {
    return id === '@azure/functions-core' ? core : original.call(this, id);
  };
}

async function loadEntry(file: string, isModulePackage: boolean): Promise<void> {
  const extension = extname(file);
  if (extension === '.mjs' || (isModulePackage && extension !== '.cjs')) {
    await import(pathToFileURL(file).href);
    return;
  }
  createRequire(file)(file);
}

async function refuseStreaming(registry: Registry): Promise<void> {
  const capabilities = (await registry.model?.getCapabilities?.({})) ?? {};
  if (capabilities['HttpUri'] !== undefined) {
    throw new Error('The app enables HTTP streaming, which this runtime does not have.');
  }
}
