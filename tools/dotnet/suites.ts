/** Which witness suites run programs of .NET, and whether they are left out. Only what Node has built in. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');
/** What says where such a program is. */
const programs = [
  join(import.meta.dirname, 'programs.ts'),
  join(root, 'sandbox', 'runtime', 'durable-extension', 'build.ts'),
];

/** Names the variable by which somebody leaves suites out; its one value is `dotnet`. Nothing else leaves any out. */
export const choiceName = 'WITNESS_WITHOUT';

export function isWithoutDotnet(): boolean {
  return process.env[choiceName] === 'dotnet';
}

/** Paths from the project's folder of the suites that come to a program by what they import. */
export function findDotnetSuites(): readonly string[] {
  return globSync('test/witness/**/*.witness.ts', { cwd: root })
    .filter((suite) => reaches(join(root, suite), new Set()))
    .toSorted();
}

function reaches(file: string, seen: Set<string>): boolean {
  if (programs.includes(file)) return true;
  if (seen.has(file) || !file.endsWith('.ts') || !existsSync(file) || !relative(root, file).startsWith('test')) {
    return false;
  }
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/ from '(\.[^']+)'/g);
  return [...imports].some(([, path = '']) => reaches(resolve(dirname(file), path), seen));
}
