/** Comments have the width that code and pages have: a line that is cut off on the right is read by nobody. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');
const width = 120;

describe('comments', () => {
  it('are no wider than the code', () => {
    const files = ['src', 'sandbox', 'bench', 'tools', 'test'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !/(?:^|[\\/])(?:node_modules|dist|bin|obj)[\\/]/.test(name))
        .map((name) => join(root, folder, name)),
    );
    const wide = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          line.length > width && /^\s*(?:\/\/|\*|\/\*)/.test(line) && !line.includes('eslint-')
            ? [`${relative(root, file)}:${index + 1}`]
            : [],
        ),
    );

    expect(files.length).toBeGreaterThan(500);
    expect(wide).toEqual([]);
  });
});
