/** Figures that name where they come from: a number without its commit and command cannot be measured again. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const page = readFileSync(resolve(__dirname, '../../../docs/performance.md'), 'utf8');
const [, measured = ''] = /## What was measured\n([^]*?)\n## /.exec(page) ?? [];
const blocks = measured.split('\n\n').map((block) => block.trim());

describe('docs/performance.md', () => {
  it('names with every table the commit that it was measured at, and the command', () => {
    const tables = blocks.flatMap((block, index) => (block.startsWith('|') ? [index] : []));
    const source =
      /commit `[0-9a-f]{7,40}`, `npm run bench -- .*--only (cold-start|runtime|certificates|issuing|pkcs12|revocations|build|inventory|procedures|stacks)`/;

    expect(tables.length).toBeGreaterThan(5);
    // A second table of the same run stands right below the first.
    for (const index of tables) {
      const above = blocks.slice(0, index).findLast((block) => !block.startsWith('|'));
      expect(above).toMatch(source);
    }
  });
});
