import { strFromU8, unzipSync } from 'fflate';
import type { L2tpKit } from '../../../src/kits/l2tp/build-l2tp-kit.ts';

/** The files of a kit as text, by name; the one of a kit that is a single file by the kit's own. */
export function unpackKit({ fileName, content }: L2tpKit): Readonly<Record<string, string>> {
  if (!fileName.endsWith('.zip')) return { [fileName]: strFromU8(content) };
  return Object.fromEntries(Object.entries(unzipSync(content)).map(([name, bytes]) => [name, strFromU8(bytes)]));
}

/** The one file of a kit that matches. Throws when there is none. */
export function fileOf(kit: L2tpKit, name: RegExp): string {
  const found = Object.entries(unpackKit(kit)).find(([fileName]) => name.test(fileName));
  if (found === undefined) throw new Error(`${kit.fileName} has no file ${name.source}`);
  return found[1];
}
