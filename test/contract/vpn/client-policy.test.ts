import { type ClientPolicy, decideClient, toThumbprint } from '../../../sandbox/vpn/client-policy.ts';

const leaf = 'AA'.repeat(20);
const intermediate = 'BB'.repeat(20);
const root = 'CC'.repeat(20);

describe('sandbox/vpn/client-policy', () => {
  function aPolicy({ trusted = [root], revoked = [] }: { trusted?: string[]; revoked?: string[] } = {}): ClientPolicy {
    return { trustedThumbprints: new Set(trusted), revokedThumbprints: new Set(revoked) };
  }

  it.each([
    ['accepts a leaf of a trusted root', aPolicy(), [leaf, root], undefined],
    ['accepts a leaf of a trusted intermediate', aPolicy({ trusted: [intermediate] }), [leaf, intermediate], undefined],
    ['refuses a revoked leaf', aPolicy({ revoked: [leaf] }), [leaf, root], 'certificate revoked'],
    [
      'refuses a leaf of a root that is no more trusted',
      aPolicy({ trusted: [] }),
      [leaf, root],
      'root certificate not trusted',
    ],
    ['refuses a trusted root that comes as a client', aPolicy(), [root], 'root certificate not trusted'],
    ['refuses a client without a certificate', aPolicy(), [], 'no client certificate'],
  ])('%s', (_name, policy, chain, reason) => {
    const expected = reason === undefined ? { outcome: 'accepted' } : { outcome: 'refused', reason };

    expect(decideClient(policy, { chain, isClientAuthFirst: true })).toEqual(expected);
  });

  it('refuses a leaf that is not for clients before all else', () => {
    const reason = 'clientAuth is not its first extended key usage';

    expect(decideClient(aPolicy(), { chain: [leaf, root], isClientAuthFirst: false })).toEqual({
      outcome: 'refused',
      reason,
    });
  });

  it('reads thumbprints with colons and in lower case', () => {
    expect(toThumbprint('aa:0b:cc')).toBe('AA0BCC');
  });
});
