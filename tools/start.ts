/** `npm start`: builds what changed, then runs the local stack. Whoever asks for the options waits for no build. */
import { helpWanted } from '../sandbox/supervisor/options.ts';

if (helpWanted(process.argv.slice(2)) === undefined) await import('./build.ts');
await import('../sandbox/start.ts');
