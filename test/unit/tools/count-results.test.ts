import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const tool = resolve(__dirname, '../../../tools/count-results.ts');

describe('tools/count-results.ts', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'count-results-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function part(name: string, exitCode: number, report?: string): void {
    writeFileSync(join(folder, `${name}.exit`), `${exitCode}\n`);
    if (report !== undefined) writeFileSync(join(folder, `${name}.json`), report);
  }

  function count(): { status: number | null; lastLine: string | undefined } {
    const { status, stdout } = spawnSync(process.execPath, [tool, folder], { encoding: 'utf8' });
    return { status, lastLine: stdout.trimEnd().split('\n').at(-1) };
  }

  function jestReport(numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites = 0): string {
    return JSON.stringify({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults: [] });
  }

  it('adds up tests and checks, and passes when nothing failed', () => {
    part('system', 0);
    part('check', 0, JSON.stringify({ passed: 5, failed: 0 }));
    part('test', 0, jestReport(7, 0));

    expect(count()).toEqual({ status: 0, lastLine: '12 passed, 0 failed' });
  });

  it('counts failed tests, and files that did not load', () => {
    part('test', 1, jestReport(7, 2, 1));

    expect(count()).toEqual({ status: 1, lastLine: '7 passed, 3 failed' });
  });

  it.each([
    ['said nothing', undefined],
    ['was cut off while it wrote', '{"numPassed'],
    ['counted no failure', jestReport(7, 0)],
  ])('counts one failure for a part that failed and %s', (_what, report) => {
    part('witness', 137, report);

    expect(count()).toMatchObject({ status: 1, lastLine: expect.stringMatching(/, 1 failed$/) as string });
  });

  it('fails when there was no part at all', () => {
    expect(count()).toEqual({ status: 1, lastLine: '0 passed, 0 failed' });
  });
});
