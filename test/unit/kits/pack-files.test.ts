import { strFromU8, unzipSync } from 'fflate';
import { packFiles } from '../../../src/kits/pack-files.ts';

const pfx = Uint8Array.of(0x30, 0x82, 0, 0xff);

/** What the central directory of a zip says of the permissions of its files, in their order (APPNOTE 4.3.12). */
function modesOf(zip: Uint8Array): readonly number[] {
  const bytes = Buffer.from(zip);
  const modes: number[] = [];
  for (
    let at = bytes.indexOf('PK\u0001\u0002', 0, 'latin1');
    at !== -1;
    at = bytes.indexOf('PK\u0001\u0002', at + 4, 'latin1')
  ) {
    modes.push((bytes.readUInt32LE(at + 38) >>> 16) & 0o777);
  }
  return modes;
}

describe('src/kits/pack-files', () => {
  const files = [
    { name: 'client.pfx', content: pfx, kind: 'secret' },
    { name: 'install.sh', content: '#!/bin/sh\n', kind: 'program' },
    { name: 'README.txt', content: 'Für Kim\n' },
  ] as const;

  it('keeps bytes and text as they are', () => {
    const unpacked = unzipSync(packFiles(files));

    expect([...(unpacked['client.pfx'] ?? [])]).toEqual([...pfx]);
    expect(strFromU8(unpacked['README.txt'] ?? new Uint8Array())).toBe('Für Kim\n');
  });

  it('lets the owner alone read a secret, and everybody run a program', () => {
    expect(modesOf(packFiles(files))).toEqual([0o600, 0o755, 0o644]);
  });
});
