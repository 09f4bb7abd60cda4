import { foundProblems } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/tags', () => {
  it.each([
    [{}, []],
    [{ team: 'network', 'cost centre': '12' }, []],
    [{ '': 'x' }, ['/tags/']],
    [{ 'a/b': 'x' }, ['/tags/a~1b']],
    [{ 'a<b': 'x' }, ['/tags/a<b']],
    [{ 'azure-thing': 'x' }, ['/tags/azure-thing']],
    [{ Team: 'a', team: 'b' }, ['/tags/team']],
    [{ ['k'.repeat(512)]: 'v'.repeat(256) }, []],
    [{ ['k'.repeat(513)]: 'x' }, [`/tags/${'k'.repeat(513)}`]],
    [{ key: 'v'.repeat(257) }, ['/tags/key']],
  ])('finds in the tags %j the faults %j', (tags, paths) => {
    expect(foundProblems({ tags })).toEqual(paths.map((path) => `error tagRefused ${path}`));
  });
});
