import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Description {
  readonly paths?: Readonly<Record<string, unknown>>;
}

/**
 * Copies API descriptions with every enumeration closed: Azure publishes most of them as open (`modelAsString`), and an
 * open one lets any value pass. Only the operations at paths that `isKept` are in the copy.
 */
export function copyStrictly(source: string, target: string, isKept: (path: string) => boolean): void {
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      if (entry.name !== 'examples') copyStrictly(from, to, isKept);
    } else if (entry.name.endsWith('.json')) {
      const text = readFileSync(from, 'utf8').replace(/^\uFEFF/, '');
      writeFileSync(to, JSON.stringify(withPaths(JSON.parse(text, closeEnumeration) as Description, isKept)));
    }
  }
}

function withPaths(description: Description, isKept: (path: string) => boolean): Description {
  if (description.paths === undefined) return description;
  const paths = Object.entries(description.paths).filter(([path]) => isKept(path));
  return { ...description, paths: Object.fromEntries(paths) };
}

function closeEnumeration(key: string, value: unknown): unknown {
  return key === 'x-ms-enum' && typeof value === 'object' ? { ...value, modelAsString: false } : value;
}
