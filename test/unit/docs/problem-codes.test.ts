import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorStatus } from '../../../src/domain/app-error.ts';
import { problemCodes } from '../../../src/domain/problem-codes.ts';

const page = readFileSync(resolve(__dirname, '../../../docs/api.md'), 'utf8');

describe('docs/api.md', () => {
  it('lists every code of a problem with its meaning, and no other', () => {
    const [, section = ''] = page.split('\n## Codes of problems\n');
    const [list = ''] = section.split('\n## ');
    const listed = [...list.matchAll(/^- `(\w+)`: (.+(?:\n {2}.+)*)$/gm)].map(([, code, means]) => [
      code,
      means?.replaceAll(/\n {2}/g, ' '),
    ]);

    expect(listed).toEqual(Object.entries(problemCodes));
  });

  it('lists every code of a refused request with its status, and no other', () => {
    const [, section = ''] = page.split('\n## Codes of refusals\n');
    const [list = ''] = section.split('\n## ');
    const listed = [...list.matchAll(/^\| `(\w+)` +\| (\d+) +\| \S/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);

    expect(listed).toEqual(Object.entries(errorStatus));
  });

  it('has codes in camelCase, each with one sentence', () => {
    for (const [code, means] of Object.entries(problemCodes)) {
      expect(code).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(means).toMatch(/^[A-Z`][^]*[^.]\.$/);
    }
  });
});
