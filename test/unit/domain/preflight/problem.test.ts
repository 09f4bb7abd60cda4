import { pointerToken } from '../../../../src/domain/preflight/problem.ts';

describe('src/domain/preflight/problem', () => {
  // RFC 6901, section 3.
  it.each([
    ['plain', 'plain'],
    ['a/b', 'a~1b'],
    ['m~n', 'm~0n'],
    ['~1', '~01'],
  ])('writes the key %j in a pointer as %j', (key, token) => {
    expect(pointerToken(key)).toBe(token);
  });
});
