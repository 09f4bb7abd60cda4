/**
 * Runs the built app on Azure Functions Core Tools, where they are installed. Settings come from local.settings.json.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const settings = join(root, 'local.settings.json');

if (spawnSync('func', ['--version'], { stdio: 'ignore' }).error !== undefined) {
  console.error(
    'Azure Functions Core Tools (func) are not installed: npm install --global azure-functions-core-tools@4',
  );
  process.exit(1);
}
if (existsSync(settings)) copyFileSync(settings, join(root, 'dist', 'app', 'local.settings.json'));
const child = spawn('func', ['start'], { cwd: join(root, 'dist', 'app'), stdio: 'inherit' });
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
