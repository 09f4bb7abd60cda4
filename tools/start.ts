/** `npm start`: builds what changed, then runs the local stack. Whoever asks for the options waits for no build. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { helpWanted } from '../sandbox/supervisor/options.ts';
import { programPath } from '../sandbox/supervisor/programs.ts';

if (helpWanted(process.argv.slice(2)) === undefined) {
  await import('./build.ts');
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(programPath(resolve(import.meta.dirname, '..'), 'start')).href);
} else {
  await import('../sandbox/start.ts');
}
