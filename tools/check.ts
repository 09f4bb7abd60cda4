/**
 * `npm run check`: everything that is held to rules without being run. Every check runs even when an earlier one fails, so
 * that one run shows all there is to put right. `--report <file>` writes how many passed and failed, as JSON.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
/** Scripts of package.json, the quickest to put right first. */
const scripts = ['format:check', 'lint', 'types', 'boundaries', 'dead-code'];

const { values } = parseArgs({ options: { report: { type: 'string' } } });
const failed = scripts.filter((script) => !passes(script));
if (values.report !== undefined) {
  writeFileSync(values.report, JSON.stringify({ passed: scripts.length - failed.length, failed: failed.length }));
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

function passes(script: string): boolean {
  const startedAt = performance.now();
  const { status, stdout, stderr, error } = spawnSync('npm', ['run', '--silent', script], {
    cwd: root,
    encoding: 'utf8',
    // npm is a batch file on Windows, which only a shell starts.
    shell: process.platform === 'win32',
    // A first run of lint over much unformatted code says more than the megabyte that is the default.
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const isPassed = status === 0;
  console.log(`${isPassed ? 'ok  ' : 'FAIL'} ${script.padEnd(14)}${seconds.padStart(6)} s`);
  if (!isPassed) console.log([error?.message, stdout, stderr].filter(Boolean).join('\n'));
  return isPassed;
}
