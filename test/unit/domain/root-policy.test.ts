import { mayAsk, permitsName, rootPolicySchema } from '../../../src/domain/root-policy.ts';

describe('src/domain/root-policy', () => {
  it.each([
    ['*@contoso.com', 'ann@contoso.com', true],
    ['*@contoso.com', 'ann@contoso.com.evil.org', false],
    ['*@contoso.com', 'Ann@CONTOSO.com', true],
    ['vpn-*', 'vpn-', true],
    ['vpn-*', 'my-vpn-1', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['laptop.1', 'laptopx1', false],
    ['(a+)+$', '(a+)+$', true],
    ['*', 'anything', true],
  ])('takes %s against %s as %s', (pattern, name, isPermitted) => {
    expect(permitsName({ names: ['no-match', pattern] }, name)).toBe(isPermitted);
  });

  it('looks at each piece of a pattern once, however it repeats itself', () => {
    const pattern = '*a'.repeat(60);
    const text = `${'a'.repeat(50_000)}b`;
    const searches = jest.spyOn(String.prototype, 'indexOf');

    expect(permitsName({ names: [pattern] }, text)).toBe(false);

    expect(searches.mock.calls.length).toBeLessThanOrEqual(60);
    searches.mockRestore();
  });

  it('permits every name, and lets everybody ask, where it does not say', () => {
    expect(permitsName({}, 'anything')).toBe(true);
    expect(mayAsk({}, { id: 'portal', role: 'requester' })).toBe(true);
  });

  it.each([
    [{ callers: ['portal'] }, { id: 'portal', role: 'requester' }, true],
    [{ callers: ['portal'] }, { id: 'other', role: 'administrator' }, false],
    [{ role: 'operator' }, { id: 'portal', role: 'requester' }, false],
    [{ role: 'operator' }, { id: 'portal', role: 'administrator' }, true],
    [{ role: 'operator' }, { id: 'portal' }, false],
    [{ role: 'operator', callers: ['portal'] }, { id: 'other', role: 'operator' }, false],
  ] as const)('has %j let %j ask: %s', (askers, caller, isAllowed) => {
    expect(mayAsk({ askers: rootPolicySchema.parse({ askers }).askers }, caller)).toBe(isAllowed);
  });

  it.each([[{ names: [] }], [{ names: ['a\u202eb'] }], [{ keyTypes: ['P-256'] }], [{ approval: {} }], [{ other: 1 }]])(
    'refuses %j',
    (policy) => {
      expect(rootPolicySchema.safeParse(policy).success).toBe(false);
    },
  );
});
