import { strToU8, type Zippable, zipSync } from 'fflate';
import type { FileType } from './kit.ts';

/** A file of a kit: a configuration, a script, a page to read, a `.pfx`. */
export interface KitFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** A `program` may be run; a `secret` may be read by its owner alone. */
  readonly kind?: 'plain' | 'program' | 'secret';
}

export const zipFile: FileType = { extension: 'zip', contentType: 'application/zip', encoding: 'base64' };

// A zip holds local time, and the kit is to be the same everywhere: hence no UTC.
const epoch = new Date(1980, 0, 1);
const unix = 3;
const regularFile = 0o100_000;
const permissions = { plain: 0o644, program: 0o755, secret: 0o600 };

/**
 * Packs a kit of several files, all with the same date: nothing but their names and contents decides about the bytes.
 */
export function packFiles(files: readonly KitFile[]): Uint8Array {
  const entries: Zippable = Object.fromEntries(files.map((file) => [file.name, toEntry(file)]));
  return zipSync(entries);
}

function toEntry({ content, kind = 'plain' }: KitFile): Zippable[string] {
  const bytes = typeof content === 'string' ? strToU8(content) : content;
  const attrs = ((regularFile | permissions[kind]) << 16) >>> 0;
  return [bytes, { mtime: epoch, os: unix, attrs }];
}
