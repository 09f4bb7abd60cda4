import { hasErrors, pointerToken, type Problem } from '../../../../src/domain/preflight/problem.ts';

function aProblem(severity: Problem['severity']): Problem {
  return { path: '/name', code: 'nameRefused', severity, message: 'A message.', fix: 'A fix.' };
}

describe('src/domain/preflight/problem', () => {
  it.each([
    [[], false],
    [['warning', 'warning'], false],
    [['warning', 'error'], true],
  ] as const)(
    'says of problems that are %j whether one keeps the plan from being built: %s',
    (severities, expected) => {
      expect(hasErrors(severities.map(aProblem))).toBe(expected);
    },
  );

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
