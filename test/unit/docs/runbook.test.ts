/** The runbook against the code: an entry for everything that can wake somebody, and none for what is gone. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventTypes } from '../../../src/domain/event-types.ts';
import { healthItemNames } from '../../../src/domain/health-items.ts';

const runbook = readFileSync(resolve(__dirname, '../../../docs/runbook.md'), 'utf8');

/** The rows of the table under a heading: the first cell without its quotes, and the others. */
function entriesUnder(heading: string): readonly (readonly [string, readonly string[]])[] {
  const section = runbook.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => {
    const [name = '', ...cells] = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return [name.replaceAll('`', ''), cells];
  });
}

describe('docs/runbook.md', () => {
  it.each([
    ['Events', eventTypes],
    ['Health', healthItemNames],
  ])('has one entry for each of %s, and none that is stale', (heading, names) => {
    const entries = entriesUnder(heading);

    expect(entries.map(([name]) => name).toSorted()).toEqual([...names].toSorted());
    for (const [name, cells] of entries) {
      expect([name, cells.length, cells.filter((cell) => cell === '')]).toEqual([name, 3, []]);
    }
  });
});
