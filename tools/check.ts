/**
 * `npm run check`: everything that is held to rules without being run. Every check runs even when an earlier one fails,
 * so that one run shows all there is to put right; two at a time, since each keeps one processor busy. `--report
 * <file>` writes how many passed and failed, as JSON.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
/** Scripts of package.json, the longest first: the others are over by the time that it is. */
const scripts = ['lint', 'types', 'format:check', 'boundaries', 'dead-code'];
const atOnce = 2;

const { values } = parseArgs({ options: { report: { type: 'string' } } });
const failed: string[] = [];
const waiting = [...scripts];
await Promise.all(Array.from({ length: atOnce }, takeTurns));
if (values.report !== undefined) {
  writeFileSync(values.report, JSON.stringify({ passed: scripts.length - failed.length, failed: failed.length }));
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

async function takeTurns(): Promise<void> {
  for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) {
    if (!(await passes(script))) failed.push(script);
  }
}

async function passes(script: string): Promise<boolean> {
  const startedAt = performance.now();
  const { isPassed, output } = await run(script);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isPassed ? 'ok  ' : 'FAIL'} ${script.padEnd(14)}${seconds.padStart(6)} s`);
  if (!isPassed) console.log(output);
  return isPassed;
}

async function run(script: string): Promise<{ readonly isPassed: boolean; readonly output: string }> {
  // npm is a batch file on Windows, which only a shell starts.
  const child = spawn('npm', ['run', '--silent', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const ended = new Promise<number | null>((resolveEnd, reject) => {
    child.once('error', reject);
    child.once('close', resolveEnd);
  });
  try {
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { isPassed: code === 0, output: `${stdout}${stderr}` };
  } catch (error) {
    return { isPassed: false, output: String(error) };
  }
}
