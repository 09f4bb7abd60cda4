import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What was built, and what it was built from: the content decides, not the time of a file. */
const stampSchema = z.object({ files: z.array(z.string()), sha256: z.string() });
type Stamp = z.infer<typeof stampSchema>;

export interface Built {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** Whether none of the files that the stamp tells of has changed, what was built included. */
export function isUpToDate(root: string, stampFile: string): boolean {
  if (!existsSync(stampFile)) return false;
  const stamp = stampSchema.safeParse(parseJson(readFileSync(stampFile, 'utf8'))).data;
  return stamp !== undefined && hashOf(root, stamp.files) === stamp.sha256;
}

/**
 * The stamp for what was built (paths relative to `root`), or undefined when an input was written after `startedAtMs`:
 * what was built may then be of its content from before.
 */
export function createStamp(root: string, { inputs, outputs, startedAtMs }: Built): Stamp | undefined {
  if (inputs.some((file) => statSync(join(root, file)).mtimeMs >= startedAtMs)) return undefined;
  const files = [...inputs, ...outputs];
  const sha256 = hashOf(root, files);
  return sha256 === undefined ? undefined : { files, sha256 };
}

function hashOf(root: string, files: readonly string[]): string | undefined {
  const hash = createHash('sha256');
  for (const file of files) {
    const path = join(root, file);
    if (!existsSync(path)) return undefined;
    const content = readFileSync(path);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
