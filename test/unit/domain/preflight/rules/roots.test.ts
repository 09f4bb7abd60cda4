import { foundProblems } from '../../../../support/found-problems.ts';

function roots(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `root-${n}`);
}

describe('src/domain/preflight/rules/roots', () => {
  it.each([
    [roots(0), []],
    [roots(20), []],
    [roots(21), ['error rootsTooMany /rootIds']],
    [['a', 'b', 'a'], ['error rootRepeated /rootIds/2']],
  ])('finds in %j %j', (rootIds, expected) => {
    expect(foundProblems({ rootIds })).toEqual(expected);
  });
});
