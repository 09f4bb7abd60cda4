/** `npm start`: runs the whole local stack until Ctrl-C. See docs/sandbox-divergences.md for what it is not. */
import { resolve } from 'node:path';
import { readOptions } from './supervisor/options.ts';
import { runStack } from './supervisor/run-stack.ts';
import { StackError } from './supervisor/stack-error.ts';
import { vpnUnavailableReason } from './vpn/availability.ts';

const stopped = new Promise<void>((resolveStop) => {
  // Later signals change nothing: the end is under way.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      resolveStop();
    });
  }
});

try {
  const root = resolve(import.meta.dirname, '..');
  const options = readOptions(process.argv.slice(2), root);
  await runStack(options, root, stopped, {
    say,
    vpnUnavailableReason,
    onReady: (info) => {
      say(`app ${info.app.url}  control ${info.control.url}  files ${options.directory}`);
      say('ready');
    },
  });
  process.exitCode = 0;
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function say(line: string): void {
  console.log(line);
}
