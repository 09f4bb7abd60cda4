/**
 * `node tools/test-times.ts <file...>`: how long the suites of jest runs took, from the JSON that jest writes (`--json
 * --outputFile=<file>`), as a table for each run. Suites of less than `--least` seconds (default 10) share one line for
 * each folder below `test`. Suites run beside one another, so their sum is more than the run took.
 */
import { readFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const runSchema = z.object({
  /** Milliseconds since 1970, here and below. */
  startTime: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      startTime: z.number(),
      endTime: z.number(),
      assertionResults: z.array(z.unknown()),
    }),
  ),
});

interface Line {
  readonly name: string;
  readonly seconds: number;
  readonly tests: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { least: { type: 'string', default: '10' } },
});
const leastSeconds = Number(values.least);
const testFolder = resolve(import.meta.dirname, '..', 'test');

for (const file of positionals) printRun(file);

function printRun(file: string): void {
  const { startTime, testResults } = runSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const suites = testResults.map((suite) => ({
    name: relative(testFolder, suite.name).replaceAll('\\', '/'),
    seconds: (suite.endTime - suite.startTime) / 1000,
    tests: suite.assertionResults.length,
  }));
  const seconds = (Math.max(startTime, ...testResults.map(({ endTime }) => endTime)) - startTime) / 1000;
  const lines = [...suites.filter((suite) => suite.seconds >= leastSeconds), ...shortOnes(suites)];
  const whole = { name: `${basename(file)}, from its start to its end`, seconds, tests: countOf(suites) };
  const rows = [...lines.toSorted((a, b) => b.seconds - a.seconds), whole];
  const width = Math.max(...rows.map(({ name }) => name.length), 'suite'.length);
  console.log(`| ${'suite'.padEnd(width)} | seconds | tests |`);
  console.log(`| ${'-'.repeat(width)} | ------: | ----: |`);
  for (const { name, ...row } of rows) {
    console.log(`| ${name.padEnd(width)} | ${row.seconds.toFixed(0).padStart(7)} | ${String(row.tests).padStart(5)} |`);
  }
  console.log();
}

function shortOnes(suites: readonly Line[]): readonly Line[] {
  const short = suites.filter(({ seconds }) => seconds < leastSeconds);
  const folders = new Set(short.map(folderOf));
  return [...folders].map((folder) => {
    const those = short.filter((suite) => folderOf(suite) === folder);
    const seconds = those.reduce((sum, suite) => sum + suite.seconds, 0);
    return { name: `${folder}: ${those.length} shorter suites`, seconds, tests: countOf(those) };
  });
}

function folderOf({ name }: Line): string {
  return name.split('/')[0] ?? '';
}

function countOf(suites: readonly Line[]): number {
  return suites.reduce((sum, { tests }) => sum + tests, 0);
}
