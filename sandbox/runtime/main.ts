/**
 * The process entry of the local Functions host: reads its settings from the environment, serves one app, says so in
 * one line of JSON on standard output, and ends on SIGTERM or SIGINT. Logs, the app's console included, go to standard
 * error.
 *
 * It is to be started with `--require clock-preload.cjs`, or the app's `Date` does not follow the stack clock.
 */
import { Console } from 'node:console';
import { resolve } from 'node:path';
import { readSettings } from './settings.ts';
import { startRuntime } from './start-runtime.ts';

globalThis.console = new Console(process.stderr, process.stderr);

function log(level: string, source: string, message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${level} [${source}] ${message}\n`);
}

// The real worker logs these and goes on; an uncaught exception ends the process, here as there.
process.on('unhandledRejection', (reason) => {
  log('error', 'worker', `Worker encountered an unhandled rejection: ${String(reason)}`);
});

const settings = readSettings(process.env);
const appFolder = resolve(settings.appFolder);
process.chdir(appFolder);
const runtime = await startRuntime({ ...settings, appFolder, log, environment: process.env });

async function end(): Promise<void> {
  await runtime.stop();
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void end();
  });
}

process.stdout.write(`${JSON.stringify({ ready: true, port: runtime.port })}\n`);
