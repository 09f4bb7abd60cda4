'use strict';
// Loads one entry file as the worker does and says what that cost: node probe.cjs <file | -> [count]. With `-` nothing is
// loaded. With `count` the module files are counted too, which itself costs time.
const Module = require('node:module');
const { readFileSync, statSync } = require('node:fs');
const { performance } = require('node:perf_hooks');
const { fileURLToPath, pathToFileURL } = require('node:url');

const [entry, mode] = process.argv.slice(2);
let functions = 0;
let model;
const disposable = { dispose: () => undefined };
class Disposable {
  dispose() {
    return undefined;
  }
}
const core = {
  version: '3.13.0',
  hostVersion: '4.1037.0.0',
  Disposable,
  registerFunction: () => {
    functions += 1;
    return disposable;
  },
  registerHook: () => disposable,
  setProgrammingModel: (given) => {
    model = given;
  },
  getProgrammingModel: () => model,
  log: () => undefined,
};

const load = Module._load;
Module._load = (request, ...rest) =>
  request === '@azure/functions-core' ? core : Reflect.apply(load, Module, [request, ...rest]);

const files = [];
if (mode === 'count') {
  Module.registerHooks({
    load: (url, context, next) => {
      if (url.startsWith('file:')) files.push(fileURLToPath(url));
      return next(url, context);
    },
  });
}

// What the bundle carries as text is text when the sources are loaded as they stand.
if (entry.endsWith('.ts')) {
  Module.registerHooks({
    load: (url, context, next) => {
      if (!/\.(ps1|sh)$/.test(url)) return next(url, context);
      const text = JSON.stringify(readFileSync(fileURLToPath(url), 'utf8'));
      return { format: 'module', source: `export default ${text};`, shortCircuit: true };
    },
  });
}

async function measure() {
  if (/\.(ts|mjs)$/.test(entry)) await import(pathToFileURL(entry).href);
  else if (entry !== '-') require(entry);
  const { user, system } = process.cpuUsage();
  const bytes = files.reduce((total, file) => total + statSync(file).size, 0);
  const result = { cpuMs: (user + system) / 1000, wallMs: performance.now(), functions, files: files.length, bytes };
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

void measure();
