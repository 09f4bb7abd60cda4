import { strFromU8, unzipSync } from 'fflate';
import type { Kit } from '../../../src/kits/kit.ts';

/** The files of a kit as text, by name; the one of a kit that is a single file by the kit's own. */
export function unpackKit({ fileName, content }: Pick<Kit, 'fileName' | 'content'>): Readonly<Record<string, string>> {
  if (!fileName.endsWith('.zip')) return { [fileName]: strFromU8(content) };
  return Object.fromEntries(Object.entries(unzipSync(content)).map(([name, bytes]) => [name, strFromU8(bytes)]));
}

/** The one file of a kit that matches. Throws when there is none. */
export function fileOf(kit: Pick<Kit, 'fileName' | 'content'>, name: RegExp): string {
  const found = Object.entries(unpackKit(kit)).find(([fileName]) => name.test(fileName));
  if (found === undefined) throw new Error(`${kit.fileName} has no file ${name.source}`);
  return found[1];
}
