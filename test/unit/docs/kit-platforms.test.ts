import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { l2tpPlatforms, p2sPlatforms } from '../../../src/kits/platforms.ts';

const page = readFileSync(resolve(__dirname, '../../../docs/api.md'), 'utf8');
const [, section = ''] = page.split('\n## Kits\n');
const [text = ''] = section.split('\n## ');

/** The list under a heading, lines that are broken put together again. */
function listed(heading: string): readonly string[] {
  const [, part = ''] = text.split(`\n### ${heading}\n`);
  const [list = ''] = part.split('\n### ');
  return [...list.matchAll(/^(- `[\w-]+` \(`\.\w+`\): .+(?:\n {2}.+)*)$/gm)].map(([, row]) =>
    (row ?? '').replaceAll(/\n {2}/g, ' '),
  );
}

describe('docs/api.md, kits', () => {
  it.each([
    ['For a gateway', p2sPlatforms],
    ['For a stack', l2tpPlatforms],
  ])('lists every platform with its file and what it is: %s', (heading, { about }) => {
    expect(listed(heading)).toEqual(about.split('\n'));
  });
});
