/**
 * Started as a process: loads src/main.ts with a core module that only writes down what is registered, and prints that
 * as JSON. Nothing is called, so the settings may name services that are not there.
 */
import { readFileSync } from 'node:fs';
import { Module, registerHooks } from 'node:module';
import { createCoreModule } from '../../sandbox/runtime/core/core-module.ts';
import { Registry } from '../../sandbox/runtime/core/registry.ts';

const registry = new Registry();
const core = createCoreModule(registry, () => undefined);
const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
const original = prototype.require;
prototype.require = function requireCore(this: unknown, id: string): unknown {
  return id === '@azure/functions-core' ? core : original.call(this, id);
};

// The bundler makes scripts text; plain Node has to be told.
registerHooks({
  load: (url, context, nextLoad) =>
    /\.(ps1|sh)$/.test(url)
      ? {
          format: 'module',
          shortCircuit: true,
          source: `export default ${JSON.stringify(readFileSync(new URL(url), 'utf8'))};`,
        }
      : nextLoad(url, context),
});

await import('../../src/main.ts');

const functions = [...registry.functions.values()].map(({ name, metadata }) => ({ name, bindings: metadata.bindings }));
console.log(JSON.stringify(functions));
