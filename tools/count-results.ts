/**
 * Sums what the parts of a CI run left in a folder and prints `N passed, N failed`; ends with 1 if anything failed. A
 * part leaves `<part>.exit`, its exit code, and may leave `<part>.json`: jest's results, or the report of
 * tools/check.ts. A part that failed without saying what counts as one failure.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const jestResults = z
  .object({ numPassedTests: z.int(), numFailedTests: z.int(), numRuntimeErrorTestSuites: z.int() })
  .transform((results) => ({
    passed: results.numPassedTests,
    // A file that does not even load has no tests to fail.
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
  }));
const checkReport = z.object({ passed: z.int(), failed: z.int() });
type Counts = z.infer<typeof checkReport>;

const folder = resolve(process.argv[2] ?? '.');
const parts = readdirSync(folder)
  .filter((file) => file.endsWith('.exit'))
  .map((file) => countPart(file.slice(0, -'.exit'.length)));
const passed = parts.reduce((sum, part) => sum + part.passed, 0);
const failed = parts.reduce((sum, part) => sum + part.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || parts.length === 0) process.exitCode = 1;

function countPart(name: string): Counts {
  const isFailed = readFileSync(join(folder, `${name}.exit`), 'utf8').trim() !== '0';
  const report = join(folder, `${name}.json`);
  const counts = existsSync(report) ? readReport(report) : { passed: 0, failed: 0 };
  return isFailed && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** A report that was cut short counts nothing: the exit code says that its part failed. */
function readReport(file: string): Counts {
  try {
    return z.union([jestResults, checkReport]).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.error(`${file}: ${String(error)}`);
    return { passed: 0, failed: 1 };
  }
}
