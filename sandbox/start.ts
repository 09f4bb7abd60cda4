/** `npm start`: runs the whole local stack until Ctrl-C. See docs/sandbox-divergences.md for what it is not. */
import { resolve } from 'node:path';
import { helpWanted, readOptions, type StackOptions } from './supervisor/options.ts';
import { runStack } from './supervisor/run-stack.ts';
import { StackError } from './supervisor/stack-error.ts';
import type { StackInfo } from './supervisor/stack-info.ts';
import { vpnUnavailableReason } from './vpn/availability.ts';
import { runWalkthrough } from './walkthrough.ts';

const args = process.argv.slice(2);
const help = helpWanted(args);
if (help !== undefined) {
  console.log(help);
  process.exit(0);
}

// A screen that is gone, as after SIGHUP, keeps nothing from being ended in order.
for (const screen of [process.stdout, process.stderr]) screen.on('error', () => undefined);

const stopping = new AbortController();
/** Of a stack that was refused, the reason is the last word: another one may run on. */
let farewell = (): void => undefined;
const stopped = new Promise<void>((resolveStop) => {
  // Later signals change nothing: the end is under way. SIGHUP: the terminal was closed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) say('stopping');
      farewell = sayStopped;
      stopping.abort();
      resolveStop();
    });
  }
});
let walk = Promise.resolve();

try {
  const root = resolve(import.meta.dirname, '..');
  const options = readOptions(args, root);
  await runStack(options, root, stopped, {
    say,
    vpnUnavailableReason,
    onReady: (info) => {
      farewell = sayStopped;
      greet(options, info);
    },
  });
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  stopping.abort();
  await walk;
  farewell();
}

function greet(options: StackOptions, info: StackInfo): void {
  say(`app ${info.app.url}  control ${info.control.url}  files ${options.directory}`);
  say('ready');
  if (!options.idle) walk = walkThrough(info);
}

async function walkThrough(info: StackInfo): Promise<void> {
  try {
    await runWalkthrough(info, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return;
    console.error(`The walk-through stopped: ${error instanceof Error ? error.message : String(error)}`);
    console.error('The stack runs on; Ctrl-C ends it.');
  }
}

function sayStopped(): void {
  say('stopped');
}

function say(line: string): void {
  console.log(line);
}
