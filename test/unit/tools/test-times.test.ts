import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const tool = resolve('tools', 'test-times.ts');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-times-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function aSuite(name: string, seconds: number, tests: number) {
  const startTime = 1_000_000;
  return {
    ...{ name: resolve('test', name), startTime, endTime: startTime + seconds * 1000 },
    assertionResults: Array.from({ length: tests }, () => ({ status: 'passed' })),
  };
}

describe('tools/test-times.ts', () => {
  it('lists the long suites of a run, the longest first, and the others by folder', () => {
    const file = join(folder, 'test.json');
    const testResults = [
      aSuite('unit/a.test.ts', 2, 3),
      aSuite('e2e/short-enough.test.ts', 12, 4),
      aSuite('unit/pki/b.test.ts', 3, 5),
      aSuite('e2e/line.test.ts', 70, 14),
    ];
    writeFileSync(file, JSON.stringify({ startTime: 1_000_000 - 5000, numTotalTests: 26, testResults }));

    const lines = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', tool, file], {
      encoding: 'utf8',
    })
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '));

    expect(lines.slice(0, 1).concat(lines.slice(2, -2))).toEqual([
      '| suite | seconds | tests |',
      '| e2e/line.test.ts | 70 | 14 |',
      '| e2e/short-enough.test.ts | 12 | 4 |',
      '| unit: 2 shorter suites | 5 | 8 |',
      '| test.json, from its start to its end | 75 | 26 |',
    ]);
  });

  it('ends with an error for what is no run of jest', () => {
    const file = join(folder, 'other.json');
    writeFileSync(file, '{}');

    expect(() => execFileSync(process.execPath, [tool, file], { stdio: 'pipe' })).toThrow(/testResults/);
  });
});
