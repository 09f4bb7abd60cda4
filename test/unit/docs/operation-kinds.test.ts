import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { operationFamilies, operationKindNames, operationKinds, roleFor } from '../../../src/domain/operation-kinds.ts';

const page = readFileSync(resolve(__dirname, '../../../docs/api.md'), 'utf8');

describe('docs/api.md, kinds of operations', () => {
  it('lists every kind with its target and who may resume, cancel and remove it', () => {
    const [, section = ''] = page.split('\n## Follow an operation\n');
    const rows = section
      .split('\n### ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );

    expect(rows).toEqual(
      operationKindNames.map((kind) => {
        const { family, about } = operationKinds[kind];
        const roles = (['resume', 'cancel', 'remove'] as const).map((verb) => roleFor(kind, verb) ?? '');
        return [`\`${kind}\``, about, operationFamilies[family].target, ...roles];
      }),
    );
  });
});
