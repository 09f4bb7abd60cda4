import { strToU8, type Zippable, zipSync } from 'fflate';
import { type L2tpKit, type L2tpSettings, slugOf } from './l2tp-settings.ts';

export interface KitFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** A `program` may be run; a `secret` may be read by its owner alone. */
  readonly kind?: 'plain' | 'program' | 'secret';
}

// A zip holds local time, and the kit is to be the same everywhere: hence no UTC.
const epoch = new Date(1980, 0, 1);
const unix = 3;
const regularFile = 0o100_000;
const permissions = { plain: 0o644, program: 0o755, secret: 0o600 };

/** Packs a kit of several files, all with the same date: nothing but the settings decides about the bytes. */
export function packKit(platform: string, settings: L2tpSettings, files: readonly KitFile[]): L2tpKit {
  const entries: Zippable = Object.fromEntries(files.map((file) => [file.name, toEntry(file)]));
  return {
    fileName: `${slugOf(settings)}-${platform}-${settings.tunnel}.zip`,
    contentType: 'application/zip',
    content: zipSync(entries),
  };
}

function toEntry({ content, kind = 'plain' }: KitFile): Zippable[string] {
  const bytes = typeof content === 'string' ? strToU8(content) : content;
  const attrs = ((regularFile | permissions[kind]) << 16) >>> 0;
  return [bytes, { mtime: epoch, os: unix, attrs }];
}
